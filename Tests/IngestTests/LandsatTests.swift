// The dataset that terrane-ingest makes of the Landsat sample.

import Basics
import Imagery
import TestSupport
import Testing

/// The sample scenes, ingested once for the whole suite, into a folder beside the tests that each
/// run replaces.
@Suite("The Landsat sample") struct LandsatTests {
  private static let folder = Repository.products + "/IngestTests-landsat"
  private static let outcome = Result {
    try run(
      Repository.ingest,
      [folder] + Repository.landsat + ["--chips-per-shard", "16", "--overwrite"])
  }

  private let dataset: Dataset
  private let outcome: Outcome

  init() throws {
    outcome = try Self.outcome.get()
    try #require(outcome.status == 0, "\(outcome.errors)")
    dataset = try Dataset(folder: Self.folder)
  }

  private var trainingShards: [ShardFile] {
    get throws {
      try dataset.description.trainingShards.indices.map {
        try dataset.openShard(ShardID(index: $0))
      }
    }
  }

  private var holdoutShards: [ShardFile] {
    get throws {
      try dataset.description.holdoutShards.indices.map {
        try dataset.openShard(dataset.description.holdoutShard($0))
      }
    }
  }

  @Test("Windows are accounted for: kept, held out or dropped")
  func accounts() {
    let summary = dataset.description.summary
    // Seven starts along each side of 1400 pixels, in two scenes.
    #expect(summary.windows == 98)
    #expect(
      dataset.description.trainingChips + dataset.description.holdoutChips
        + summary.droppedForNodata + summary.droppedAtHoldout == 98)
    #expect(dataset.description.trainingChips >= 60)
    #expect(dataset.description.holdoutChips >= 8)
    #expect(dataset.description.bands.map(\.name) == ["red", "green", "blue"])
    #expect(dataset.description.referenceSystems[0].authority == "EPSG:32621")
    #expect(dataset.description.pixelType == .uint16)
  }

  @Test("No chip for training touches a held-out one")
  func separation() throws {
    let training = try trainingShards.flatMap(\.chips)
    let holdout = try holdoutShards.flatMap(\.chips)
    for one in training {
      #expect(!holdout.contains { $0.footprint.touches(one.footprint) })
    }
  }

  @Test("Every link between neighbours is in a shard, with the IoU of their footprints")
  func links() throws {
    let shards = try trainingShards
    #expect(shards.count > 2)
    let own = shards.flatMap { $0.chips.prefix($0.directory.ownChipCount) }
    #expect(Set(own.map(\.id)).count == own.count)
    for shard in shards {
      for (index, chip) in shard.chips.prefix(shard.directory.ownChipCount).enumerated() {
        let expected = Set(
          own.filter { $0.id != chip.id && $0.footprint.touches(chip.footprint) }
            .map(\.id))
        let links = shard.directory.neighbours(of: index)
        #expect(Set(links.map { shard.chips[$0.chip].id }) == expected)
        for link in links {
          let other = shard.chips[link.chip].footprint
          #expect(
            link.intersectionOverUnion == Float(chip.footprint.intersectionOverUnion(other)))
        }
      }
    }
    #expect(dataset.description.summary.linksKept == dataset.description.summary.links)
    #expect(outcome.output.contains("100 % kept in shards"))
  }

  @Test("Statistics are those of the valid pixels under training chips, each pixel of a scene once")
  func statistics() throws {
    var seen = [[Bool]](repeating: [Bool](repeating: false, count: 1400 * 1400), count: 2)
    var count = 0
    var sums = [0, 0, 0]
    var squares = [0, 0, 0]
    for shard in try trainingShards {
      let buffer = ChipBuffer(shard.layout)
      for (index, chip) in shard.chips.prefix(shard.directory.ownChipCount).enumerated() {
        try shard.decode(chip: index, into: buffer)
        let scene = shard.directory.scenes[chip.scene].name.contains("224077") ? 0 : 1
        let values = values(of: buffer.copiedPixels, as: UInt16.self)
        let validity = buffer.copiedValidity
        for pixel in 0..<65536 where validity[pixel] == 1 {
          let place = (chip.row + pixel / 256) * 1400 + chip.column + pixel % 256
          if seen[scene][place] { continue }
          seen[scene][place] = true
          count += 1
          for band in 0..<3 {
            let value = Int(values[band * 65536 + pixel])
            sums[band] += value
            squares[band] += value * value
          }
        }
      }
    }
    for (band, found) in dataset.description.bands.enumerated() {
      #expect(found.count == count)
      let mean = Double(sums[band]) / Double(count)
      // Whole numbers are exact; 10⁻¹² is a thousand roundings of a double.
      #expect(abs(found.mean - mean) <= 1e-12 * mean)
      // n Σv² − (Σv)² needs 128 bits or a double's 16 digits: the latter leave 10⁻⁸ of the variance
      // here.
      let variance = Double(squares[band]) / Double(count) - mean * mean
      #expect(abs(found.standardDeviation - variance.squareRoot()) < 1e-5 * variance.squareRoot())
    }
  }

  // gdalinfo: the upper left corner of the first scene is at 54°53'50.29"W, 25°0'59.18"S.
  @Test("Chips have their place on WGS 84")
  func bounds() throws {
    let chips = try (trainingShards + holdoutShards).flatMap(\.chips)
    let corner = try #require(
      chips.first { $0.footprint.left == 712_185 && $0.footprint.top == -2_768_415 })
    // The box's north is that of its upper edge; a chip is 7.7 km or 0.07° wide.
    #expect(abs(corner.bounds.west - -(54 + 53.0 / 60 + 50.29 / 3600)) < 0.002)
    #expect(corner.bounds.north < -25.01 && corner.bounds.north > -25.02)
    #expect(abs(corner.bounds.east - corner.bounds.west - 0.078) < 0.005)
    #expect(abs(corner.bounds.north - corner.bounds.south - 0.07) < 0.005)
  }

  @Test("Chips with nodata stay when it is little, and say how much")
  func nodata() throws {
    let shards = try trainingShards + holdoutShards
    var masked = 0
    for shard in shards {
      let buffer = ChipBuffer(shard.layout)
      for (index, chip) in shard.chips.enumerated() {
        #expect(chip.validShare >= 0.9)
        try shard.decode(chip: index, into: buffer)
        let valid = buffer.copiedValidity.count { $0 == 1 }
        #expect(Double(valid) / 65536 == chip.validShare)
        if chip.validShare < 1 { masked += 1 }
      }
    }
    #expect(masked > 0)
  }

  @Test("numpy reads a shard and verifies its checksums")
  func python() throws {
    let folder = try TemporaryFolder()
    let shard = try dataset.openShard(ShardID(0))
    let script = Repository.root + "/scripts/read-shard.py"
    let outcome = try run(
      "/usr/bin/env", ["python3", script, shard.path, "--chip", "2", "--out", folder.file("x.npy")])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.output.contains(
        "\(shard.directory.ownChipCount) chips and "
          + "\(shard.chips.count - shard.directory.ownChipCount) border copies, "
          + "3 x 256 x 256 uint16, \(shard.directory.linkCount) links"))
    let buffer = ChipBuffer(shard.layout)
    try shard.decode(chip: 2, into: buffer)
    let pixels = buffer.copiedPixels
    let array = try MappedFile(folder.file("x.npy"))
    withExtendedLifetime(array) {
      #expect(array.bytes.suffix(pixels.count).elementsEqual(pixels))
    }

    let whole = try MappedFile(shard.path)
    var damaged = withExtendedLifetime(whole) { Array(whole.bytes) }
    damaged[damaged.count - 5] ^= 1
    try Files.writeDurably(to: folder.file("bad.shard")) { try $0.write(damaged) }
    let refusal = try run("/usr/bin/env", ["python3", script, folder.file("bad.shard")])
    #expect(refusal.status == 1)
    #expect(refusal.errors.contains("bad.shard is damaged: the CRC-32 of chip"))
  }
}
