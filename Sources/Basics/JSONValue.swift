// JSON that is put together by hand, for files whose shape others define. What has a type of its
// own is `Encodable` instead.

/// A value of JSON. Encoded by `JSONText`, so that equal values give equal bytes.
package indirect enum JSONValue: Hashable, Sendable, Encodable {
  case null
  case flag(Bool)
  case whole(Int)
  /// Must be finite.
  case number(Double)
  /// In the shortest digits that give this value back in single precision. Must be finite.
  case single(Float)
  case text(String)
  case list([JSONValue])
  /// Members have the order of their keys.
  case object([String: JSONValue])

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .flag(let value): try container.encode(value)
    case .whole(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .single(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .object(let members): try container.encode(members)
    }
  }

  /// An object without the members that are nil.
  package static func object(known members: [String: JSONValue?]) -> JSONValue {
    .object(members.compactMapValues { $0 })
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int) { self = .whole(value) }
  package init(booleanLiteral value: Bool) { self = .flag(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .list(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(uniqueKeysWithValues: elements))
  }
}
