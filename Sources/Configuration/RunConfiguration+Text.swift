// A configuration as text: the file saved with a run, the reference for users, and what sets two
// runs apart.

import Basics

extension RunConfiguration {
  /// Every value as commented YAML, with the preset's numbers written out; reads back as an equal
  /// configuration.
  package var resolvedYAML: String {
    let resolved = resolved
    var text = "# Every value of a Terrane run, defaults included.\n"
    for section in Self.sections {
      text += "\n# \(section.doc)\n\(section.name):\n"
      for field in section.fields {
        text += "  # \(field.doc)\n  # \(field.allowed.capitalizedFirst).\n"
        text += "  \(field.key): \(field.text(resolved))\n"
      }
    }
    return text
  }

  /// What there is to configure: keys, defaults, bounds and meanings, for reading on a terminal.
  package static var reference: String {
    let defaults = RunConfiguration()
    return sections.map { section in
      let fields = section.fields.map { field in
        """
          \(section.fullName(of: field)) = \(field.text(defaults))
              \(field.doc)
              \(field.allowed.capitalizedFirst).
        """
      }
      let table =
        section.name == "model" ? ["  The presets:"] + presetTable.map { "      " + $0 } : []
      return (["\(section.name): \(section.doc)"] + fields + table).joined(separator: "\n") + "\n"
    }.joined(separator: "\n")
  }

  /// Every value by its full name, as it is written in YAML.
  package var values: [(name: String, text: String)] {
    let resolved = resolved
    return Self.namedFields.map { ($0.name, $0.field.text(resolved)) }
  }

  /// A digest of every value that the run's numbers depend on. Runs with equal identities on equal
  /// datasets have equal parameters after every step; folders, workers, timeouts and buffers do not
  /// count.
  package var identity: Digest {
    let (run, defaults) = (leavingNumbersToPreset, RunConfiguration())
    let values = Self.identityFields.compactMap { name, field -> String? in
      let text = field.text(run)
      return field.isNew && text == field.text(defaults) ? nil : "\(name)=\(text)\n"
    }
    return Digest(of: values.joined())
  }

  /// What `--set` takes to say where the datasets lie.
  package static func override(ofData folders: [String]) -> String {
    let quoted = folders.map(Format<String>.path.print)
    return "data.folder=[" + quoted.joined(separator: ", ") + "]"
  }

  /// One value of the identity that two runs do not share.
  package struct Difference: Equatable, Sendable, CustomStringConvertible {
    /// `training.steps`.
    package let key: String
    /// As written in YAML.
    package let value: String
    package let otherValue: String

    package var description: String { "\(key) is \(value) here and \(otherValue) there" }
  }

  /// Where two runs differ in what neither may change, in the order of the file; empty for equal
  /// identities.
  package func differences(from other: RunConfiguration) -> [Difference] {
    let (own, others) = (leavingNumbersToPreset, other.leavingNumbersToPreset)
    return Self.identityFields.filter { !$0.field.mayChange }.compactMap { name, field in
      if field.text(own) == field.text(others) { return nil }
      let (value, otherValue) = (field.text(resolved), field.text(other.resolved))
      // Of two presets with equal numbers one is written out.
      if value == otherValue { return nil }
      return Difference(key: name, value: value, otherValue: otherValue)
    }
  }

  /// What `--set` takes to make this configuration of another one: every value in which they
  /// differ, but for where the run lies.
  package func overrides(of other: RunConfiguration) -> [String] {
    let (own, others) = (resolved, other.resolved)
    return Self.namedFields.compactMap { name, field in
      let text = field.text(own)
      return name == "run.folder" || text == field.text(others) ? nil : "\(name)=\(text)"
    }
  }

  private static var identityFields: [(name: String, field: Field)] {
    namedFields.filter(\.field.decidesNumbers)
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
