// What the index of a large dataset takes: memory by chips and scenes, and time by links.

import Basics
import Imagery
import Ingestion
import Maps
import Scenes
import TestSupport
import Testing

@Suite("The index of a million chips") struct NeighbourIndexSizeTests {
  /// 2,560 scenes of 400 chips, in rows along two zones, each over half of the one before.
  private static let scenes: [IndexedScene] = (0..<2560).map { number in
    let zone = number % 2
    let column = number / 2 % 8
    let row = number / 16
    return IndexedScene(
      grid: RasterGrid(
        width: 20 * 256, height: 20 * 256,
        transform: AffineTransform(
          originX: (zone == 0 ? 650_000 : 200_000) + Double(column) * 10_000, columnX: 10, rowX: 0,
          originY: 1_000_000 + Double(row) * 30_000, columnY: 0, rowY: -10)), system: zone)
  }

  @Test("It takes 100 bytes a chip at most, and the links of a chip no search through the others")
  func million() throws {
    var chips: [ChipPlace] = []
    for scene in Self.scenes.indices {
      for row in 0..<20 {
        for column in 0..<20 {
          chips.append(ChipPlace(scene: scene, column: column * 256, row: row * 256))
        }
      }
    }
    let systems = ["EPSG:32632", "EPSG:32633"].map { SpatialReference(definition: $0)! }
    let before = try #require(ResidentMemory.bytes())
    let clock = ContinuousClock()
    let start = clock.now
    let index = try NeighbourIndex(
      scenes: Self.scenes, systems: systems, side: 256, stride: 256, chips: chips)
    let built = clock.now
    let memory = try #require(ResidentMemory.bytes()) - before
    var (links, across) = (0, 0)
    let asked = 0..<20_480
    for chip in asked {
      let found = try index.neighbours(of: chip)
      links += found.count
      across += found.count { $0.placement != nil }
    }
    let done = clock.now
    let all = try #require(ResidentMemory.bytes()) - before
    print(
      "\(chips.count) chips: index \(built - start), \(memory / chips.count) bytes a chip; "
        + "\(Double(links) / 20_480) links a chip, \(Double(across) / 20_480) across, "
        + "\((done - built) / 20_480) a chip; after all \(all) bytes")
    #expect(chips.count == 1_024_000 && links > 20_480 * 4)
    #expect(memory < 100 * chips.count)
    #expect(done - built < .seconds(60))
  }
}
