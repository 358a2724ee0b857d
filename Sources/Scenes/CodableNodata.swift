// A nodata value in JSON, which has no numbers that are not finite.

/// Such a value, or none: a number, or "nan", "inf", "-inf", as items of STAC have them. Equal
/// where the bits are, so that NaN is itself.
@propertyWrapper
package struct CodableNodata: Hashable, Sendable, Codable {
  package var wrappedValue: Double?

  package init(wrappedValue: Double?) { self.wrappedValue = wrappedValue }

  package static func == (one: Self, other: Self) -> Bool {
    one.wrappedValue?.bitPattern == other.wrappedValue?.bitPattern
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(wrappedValue?.bitPattern) }

  private static let words = ["nan": Double.nan, "inf": Double.infinity, "-inf": -Double.infinity]

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Double.self) {
      wrappedValue = value
      return
    }
    guard let value = Self.words[try container.decode(String.self).lowercased()] else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "it is neither a number nor nan, inf or -inf")
    }
    wrappedValue = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch wrappedValue {
    case nil: try container.encodeNil()
    case let value? where value.isFinite: try container.encode(value)
    case let value?: try container.encode(value.isNaN ? "nan" : value > 0 ? "inf" : "-inf")
    }
  }
}

extension KeyedDecodingContainer {
  package func decode(_ type: CodableNodata.Type, forKey key: Key) throws -> CodableNodata {
    try decodeIfPresent(type, forKey: key) ?? CodableNodata(wrappedValue: nil)
  }
}

extension KeyedEncodingContainer {
  /// None has no key, as with other optional values.
  package mutating func encode(_ value: CodableNodata, forKey key: Key) throws {
    try encodeIfPresent(value.wrappedValue == nil ? nil : value, forKey: key)
  }
}
