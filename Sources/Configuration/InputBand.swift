// What a model is given, as a run's files tell it to those who use the model. Of it only the
// versions of the datasets are read here: a run takes all else from its dataset.

import Basics
import Yams

/// A band and how its values become numbers for the model: (value − mean) / standardDeviation.
package struct InputBand: Hashable, Sendable, Codable {
  package let name: String
  /// The mean, or the median where the run normalises by quantiles.
  package let mean: Double
  /// The deviation, or what stands for it where the run normalises by quantiles. Never 0.
  package let standardDeviation: Double
  /// What a value of 1 is; nil when it is not known.
  package let unit: String?

  package init(name: String, mean: Double, standardDeviation: Double, unit: String?) {
    self.name = name
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.unit = unit
  }
}

extension RunConfiguration {
  /// The section of a configuration file that tells of the bands and is passed over when it is
  /// read.
  static let inputSection = "input"
  /// All that the section holds.
  static let inputKeys = [bandsKey, datasetsKey]
  private static let bandsKey = "bands"
  private static let datasetsKey = "datasets"

  /// The last line of a run's configuration, a comment: a file without it was cut short, and one
  /// with fewer values lost some.
  static func endOfFile(valueCount: Int) -> String { "\(endMark)\(valueCount) values." }
  private static let endMark = "# The end of "

  /// What the last line says; nil where it is none.
  static func valueCount(toldBy yaml: String) -> Int? {
    let end = yaml.lastIndex { !$0.isWhitespace }
    guard let end, yaml[...end].hasSuffix(" values."),
      let mark = yaml.ranges(of: "\n" + endMark).last
    else {
      return nil
    }
    return Int(yaml[mark.upperBound...].prefix { $0 != " " })
  }

  /// The digests of the datasets with which a run was begun, in the order of `data.folder`.
  /// - Parameter path: of the run's own configuration, which can be read.
  /// - Returns: empty where a release before this one began the run.
  /// - Throws: `FileError`.
  package static func datasetDigests(resolved path: String) throws -> [Digest] {
    let yaml = try Files.readText(path, limitBytes: longestFileBytes)
    guard let root = try? Yams.compose(yaml: yaml),
      let list = root[inputSection]?[datasetsKey]?.sequence
    else { return [] }
    let digests = list.map { $0.scalar.flatMap { Digest($0.string) } }
    return digests.contains(nil) ? [] : digests.compactMap { $0 }
  }

  /// `resolvedYAML`, and what the model is given.
  /// - Parameters:
  ///   - bands: in the order of the model's channels.
  ///   - datasets: the digests of the datasets, in the order of `data.folder`.
  package func resolvedYAML(input bands: [InputBand], datasets: [Digest]) -> String {
    func text(_ value: String) -> String {
      let printable = value.unicodeScalars.filter(Format<String>.isPrintable)
      return Format<String>.path.print(String(String.UnicodeScalarView(printable)))
    }
    var lines = [
      "", "# What the model is given. Told by the dataset; a change here changes nothing.",
      "\(Self.inputSection):",
      "  # The model's channels in order; it sees (value - mean) / standardDeviation.",
      "  \(Self.bandsKey):",
    ]
    for band in bands {
      lines.append("    - name: \(text(band.name))")
      lines.append("      mean: \(band.mean)")
      lines.append("      standardDeviation: \(band.standardDeviation)")
      if let unit = band.unit { lines.append("      unit: \(text(unit))") }
    }
    lines.append("  # The versions of the datasets that the run goes on with.")
    lines.append("  \(Self.datasetsKey):")
    for digest in datasets { lines.append("    - '\(digest)'") }
    lines.append(Self.endOfFile(valueCount: Self.namedFields.count))
    return resolvedYAML + lines.joined(separator: "\n") + "\n"
  }
}
