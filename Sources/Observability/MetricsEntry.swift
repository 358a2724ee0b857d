// A record of the metrics at the time it was made: what sinks take, what the journal keeps, and
// what the reader gives back. How a sink writes it is the sink's business, but for the one line of
// JSON that all can share.

import Basics

/// What was measured: typed values with their keys, in order.
package struct MetricsEntry: Equatable, Sendable {
  /// A value and its key.
  package struct Field: Equatable, Sendable {
    package let key: String
    package let value: MetricsValue

    package init(_ key: String, _ value: MetricsValue) {
      self.key = key
      self.value = value
    }
  }

  package let kind: String
  /// How many updates had been made.
  package let step: Step
  package let time: WallTime
  /// All values but these three.
  package let fields: [Field]

  package init(kind: String, step: Step, time: WallTime, fields: [Field]) {
    self.kind = kind
    self.step = step
    self.time = time
    self.fields = fields
  }

  package init(_ record: some MetricsRecord, at time: WallTime) {
    self.init(
      kind: type(of: record).kind, step: record.step, time: time,
      fields: record.values.map { Field($0.key, $0.value) })
  }

  /// The value of a key; nil when there is none.
  package subscript(key: String) -> MetricsValue? { fields.first { $0.key == key }?.value }

  /// A number, or a count as one; NaN for what was not finite.
  package func number(_ key: String) -> Double? {
    switch self[key] {
    case .number(let number): number
    case .count(let count): Double(count)
    case .text, nil: nil
    }
  }

  package func text(_ key: String) -> String? {
    if case .text(let text)? = self[key] { text } else { nil }
  }

  package func digest(_ key: String) -> Digest? { text(key).flatMap { Digest($0) } }

  /// What the entry shares with equal runs; nil for an event, and where there is no loss.
  package var shared: SharedNumbers? {
    let circumstances: Set<String>?
    switch kind {
    case StepRecord.kind: circumstances = StepRecord.circumstances
    case EvaluationRecord.kind: circumstances = EvaluationRecord.circumstances
    default: return nil
    }
    guard let circumstances, self["weightedLoss"] != nil else { return nil }
    return SharedNumbers(
      kind: kind, step: step,
      values: fields.filter { !circumstances.contains($0.key) }.map { ($0.key, $0.value) })
  }

  /// The chain up to this entry, as it was written; nil for an event.
  package var chain: Digest? { digest("chain") }

  /// One JSON object on one line: `{"kind":"step","step":12,"time":1795307467.25,…}`.
  package var json: String {
    var line = JSONLine()
    line.add("kind", kind)
    line.add("step", step.index)
    line.add("time", time.seconds)
    for field in fields {
      switch field.value {
      case .number(let number): line.add(field.key, number)
      case .count(let count): line.add(field.key, count)
      case .text(let text): line.add(field.key, text)
      }
    }
    return line.text
  }
}

/// As its line of JSON, which `MetricsReader` reads: a count has no decimal point, a number has
/// one.
extension MetricsEntry: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let entry = MetricsReader.entry(try container.decode(String.self).utf8) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "it is not a record of the metrics")
    }
    self = entry
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(json)
  }
}
