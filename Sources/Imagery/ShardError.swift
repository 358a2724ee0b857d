// What can be wrong with a shard that came from a disk.

/// Why a shard, or a chip of it, cannot be used. Files are damaged by the world, not by us: never a
/// trap.
public enum ShardError: Error, Equatable, CustomStringConvertible {
  case notAShard(path: String)
  case unsupportedVersion(path: String, supported: UInt32, found: UInt32)
  case wrongLength(path: String, expectedBytes: UInt64, foundBytes: UInt64)
  case checksumMismatch(path: String, part: String, expected: UInt32, found: UInt32)
  /// The checksum is right and the content is not: another writer's mistake.
  case malformed(path: String, what: String)
  case noSuchChip(path: String, chip: Int, chipCount: Int)
  /// The shard differs from what `dataset.json` says of it.
  case differsFromDataset(path: String, what: String, expected: String, found: String)
  /// It is not the file any more that was checked when it was opened.
  case changedMeanwhile(path: String)

  public var description: String {
    switch self {
    case .notAShard(let path):
      "\(path) is not a shard, or its writing never ended. \(Self.remedy)"
    case .unsupportedVersion(let path, let supported, let found):
      "\(path) is a shard of format version \(found); this program reads version \(supported). "
        + OtherVersion.remedy(found: Int(found), supported: Int(supported))
    case .wrongLength(let path, let expected, let found):
      "\(path) is \(found < expected ? "truncated" : "too long"): expected \(expected) bytes, "
        + "found \(found). \(Self.remedy)"
    case .checksumMismatch(let path, let part, let expected, let found):
      "\(path) is damaged: the CRC-32 of \(part) is \(Self.hexadecimal(found)), "
        + "expected \(Self.hexadecimal(expected)). \(Self.remedy)"
    case .malformed(let path, let what):
      "\(path) is malformed: \(what). \(Self.remedy)"
    case .noSuchChip(let path, let chip, let count):
      "\(path) has no chip \(chip): its \(count) chips are numbered from 0"
    case .differsFromDataset(let path, let what, let expected, let found):
      "\(path) is not the shard that dataset.json describes: its \(what) is \(found), "
        + "expected \(expected). \(Self.remedy)"
    case .changedMeanwhile(let path):
      "\(path) was written to while it was in use; let whatever copies files there end first"
    }
  }

  private static let remedy =
    "Copy it again from where it is whole, or run terrane-ingest again: the same scenes give the "
    + "same bytes."

  private static func hexadecimal(_ word: UInt32) -> String {
    "0x" + word.zeroPadded(to: 8, radix: 16)
  }
}

/// Datasets and shards of another format.
enum OtherVersion {
  /// What to do with them, as a sentence.
  static func remedy(found: Int, supported: Int) -> String {
    found < supported
      ? "Make the dataset again with this release's terrane-ingest, for which the scenes are "
        + "enough; a run that began with the old one goes on with the release that it began with."
      : "Use the release of Terrane that made it, or make the dataset again with this one's "
        + "terrane-ingest."
  }
}
