// One row of the table that everything about a configuration value comes from: how it is read,
// bounded, written and explained.

/// A value's key, place, format and meaning.
struct Field: Sendable {
  let key: String
  /// One sentence for the user.
  let doc: String
  let allowed: String
  /// Whether two runs that differ in this value may end with different parameters.
  let decidesNumbers: Bool
  /// Whether a run may go on with another value than it began with: what decides no number, and how
  /// often numbers are looked at.
  let mayChange: Bool
  /// Whether runs had no such value before: its default, which is what they did, is no part of a
  /// run's identity, so that theirs stay.
  let isNew: Bool
  /// Whether the value may be a list.
  let takesList: Bool
  /// The value as YAML.
  let text: @Sendable (RunConfiguration) -> String
  /// Sets the value; false, and nothing changed, when it is not allowed.
  let assign: @Sendable (Scalar, inout RunConfiguration) -> Bool

  init<Value>(
    _ key: String, _ path: any WritableKeyPath<RunConfiguration, Value> & Sendable,
    _ format: Format<Value>, decidesNumbers: Bool = true, mayChange: Bool = false,
    isNew: Bool = false, _ doc: String
  ) {
    self.key = key
    self.doc = doc
    self.decidesNumbers = decidesNumbers
    self.mayChange = mayChange || !decidesNumbers
    self.isNew = isNew
    takesList = format.takesList
    allowed = format.allowed
    text = { format.print($0[keyPath: path]) }
    assign = { scalar, configuration in
      guard let value = format.parse(scalar) else { return false }
      configuration[keyPath: path] = value
      return true
    }
  }
}

/// A group of fields under one key of the YAML file.
struct Section: Sendable {
  let name: String
  let doc: String
  let fields: [Field]

  init(_ name: String, _ doc: String, _ fields: [Field]) {
    self.name = name
    self.doc = doc
    self.fields = fields
  }

  /// `training.steps`: how errors, arguments and other files name a field.
  func fullName(of field: Field) -> String { "\(name).\(field.key)" }
}
