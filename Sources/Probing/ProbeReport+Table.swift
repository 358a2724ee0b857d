// A probe's report as rows of torchgeo-bench's results, which its tools read beside their own.

import Basics

extension ProbeReport {
  /// The columns of torchgeo-bench's `EvaluationResult`, in their order (`main.py`).
  private static let columns = [
    "dataset", "method", "metric_name", "metric_value", "ci_lower", "ci_upper", "feature_dim",
    "best_c", "best_lr", "best_batch_size", "n_train", "n_val", "n_test", "seed", "model", "name",
    "normalization", "image_size", "interpolation", "partition", "bands", "c_range_start",
    "c_range_stop", "c_range_num", "merge_val", "bootstrap", "fw_iou", "precision", "recall", "f1",
    "ece", "rms_ce", "mce", "ece_ts", "rms_ce_ts", "mce_ts", "temperature", "calibration_n_bins",
  ]

  /// Names and one row a result. Calibration is not computed, and its columns are empty.
  package var table: String {
    ([Self.columns] + results.map(row)).map { cells in
      cells.map(Self.cell).joined(separator: ",") + "\n"
    }.joined()
  }

  private static let header = columns.joined(separator: ",") + "\n"

  /// Adds the rows to a file that has such columns, or makes one; several processes may.
  /// - Throws: `ProbeTableError` for a file with other columns, `OutputError` where others keep it,
  ///   `FileError`.
  package func appendTable(to path: String) throws {
    let lock = try OutputLock(path)
    defer { withExtendedLifetime(lock) {} }
    let before = try Self.rows(at: path)
    let rows = table
    try Files.writeDurably(
      before.isEmpty ? rows : before + rows.dropFirst(Self.header.count), to: path)
  }

  /// Whether rows could be added to a file.
  /// - Throws: `ProbeTableError` for one with other columns, `FileError`.
  package static func checkTable(at path: String) throws { _ = try rows(at: path) }

  /// What a file holds, with its columns' names; empty where there is none.
  private static func rows(at path: String) throws -> String {
    guard Files.exists(path) else { return "" }
    var text = try Files.readText(path)
    if !text.isEmpty && !text.hasSuffix("\n") { text += "\n" }
    guard text.isEmpty || text.hasPrefix(header) else { throw ProbeTableError(path: path) }
    return text
  }

  private func row(_ result: Result) -> [String] {
    let choice = result.choices.sorted()
    let middle = choice.isEmpty ? nil : choice[choice.count / 2]
    let isLogistic = result.choiceName == "C"
    func mean(_ counts: [Int]) -> String {
      "\(counts.isEmpty ? 0 : (counts.reduce(0, +) + counts.count / 2) / counts.count)"
    }
    func text(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }
    let stem = Files.name(of: labels.file).split(separator: ".").first.map(String.init)
    let known = [
      stem ?? labels.file, result.method, labels.classes == nil ? "r2" : "accuracy",
      text(result.primary.value), text(result.primary.low), text(result.primary.high),
      "\(result.dimensions)", isLogistic ? text(middle) : "",
      result.choiceName == "rate" ? text(middle) : "", "", mean(splits.training),
      mean(splits.validation), "\(splits.test.reduce(0, +))", "\(seed)", "terrane",
      "\(result.features) \(encoder.run) \(encoder.place)", "model_native",
      "\(encoder.imageSide)", "bilinear",
      splits.folds == 0 ? "default" : "spatial-\(splits.folds)",
      encoder.bands.joined(separator: ","), isLogistic ? "-6" : "", isLogistic ? "4" : "",
      isLogistic ? "40" : "", isLogistic ? "True" : "", "\(bootstrap)",
    ]
    return known + [String](repeating: "", count: Self.columns.count - known.count)
  }

  /// RFC 4180.
  private static func cell(_ text: String) -> String {
    text.contains { ",\"\n\r".contains($0) }
      ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}

/// Why rows cannot be added to a table.
package struct ProbeTableError: Error, Equatable, CustomStringConvertible {
  package let path: String

  package var description: String {
    "\(path.visible) has other columns than torchgeo-bench's results have, and no row was added. "
      + "Name another file with --csv."
  }
}
