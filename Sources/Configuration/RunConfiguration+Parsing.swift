// A configuration from a YAML file and `--set` arguments. All that is wrong is found in one pass.

import Basics
import Yams

extension RunConfiguration {
  /// No configuration is near as long; a longer file is a mistake.
  static let longestFileBytes = 1 << 20

  /// The configuration of a file, or the defaults without one, with overrides applied in order.
  /// - Parameter overrides: texts like `optimizer.baseLearningRate=3e-4`.
  /// - Throws: `FileError` when the file cannot be read, `ConfigurationError` for what is wrong.
  package static func load(_ path: String?, overrides: [String] = []) throws -> RunConfiguration {
    let yaml = try path.map { try Files.readText($0, limitBytes: longestFileBytes) }
    return try RunConfiguration(yaml: yaml ?? "", path: path ?? "", overrides: overrides)
  }

  /// The configuration that a run saved, which has every value; overrides are applied in order.
  /// One of another release may have had fewer; those have their defaults.
  /// - Throws: `FileError`; `DamagedConfiguration` when it lacks its end or values that it had, for
  ///   which defaults would be wrong; `ConfigurationError` for what is wrong besides.
  package static func load(
    resolved path: String, overrides: [String] = []
  ) throws -> RunConfiguration {
    let yaml = try Files.readText(path, limitBytes: longestFileBytes)
    var parsing = Parsing(path: path)
    parsing.read(yaml)
    let configuration = try? parsing.result()
    let count = valueCount(toldBy: yaml)
    guard let count, configuration == nil || parsing.givenCount == count else {
      throw DamagedConfiguration(
        path: path, isEmpty: yaml.isEmpty, toldCount: count, foundCount: parsing.givenCount,
        missing: parsing.missingNames)
    }
    return try RunConfiguration(yaml: yaml, path: path, overrides: overrides)
  }

  /// - Parameters:
  ///   - yaml: the text of a configuration file; what it leaves out keeps its default.
  ///   - path: what errors call the file.
  ///   - overrides: texts like `optimizer.baseLearningRate=3e-4`.
  package init(
    yaml: String, path: String, overrides: [String] = []
  ) throws(ConfigurationError) {
    var parsing = Parsing(path: path)
    parsing.read(yaml)
    parsing.leaveNumbersToPreset()
    for override in overrides { parsing.apply(override) }
    self = try parsing.result()
  }

  /// Every field with its full name, in the order of the file.
  static var namedFields: [(name: String, field: Field)] {
    sections.flatMap { section in section.fields.map { (section.fullName(of: $0), $0) } }
  }
}

/// A configuration in the making.
private struct Parsing {
  private let path: String
  private var configuration = RunConfiguration()
  private var problems: [ConfigurationError.Problem] = []
  /// Where values were given, in the order of giving.
  private var places: [(name: String, place: ConfigurationError.Place)] = []

  init(path: String) { self.path = path }

  func result() throws(ConfigurationError) -> RunConfiguration {
    let all = problems.isEmpty ? configuration.ruleProblems(places: places) : problems
    if !all.isEmpty { throw ConfigurationError(problems: all) }
    return configuration.leavingNumbersToPreset
  }

  var givenCount: Int { places.count }

  /// Fields that were not given, by full name. Of a file that cannot be read to its end, nothing is
  /// known.
  var missingNames: [String] {
    guard problems.isEmpty else { return [] }
    let given = Set(places.map(\.name))
    return RunConfiguration.namedFields.map(\.name).filter { !given.contains($0) }
  }

  // MARK: The file

  mutating func read(_ yaml: String) {
    do {
      guard let root = try Yams.compose(yaml: yaml) else { return }  // an empty file
      for (key, value) in entries(of: root, called: "the file") { readSection(key, value) }
    } catch {
      report(yamlProblem(error))
    }
  }

  /// Before arguments are applied, so that one that names another preset is not held to this one's
  /// numbers.
  mutating func leaveNumbersToPreset() { configuration = configuration.leavingNumbersToPreset }

  private mutating func readSection(_ key: Node, _ value: Node) {
    let name = key.scalar?.string ?? ""
    if name == RunConfiguration.inputSection { return passOver(value) }
    guard let section = RunConfiguration.sections.first(where: { $0.name == name }) else {
      let names = RunConfiguration.sections.map(\.name)
      return reportUnknown(name, among: names, listing: names, at: place(of: key))
    }
    for (key, value) in entries(of: value, called: name) { readField(section, key, value) }
  }

  /// What a run's own file tells of its bands; whatever else stands there was meant for another
  /// section.
  private mutating func passOver(_ input: Node) {
    let known = RunConfiguration.inputKeys
    for (key, _) in entries(of: input, called: RunConfiguration.inputSection) {
      let name = key.scalar?.string ?? ""
      if known.contains(name) { continue }
      reportUnknown(
        "\(RunConfiguration.inputSection).\(name)", among: [], listing: known, at: place(of: key))
    }
  }

  private mutating func readField(_ section: Section, _ key: Node, _ value: Node) {
    let name = "\(section.name).\(key.scalar?.string ?? "")"
    let takesList = section.fields.contains { $0.key == key.scalar?.string && $0.takesList }
    guard let scalar = value.scalar.map(Scalar.init) ?? (takesList ? Scalar(list: value) : nil)
    else {
      let found = takesList ? "a map or a list of others" : "a list or map"
      return report(
        .init(place: place(of: value), message: "\(name) must be one value, found \(found)"))
    }
    assign(name, scalar, nameAt: place(of: key), valueAt: place(of: value))
  }

  /// The entries of a map; none, and a problem reported, for anything but a map or nothing.
  private mutating func entries(of node: Node, called name: String) -> [(key: Node, value: Node)] {
    if let mapping = node.mapping { return Array(mapping) }
    if let scalar = node.scalar, Scalar(scalar).isNull { return [] }
    report(.init(place: place(of: node), message: "\(name) must hold lines of 'key: value'"))
    return []
  }

  private func place(of node: Node) -> ConfigurationError.Place {
    .file(path: path, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }

  private func yamlProblem(_ error: any Error) -> ConfigurationError.Problem {
    func problem(_ message: String, _ line: Int, _ column: Int) -> ConfigurationError.Problem {
      .init(place: .file(path: path, line: line, column: column), message: message)
    }
    switch error as? YamlError {
    case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _),
      .composer(_, let text, let mark, _):
      return problem("this is not YAML: \(text)", mark.line, mark.column)
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.map { "'\($0)'" }.joined(separator: ", ")
      return problem(
        "\(names) is given more than once in the same place; keep one", context.mark.line,
        context.mark.column)
    case .reader(let text, let offset, _, let yaml):
      let lines = yaml.prefix(offset ?? 0).split(separator: "\n", omittingEmptySubsequences: false)
      return problem("this is not YAML: \(text)", lines.count, lines[lines.count - 1].count + 1)
    default:
      return problem("this is not YAML: \(error)", 1, 1)
    }
  }

  // MARK: Arguments

  mutating func apply(_ override: String) {
    let place = ConfigurationError.Place.argument(override)
    guard let equals = override.firstIndex(of: "=") else {
      return report(
        .init(place: place, message: "expected section.key=value, like training.steps=100"))
    }
    let value = String(override[override.index(after: equals)...])
    var scalar = Scalar(text: value, isQuoted: false)
    if value.hasPrefix("["), let node = try? Yams.compose(yaml: value) {
      scalar.list = Scalar(list: node)?.list
    } else if value.hasPrefix("'"), let node = try? Yams.compose(yaml: value)?.scalar {
      scalar = Scalar(node)
    }
    assign(String(override[..<equals]), scalar, nameAt: place, valueAt: place)
  }

  // MARK: Either

  private mutating func assign(
    _ name: String, _ scalar: Scalar, nameAt namePlace: ConfigurationError.Place,
    valueAt valuePlace: ConfigurationError.Place
  ) {
    let fields = RunConfiguration.namedFields
    guard let (_, field) = fields.first(where: { $0.name == name }) else {
      let section = name.prefix { $0 != "." } + "."
      let all = fields.map(\.name)
      let siblings = all.filter { $0.hasPrefix(section) }
      return reportUnknown(
        name, among: all,
        listing: siblings.isEmpty ? RunConfiguration.sections.map(\.name) : siblings,
        at: namePlace)
    }
    if field.assign(scalar, &configuration) {
      places.append((name, valuePlace))
    } else {
      let found = Self.shortened(scalar.text)
      report(
        .init(place: valuePlace, message: "\(name) must be \(field.allowed), found '\(found)'"))
    }
  }

  private mutating func reportUnknown(
    _ name: String, among candidates: [String], listing known: [String],
    at place: ConfigurationError.Place
  ) {
    let hint =
      Suggestion.nearest(to: name, among: candidates).map { "did you mean \($0)?" }
      ?? "known are " + known.joined(separator: ", ")
    report(.init(place: place, message: "unknown key '\(Self.shortened(name))'; \(hint)"))
  }

  private mutating func report(_ problem: ConfigurationError.Problem) { problems.append(problem) }

  /// Enough of a text to know it by.
  private static func shortened(_ text: String) -> String {
    (text.count <= 60 ? text : text.prefix(60) + "…").visible
  }
}

extension Scalar {
  fileprivate init(_ node: Node.Scalar) {
    self.init(text: node.string, isQuoted: node.style != .plain)
  }

  /// A list of scalars; nil for anything else.
  fileprivate init?(list node: Node) {
    guard let sequence = node.sequence else { return nil }
    let items = sequence.compactMap { $0.scalar.map(Scalar.init) }
    guard items.count == sequence.count else { return nil }
    self.init(
      text: "[" + items.map(\.text).joined(separator: ", ") + "]", isQuoted: false, list: items)
  }
}
