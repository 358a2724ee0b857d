// A checkpoint in a few lines, for `terrane inspect`. Pure: text from a manifest.

import Foundations

extension CheckpointManifest {
  /// The checkpoint in a few lines, without a line break at the end.
  public func describe() -> String {
    let total = files.reduce(0) { $0 + $1.byteCount }
    let nameWidth = files.map { $0.file.rawValue.count }.max() ?? 0
    let lines = files.map { entry in
      let name = entry.file.rawValue
      let size = Self.size(entry.byteCount)
      return "  " + name + String(repeating: " ", count: nameWidth - name.count + 2)
        + String(repeating: " ", count: max(0, 9 - size.count)) + size + "  \(entry.digest)"
    }
    return """
      checkpoint of step \(step) (format \(formatVersion)), \(Self.size(total))
        \(Self.grouped(parameterCount)) parameters in \(tensorCount) tensors
      \(lines.joined(separator: "\n"))
        replica digest \(replicaDigest)
      """
  }

  /// Decimal units with one digit after the point, rounded half up: `21.5 MB`.
  private static func size(_ byteCount: Int) -> String {
    var unit = 1
    for name in ["B", "kB", "MB", "GB"] {
      let tenths = unit == 1 ? byteCount * 10 : (byteCount + unit / 20) / (unit / 10)
      if tenths < 10_000 {
        return unit == 1 ? "\(byteCount) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
      }
      unit *= 1000
    }
    let tenths = (byteCount + unit / 20) / (unit / 10)
    return "\(tenths / 10).\(tenths % 10) TB"
  }

  /// Thousands set apart by spaces: `5 373 184`.
  private static func grouped(_ number: Int) -> String {
    var groups: [Substring] = []
    var rest = String(number)[...]
    while !rest.isEmpty {
      groups.append(rest.suffix(3))
      rest = rest.dropLast(3)
    }
    return groups.reversed().joined(separator: " ")
  }
}
