// A checkpoint in a few lines, for `terrane inspect`. Pure: text from a manifest.

import Basics
import Checkpoints

extension CheckpointManifest {
  /// The checkpoint in a few lines, without a line break at the end.
  package func describe() -> String {
    let total = files.reduce(0) { $0 + $1.byteCount }
    let rows = files.map { [$0.file.rawValue, HumanFormat.bytes($0.byteCount), "\($0.digest)"] }
    return """
      checkpoint of step \(step) (format \(formatVersion)), \(HumanFormat.bytes(total))
        \(HumanFormat.count(parameterCount)) parameters in \(HumanFormat.counted(tensorCount, "tensor"))
        \(TextTable.lines(rows).joined(separator: "\n  "))
        replica digest \(replicaDigest)
      """
  }
}
