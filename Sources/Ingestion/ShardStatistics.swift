// What a shard adds to the statistics of the dataset, as a file between writing and finishing: the
// numbers of each chip, which are merged in the order of the chips whoever found them, and counts
// of values, which add up.

import Basics
import Foundation
import Imagery

/// Statistics of one training chip's pixels that no earlier chip has.
struct ChipStatistics: Hashable {
  let scene: Int
  /// Of each band.
  let bands: [RunningStatistics]
}

/// Of one shard; without chips for a held-out one.
struct ShardStatistics {
  let shard: ShardDescription
  let chips: [ChipStatistics]
  /// Of each band; empty for a held-out shard.
  let histograms: [ValueHistogram]

  init(shard: ShardDescription, chips: [ChipStatistics], histograms: [ValueHistogram]) {
    self.shard = shard
    self.chips = chips
    self.histograms = histograms
  }

  /// The longest description, in bytes.
  private static let largestText = 1 << 20

  func write(to path: String, isDurable: Bool) throws {
    var writer = LittleEndianWriter()
    writer.write(try JSONText.encode(shard, .line))
    writer.write(UInt32(chips.count))
    for chip in chips {
      writer.write(UInt32(chip.scene))
      for band in chip.bands {
        writer.write(UInt64(band.count))
        for number in [band.mean, band.squares, band.minimum, band.maximum] {
          writer.write(number)
        }
      }
    }
    writer.write(UInt32(histograms.count))
    for histogram in histograms {
      let used = histogram.counts.indices.filter { histogram.counts[$0] > 0 }
      writer.write(UInt32(used.count))
      for bin in used {
        writer.write(UInt32(bin))
        writer.write(UInt64(histogram.counts[bin]))
      }
    }
    try SealedFile.write(writer.bytes, to: path, isDurable: isDurable)
  }

  /// - Throws: `IngestError.damagedWork`.
  init(_ path: String, _ layout: ChipLayout) throws {
    self = try WorkFolder.withContent(of: path) { try ShardStatistics(from: $0, layout) }
  }

  private init(from bytes: UnsafeRawBufferPointer, _ layout: ChipLayout) throws {
    var reader = LittleEndianReader(bytes)
    let text = try reader.readText(limitBytes: Self.largestText) ?? ""
    shard = try JSONDecoder().decode(ShardDescription.self, from: Data(text.utf8))
    chips = try (0..<(try reader.readUInt32())).map { _ in
      let scene = Int(try reader.readUInt32())
      return ChipStatistics(
        scene: scene,
        bands: try (0..<layout.bandCount).map { _ in
          RunningStatistics(
            count: Int(truncatingIfNeeded: try reader.readUInt64()),
            mean: try reader.readDouble(), squares: try reader.readDouble(),
            minimum: try reader.readDouble(), maximum: try reader.readDouble())
        })
    }
    histograms = try (0..<(try reader.readUInt32())).map { _ in
      var histogram = ValueHistogram(layout.pixelType)
      for _ in 0..<(try reader.readUInt32()) {
        let bin = Int(try reader.readUInt32())
        let count = Int(truncatingIfNeeded: try reader.readUInt64())
        guard histogram.counts.indices.contains(bin) else { throw LittleEndianReader.Exhausted() }
        histogram.add(count, toBin: bin)
      }
      return histogram
    }
  }
}
