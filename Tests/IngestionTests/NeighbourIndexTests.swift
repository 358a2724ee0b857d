// Neighbours on one map and across maps, against a slow definition that GDAL computes.

import Basics
import Foundation
import Imagery
import Ingestion
import Maps
import Scenes
import Testing

@Suite("Neighbours on the globe") struct NeighbourIndexTests {
  /// Closer to touching than this, in pixels of the finer chip, either answer is right.
  private static let band = 0.05

  @Test(
    "Chips of random scenes are linked if and only if they meet, and none leaks over the hold-out",
    arguments: [1, 2, 3, 4] as [UInt64])
  func globe(seed: UInt64) throws {
    let scenes = GlobeScenes(seed: seed, places: 40)
    let index = try scenes.index
    let pairs = try NeighbourJudge.pairs(
      scenes.footprints, systems: scenes.chipSystems, definitions: GlobeScenes.definitions,
      references: scenes.references, side: GlobeScenes.side)
    let contacts = try scenes.chips.indices.map { try index.contacts(of: $0) }
    var judged: Set<[Int]> = []
    var (linked, across) = (0, 0)
    for pair in pairs {
      judged.insert([pair.low, pair.high])
      let found = contacts[pair.low].links.first { $0.chip == pair.high }
      let isUnlinkable = contacts[pair.low].unlinkable.contains(pair.high)
      let meets = found != nil || isUnlinkable
      let name: Comment =
        "\(describe(pair.low, scenes)) and \(describe(pair.high, scenes)): \(pair)"
      if pair.distance > Self.band { #expect(!meets, name) }
      if pair.distance == 0 && pair.intersectionOverUnion > 1e-3 { #expect(meets, name) }
      let isAcross = scenes.chipSystems[pair.low] != scenes.chipSystems[pair.high]
      if meets && isAcross && abs(pair.affineError - 0.5) > 0.01 {
        #expect(isUnlinkable == (pair.affineError > 0.5), name)
      }
      guard let found else { continue }
      linked += 1
      across += isAcross ? 1 : 0
      #expect(isAcross || !isUnlinkable)
      // Boxes on one map are compared there, whose scale may differ across a chip.
      if isAcross || !scenes.references[scenes.chipSystems[pair.low]].isGeographic {
        let difference = abs(Double(found.intersectionOverUnion) - pair.intersectionOverUnion)
        #expect(difference < 0.01, name)
      }
    }
    #expect(linked > 200 && across > 50, "\(linked) links, \(across) across, seed \(seed)")
    // What is far apart for the judge is so for the index, and links have two ends.
    for chip in contacts.indices {
      let all = contacts[chip].links.map(\.chip) + contacts[chip].unlinkable
      for other in all { #expect(judged.contains([min(chip, other), max(chip, other)])) }
      #expect(try index.touching(chip) == all.sorted())
      for link in contacts[chip].links {
        let back = contacts[link.chip].links.first { $0.chip == chip }
        #expect(back?.intersectionOverUnion == link.intersectionOverUnion)
      }
    }
    try expectNoLeak(scenes, index, pairs, seed: seed)
  }

  private func describe(_ chip: Int, _ scenes: GlobeScenes) -> String {
    "\(chip) (\(GlobeScenes.definitions[scenes.chipSystems[chip]]), \(scenes.footprints[chip]))"
  }

  private func expectNoLeak(
    _ scenes: GlobeScenes, _ index: NeighbourIndex, _ pairs: [JudgedPair], seed: UInt64
  ) throws {
    let ways = Dictionary(
      uniqueKeysWithValues: Set(scenes.chipSystems).map {
        ($0, SpatialReference.GeographicTransform(from: scenes.references[$0])!)
      })
    let corners = zip(scenes.footprints, scenes.chipSystems).map { ways[$1]!.corners(of: $0)! }
    let boxes = PlanningFrame.boxes(
      footprints: scenes.footprints, corners: corners, systems: scenes.references)
    let roles = try HoldoutArea.roles(footprints: boxes, share: 0.3, touching: index.touching)
    #expect(roles.contains(.training) && roles.contains(.holdout), "seed \(seed)")
    for pair in pairs where pair.distance == 0 {
      let both: Set = [roles[pair.low], roles[pair.high]]
      #expect(both != [.training, .holdout], "\(pair), seed \(seed)")
    }
  }

  /// Chips of one column of scenes, each a chip, in one system.
  private func links(
    _ boxes: [(left: Double, top: Double, pixel: Double)], _ definitions: [String],
    side: Int = 256
  ) throws -> [[NeighbourLink]] {
    let references = definitions.map { SpatialReference(definition: $0)! }
    let scenes = boxes.enumerated().map { number, box in
      IndexedScene(
        grid: RasterGrid(
          width: side, height: side,
          transform: AffineTransform(
            originX: box.left, columnX: box.pixel, rowX: 0, originY: box.top, columnY: 0,
            rowY: -box.pixel)), system: min(number, references.count - 1))
    }
    let index = try NeighbourIndex(
      scenes: scenes, systems: references, side: side, stride: side,
      chips: boxes.indices.map { ChipPlace(scene: $0, column: 0, row: 0) })
    return try boxes.indices.map { try index.neighbours(of: $0) }
  }

  @Test("Tiles on both sides of 180 degrees touch, in degrees and on Mercator's map")
  func antimeridian() throws {
    let degrees = try links([(180 - 0.0256, 65, 1e-4), (-180, 65, 1e-4)], ["EPSG:4326"])
    #expect(degrees[0].map(\.chip) == [1] && degrees[1].map(\.chip) == [0])
    #expect(degrees[0][0].intersectionOverUnion == 0)
    #expect(degrees[0][0].placement?.originX == 180)
    #expect(degrees[1][0].placement?.originX == 180 - 0.0256 - 360)
    let edge = 20_037_508.342789244
    let mercator = try links([(edge - 2560, 5e6, 10), (-edge, 5e6, 10)], ["EPSG:3857"])
    #expect(mercator[0].map(\.chip) == [1] && mercator[1].map(\.chip) == [0])
    let placement = try #require(mercator[0][0].placement)
    #expect(abs(placement.originX - edge) < 1e-6 && placement.columnX == 10)
  }

  @Test("A place with longitudes of 190 and of -170 is one place")
  func longitudes() throws {
    let found = try links([(190, 65, 1e-4), (-170, 65, 1e-4)], ["EPSG:4326"])
    #expect(found[0].map(\.intersectionOverUnion) == [1])
    #expect(found[0][0].placement?.originX == 190)
    #expect(found[1][0].placement?.originX == -170)
  }

  @Test("Neighbours of one map, without its seam, need no placement, and gaps of rounding are none")
  func oneMap() throws {
    let found = try links(
      [(500_000, 5e6, 10), (502_560.000001, 5e6, 10), (505_120.1, 5e6, 10)], ["EPSG:32633"])
    #expect(found.map { $0.map(\.chip) } == [[1], [0], []])
    #expect(found[0][0].placement == nil)
  }

  @Test("A placement leads from a neighbour's pixels to the place that PROJ has for them")
  func placement() throws {
    let zones = ["EPSG:32633", "EPSG:32632"]
    let references = zones.map { SpatialReference(definition: $0)! }
    let way = try #require(MapTransform(from: references[0], to: references[1]))
    let corner = try #require(way.places(of: [MapPoint(x: 300_000, y: 5e6)])[0])
    let found = try links([(300_000, 5e6, 10), (corner.x, corner.y, 10)], zones)
    let link = try #require(found[1].first)
    #expect(link.chip == 0 && link.intersectionOverUnion > 0.8)
    let placement = try #require(link.placement)
    for (column, row) in [(0.0, 0.0), (256, 0), (256, 256), (0, 256), (128, 128)] {
      let exact = try #require(
        way.places(of: [MapPoint(x: 300_000 + 10 * column, y: 5e6 - 10 * row)])[0])
      let place = placement.apply(column, row)
      #expect(hypot(place.x - exact.x, place.y - exact.y) < 0.5)
    }
  }
}

@Suite("Windows in reach") struct NeighbourWindowsTests {
  @Test("Windows by their starts are those of the grid", arguments: [63, 64, 65, 200, 256, 257])
  func axis(length: Int) {
    for stride in [1, 16, 48, 64, 100] {
      let axis = WindowAxis(length: length, side: 64, stride: stride)
      let starts = WindowGrid.starts(length: length, side: 64, stride: stride)
      #expect(axis.count == starts.count)
      for (number, start) in starts.enumerated() { #expect(axis.index(ofStart: start) == number) }
      for low in Swift.stride(from: -80.0, to: 300, by: 7) {
        let expected = starts.indices.filter {
          Double(starts[$0]) <= low + 20 && Double(starts[$0] + 64) >= low
        }
        #expect(axis.indices(reaching: low...low + 20) == expected)
      }
    }
  }
}
