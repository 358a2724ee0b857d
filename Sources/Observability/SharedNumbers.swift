// What runs with equal numbers have in common, record by record, and the chain over it.

import Basics
import Foundation

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
    values =
      type.circumstances.map { other in record.values.filter { !other.contains($0.key) } } ?? []
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
