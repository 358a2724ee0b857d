// What runs with equal numbers have in common, record by record, and the chain over it.

import Basics

/// The values of one record that every run of the same identity comes to, whoever computed it,
/// whenever and however often it was disturbed: losses, norms and digests, but no times, workers or
/// bytes.
package struct SharedNumbers: Sendable {
  package let kind: String
  package let step: Step
  package let values: [(key: String, value: MetricsValue)]

  package init(_ record: some MetricsRecord) {
    let type = type(of: record)
    kind = type.kind
    step = record.step
    values = record.values.filter { type.sharedKeys.contains($0.key) }
  }

  init(kind: String, step: Step, values: [(key: String, value: MetricsValue)]) {
    self.kind = kind
    self.step = step
    self.values = values
  }

  /// The chain with this record at its end: the digest of the chain before and of these numbers.
  /// Two runs whose chains are equal at a step had equal numbers at every step up to there.
  package func chain(after previous: Digest) -> Digest {
    var bytes = LittleEndianWriter()
    bytes.write(kind)
    bytes.write(step.rawValue)
    for (key, value) in values {
      bytes.write(key)
      bytes.write(value.text)
    }
    return Digest(of: [previous, bytes.bytes.withUnsafeBytes { Digest(of: $0) }])
  }

  /// The first value in which two records of the same kind and step differ.
  package func difference(
    from other: SharedNumbers
  ) -> (key: String, value: MetricsValue, other: MetricsValue)? {
    for ((key, value), (_, otherValue)) in zip(values, other.values)
    where value.text != otherValue.text {
      return (key, value, otherValue)
    }
    return nil
  }
}

extension MetricsValue {
  /// The shortest text that reads back as this value, the same whether a whole number was a count
  /// or was read as a number.
  package var text: String {
    switch self {
    case .number(let number) where !number.isFinite: "null"
    case .number(let number): "\(number)"
    case .count(let count): "\(Double(count))"
    case .text(let text): text
    }
  }
}

/// A line of the metrics, read.
package struct MetricsLine: Sendable, Decodable {
  package let kind: String
  package let step: Step
  package let values: [String: MetricsValue]

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    kind = try container.decode(String.self, forKey: Key(stringValue: "kind"))
    step = try container.decode(Step.self, forKey: Key(stringValue: "step"))
    var values: [String: MetricsValue] = [:]
    for key in container.allKeys {
      values[key.stringValue] = try container.decode(MetricsValue.self, forKey: key)
    }
    self.values = values
  }

  /// What the line shares with equal runs; nil for an event, and where a number is missing.
  package var shared: SharedNumbers? {
    let keys: [String]
    switch kind {
    case StepRecord.kind: keys = StepRecord.sharedKeys
    case EvaluationRecord.kind: keys = EvaluationRecord.sharedKeys
    default: return nil
    }
    let found = keys.compactMap { key in values[key].map { (key: key, value: $0) } }
    guard found.count == keys.count else { return nil }
    return SharedNumbers(kind: kind, step: step, values: found)
  }

  /// The chain up to this record, as it was written; nil for an event.
  package var chain: Digest? { digest("chain") }

  package func digest(_ key: String) -> Digest? {
    guard case .text(let text)? = values[key] else { return nil }
    return Digest(text)
  }
}

extension MetricsValue: Decodable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .number(.nan)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }
}
