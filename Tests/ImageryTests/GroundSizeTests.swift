// How much ground a pixel shows, by lengths of meridians that are known.

import Basics
import Imagery
import Testing

@Suite("The size of a pixel on the ground") struct GroundSizeTests {
  private func corners(
    west: Double, south: Double, east: Double, north: Double
  ) -> GeographicCorners {
    func place(_ longitude: Double, _ latitude: Double) -> GeographicPoint {
      GeographicPoint(longitude: longitude, latitude: latitude)
    }
    return GeographicCorners(
      upperLeft: place(west, north), upperRight: place(east, north),
      lowerRight: place(east, south), lowerLeft: place(west, south))
  }

  private func description(
    _ scenes: [(pixel: Double, corners: GeographicCorners, chips: Int)]
  ) -> DatasetDescription {
    DatasetDescription(
      chipSide: 10, stride: 10, pixelType: .uint8, bands: [],
      referenceSystems: [CoordinateReferenceSystem(name: "map", authority: nil, wkt: "")],
      scenes: scenes.map { scene in
        SceneDescription(
          name: "scene", width: 10, height: 10, referenceSystem: 0,
          transform: AffineTransform(
            originX: 0, columnX: scene.pixel, rowX: 0, originY: 0, columnY: 0, rowY: -scene.pixel),
          footprint: Footprint(left: 0, top: 10, right: 10, bottom: 0), corners: scene.corners,
          chips: scene.chips)
      }, trainingShards: [], holdoutShards: [],
      summary: IngestSummary(
        windows: 0, droppedForNodata: 0, droppedAtHoldout: 0, links: 0, linksKept: 0,
        linksByIoU: [], bytesIn: 0, bytesOut: 0))
  }

  // By the ellipsoid of WGS 84 the first degree of a meridian is 110,574.4 m, and those from 50 to
  // 52 are 222,496.5 m; ten pixels share them.
  private var equator: GeographicCorners { corners(west: 0, south: 0, east: 1, north: 1) }
  private var north: GeographicCorners { corners(west: 0, south: 50, east: 1, north: 52) }

  @Test("Degrees, feet and a Mercator's metres are measured along the scene's edges")
  func measured() throws {
    for mapUnits in [0.2, 22_249.65 / 0.3048, 22_249.65 * 1.6] {
      let found = try #require(GroundSize.pixel(mapUnits: mapUnits, rows: 10, corners: north))
      #expect(abs(found - 22_249.65) < 0.1, "\(mapUnits)")
    }
  }

  @Test("A map that is true to a hundredth is believed, so that round numbers stay round")
  func believed() {
    #expect(GroundSize.pixel(mapUnits: 22_250, rows: 10, corners: north) == 22_250)
    #expect(GroundSize.pixel(mapUnits: 22_400, rows: 10, corners: north) == 22_400)
    #expect(GroundSize.pixel(mapUnits: 22_500, rows: 10, corners: north) != 22_500)
  }

  @Test("A dataset has the finest, the coarsest and the median chip's; none without a chip")
  func datasets() throws {
    let size = try #require(
      GroundSize(description([(0.1, equator, 3), (0.2, north, 2), (0.01, equator, 0)])))
    #expect(abs(size.finest - 11_057.44) < 0.1 && abs(size.coarsest - 22_249.65) < 0.1)
    #expect(size.median == size.finest)
    #expect(GroundSize(description([(0.1, equator, 0)])) == nil)
    #expect(GroundSize(description([])) == nil)
  }

  @Test("Corners that are one place say nothing")
  func degenerate() {
    let point = corners(west: 3, south: 4, east: 3, north: 4)
    #expect(GroundSize.pixel(mapUnits: 1, rows: 10, corners: point) == nil)
  }
}
