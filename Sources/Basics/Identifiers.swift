// The names that processes call each other's things by. One type for each kind, so that a chunk is
// never taken for a shard. Not here: paths, addresses and digests.

/// A number that names one thing of one kind.
public protocol Identifier: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  /// The number.
  var rawValue: UInt32 { get }
  /// From its number.
  init(_ rawValue: UInt32)
}

extension Identifier {
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
  /// The number as an index.
  public var index: Int { Int(rawValue) }

  /// - Precondition: `index` fits 32 bits and is not negative.
  public init(index: Int) { self.init(UInt32(index)) }

  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(UInt32.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// A worker, numbered by the coordinator in the order of joining; never reused within a
/// coordinator's life.
package struct WorkerID: Identifier {
  package let rawValue: UInt32
  @inlinable package init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable package static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
  @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// A lease, numbered by the coordinator; never reused within a coordinator's life.
package struct LeaseID: Identifier {
  package let rawValue: UInt32
  @inlinable package init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable package static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }
  @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// A shard, numbered by its place in the dataset's list.
public struct ShardID: Identifier {
  /// The number.
  public let rawValue: UInt32
  /// From its number.
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

/// A chunk of the flat parameter vector; see `ChunkGrid`.
public struct ChunkIndex: Identifier {
  /// The number.
  public let rawValue: UInt32
  /// From its number.
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
}

/// How many optimizer updates made the parameters at hand: 0 are the initial ones.
public struct Step: Identifier {
  /// The number.
  public let rawValue: UInt32
  /// From its number.
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  /// The step after this one.
  public var next: Step { Step(rawValue + 1) }
}
