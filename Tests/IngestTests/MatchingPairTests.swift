// What a model sees of two chips from different coordinate systems: the same ground at the same
// place.

import Basics
import Imagery
import TestSupport
import Testing

@Suite("Pairs across coordinate systems") struct MatchingPairTests {
  private static let side = 64
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct SeenChip {
    var pixels: [Float]  // (bands, side, side)
    var validity: [UInt8]  // (side, side)
    var footprint: Footprint

    /// The first band at a place on the map, bilinear; nil where a pixel of it is invalid.
    func value(_ x: Double, _ y: Double) -> Double? {
      let side = MatchingPairTests.side
      let column = (x - footprint.left) / footprint.width * Double(side) - 0.5
      let row = (footprint.top - y) / footprint.height * Double(side) - 0.5
      guard column >= 0, row >= 0, column < Double(side - 1), row < Double(side - 1) else {
        return nil
      }
      let at = Int(row) * side + Int(column)
      guard [at, at + 1, at + side, at + side + 1].allSatisfy({ validity[$0] == 1 }) else {
        return nil
      }
      let (right, down) = (column - column.rounded(.down), row - row.rounded(.down))
      let upper = Double(pixels[at]) * (1 - right) + Double(pixels[at + 1]) * right
      let lower = Double(pixels[at + side]) * (1 - right) + Double(pixels[at + side + 1]) * right
      return upper * (1 - down) + lower * down
    }
  }

  private func load(_ shard: ShardFile, _ chip: Int, _ placement: AffineTransform?) throws
    -> SeenChip
  {
    let bands = shard.layout.bandCount
    let sampler = CropSampler(
      layout: shard.layout, side: Self.side,
      normalization: Normalization(
        mean: Array(repeating: 0, count: bands),
        standardDeviation: Array(repeating: 1, count: bands)))
    let count = Self.side * Self.side
    var pixels = [Float](repeating: 0, count: bands * count)
    var validity = [UInt8](repeating: 0, count: count)
    let footprint = try sampler.load(
      chip: chip, of: shard, placement: placement, box: .whole(side: Self.side), into: &pixels,
      validity: &validity)
    return SeenChip(pixels: pixels, validity: validity, footprint: footprint)
  }

  /// Correlation of two images where both show the ground, one of them moved by a part of a pixel.
  private func correlation(_ one: SeenChip, _ other: SeenChip, right: Double, down: Double)
    -> Double
  {
    let pixel = other.footprint.width / Double(Self.side)
    var (n, x, y, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for row in 0..<Self.side {
      for column in 0..<Self.side {
        let east = other.footprint.left + (Double(column) + 0.5) * pixel
        let north = other.footprint.top - (Double(row) + 0.5) * pixel
        guard let a = one.value(east + right * pixel, north - down * pixel),
          let b = other.value(east, north)
        else { continue }
        n += 1
        x += a
        y += b
        xx += a * a
        yy += b * b
        xy += a * b
      }
    }
    return (n * xy - x * y) / ((n * xx - x * x) * (n * yy - y * y)).squareRoot()
  }

  @Test("Two images of one ground match best where they lie")
  func matching() throws {
    let original = Repository.landsat[0]
    let copies = try [32620, 3857].map { code in
      let path = folder.file("\(code).tif")
      let outcome = try run(
        "/usr/bin/gdalwarp",
        ["-q", "-r", "cubic", "-t_srs", "EPSG:\(code)", original, path])
      try #require(outcome.status == 0, "\(outcome.errors)")
      return path
    }
    let ingested = try run(
      Repository.ingest,
      [folder.file("out"), original] + copies + ["--chip-side", "64", "--stride", "64"])
    try #require(ingested.status == 0, "\(ingested.errors)")
    let dataset = try Dataset(folder: folder.file("out"))
    var pairs: [(shard: ShardFile, chip: Int, link: NeighbourLink)] = []
    for index in dataset.description.trainingShards.indices {
      let shard = try dataset.openShard(ShardID(index: index))
      for (chip, record) in shard.chips.enumerated() where !record.isBorderCopy {
        let links = shard.directory.neighbours(of: chip)
        pairs += links.filter { $0.placement != nil && $0.intersectionOverUnion > 0.25 }.map {
          (shard, chip, $0)
        }
      }
    }
    try #require(pairs.count >= 500)
    for number in 0..<50 {
      let pair = pairs[number * pairs.count / 50]
      let anchor = try load(pair.shard, pair.chip, nil)
      let neighbour = try load(pair.shard, pair.link.chip, pair.link.placement)
      let moves = [-1, -0.5, 0, 0.5, 1].flatMap { right in
        [-1, -0.5, 0, 0.5, 1].map { down in
          (right, down, correlation(anchor, neighbour, right: right, down: down))
        }
      }
      let best = try #require(moves.max { $0.2 < $1.2 })
      #expect(abs(best.0) <= 0.5 && abs(best.1) <= 0.5 && best.2 > 0.95, "\(number): \(best)")
    }
  }
}
