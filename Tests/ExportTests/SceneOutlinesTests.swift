// Outlines of scenes on the globe, derived by hand.

import Basics
import Export
import Imagery
import Testing

@Suite("Outlines of scenes") struct SceneOutlinesTests {
  private func description(
    _ scenes: [(west: Double, south: Double, east: Double, north: Double)], wkt: String = "GEOGCRS"
  ) -> DatasetDescription {
    func scene(_ box: (west: Double, south: Double, east: Double, north: Double))
      -> SceneDescription
    {
      func place(_ longitude: Double, _ latitude: Double) -> GeographicPoint {
        GeographicPoint(longitude: longitude, latitude: latitude)
      }
      return SceneDescription(
        name: "scene", width: 10, height: 10, referenceSystem: 0,
        transform: AffineTransform(
          originX: 0, columnX: 1, rowX: 0, originY: 0, columnY: 0, rowY: -1),
        footprint: Footprint(left: 0, top: 10, right: 10, bottom: 0),
        corners: GeographicCorners(
          upperLeft: place(box.west, box.north), upperRight: place(box.east, box.north),
          lowerRight: place(box.east, box.south), lowerLeft: place(box.west, box.south)),
        chips: 1)
    }
    return DatasetDescription(
      chipSide: 10, stride: 10, pixelType: .uint8, bands: [],
      referenceSystems: [CoordinateReferenceSystem(name: "map", authority: nil, wkt: wkt)],
      scenes: scenes.map(scene), trainingShards: [], holdoutShards: [],
      summary: IngestSummary(
        windows: 0, droppedForNodata: 0, droppedAtHoldout: 0, links: 0, linksKept: 0,
        linksByIoU: [], bytesIn: 0, bytesOut: 0))
  }

  private func texts(_ ring: SceneOutlines.Ring) -> [String] {
    ring.map { "\($0.longitude) \($0.latitude)" }
  }

  @Test("A ring runs counterclockwise and ends where it began; equal scenes have one")
  func ring() throws {
    let box = (west: 10.0, south: 40.0, east: 12.0, north: 41.0)
    let outlines = try #require(SceneOutlines(description([box, box])))
    #expect(outlines.rings.count == 1)
    #expect(
      texts(outlines.rings[0])
        == ["10.0 41.0", "10.0 40.0", "12.0 40.0", "12.0 41.0", "10.0 41.0"])
    #expect(outlines.bounds == (10, 40, 12, 41))
  }

  @Test("A scene across the antimeridian is cut there", arguments: ["GEOGCRS", "PROJCRS"])
  func antimeridian(wkt: String) throws {
    let outlines = try #require(SceneOutlines(description([(179, -17, -178, -16)], wkt: wkt)))
    #expect(outlines.rings.count == 2)
    let spans = outlines.rings.map { ring in
      (ring.map(\.longitude).min() ?? .nan, ring.map(\.longitude).max() ?? .nan)
    }
    #expect(spans[0] == (179, 180) && spans[1] == (-180, -178))
    // West is more than east, as RFC 7946 has it.
    #expect(outlines.bounds == (179, -17, -178, -16))
  }

  @Test("A map of the whole globe is the whole globe")
  func globe() throws {
    let outlines = try #require(SceneOutlines(description([(-180, -90, 180, 90)])))
    #expect(outlines.bounds == (-180, -90, 180, 90))
    #expect(outlines.rings.count == 1)
  }

  @Test("The box leaves out the widest gap between scenes")
  func bounds() throws {
    let scenes = [(-170.0, 0.0, -169.0, 1.0), (170, 2, 171, 3), (-100, -5, -90, -4)]
    #expect(try #require(SceneOutlines(description(scenes))).bounds == (170, -5, -90, 3))
  }

  @Test("Without a scene there is no outline")
  func nothing() {
    #expect(SceneOutlines(description([])) == nil)
  }
}
