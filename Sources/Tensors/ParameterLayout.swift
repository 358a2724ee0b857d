// Where each named tensor lies in the one flat vector that holds all parameters. Master, replica, gradient
// and moments are vectors of this layout, so that optimizer, codec and digest see plain ranges.

import Basics

/// One named tensor and its place.
public struct ParameterTensor: Hashable, Sendable {
  /// The name in a PyTorch state dict.
  public let name: String
  /// Row-major; the last axis is contiguous.
  public let shape: [Int]
  public let range: Range<Int>
  /// Whether AdamW decays it: everything but norms and biases.
  public let isDecayed: Bool

  init(name: String, shape: [Int], range: Range<Int>) {
    self.name = name
    self.shape = shape
    self.range = range
    isDecayed = !Self.contains(name, "norm") && !Self.contains(name, "bias")
  }

  /// `String.contains` without its thousand instructions a character: layouts are made often.
  private static func contains(_ name: String, _ part: StaticString) -> Bool {
    let part = (0..<part.utf8CodeUnitCount).map { part.utf8Start[$0] }
    let bytes = Array(name.utf8)
    return (0...max(0, bytes.count - part.count)).contains { bytes[$0...].starts(with: part) }
  }

  public var count: Int { range.count }
}

/// The tensors of a model in their fixed order, back to back.
public struct ParameterLayout: Hashable, Sendable {
  public let tensors: [ParameterTensor]
  public let count: Int
  private let indexByName: [String: Int]

  /// - Precondition: names are unique, every extent is positive.
  public init(_ shapes: [(name: String, shape: [Int])]) {
    var tensors: [ParameterTensor] = []
    var indexByName: [String: Int] = [:]
    var end = 0
    for (name, shape) in shapes {
      precondition(shape.allSatisfy { $0 > 0 })
      let known = indexByName.updateValue(tensors.count, forKey: name)
      precondition(known == nil, "two tensors \(name)")
      let count = shape.reduce(1, *)
      tensors.append(ParameterTensor(name: name, shape: shape, range: end..<end + count))
      end += count
    }
    self.tensors = tensors
    self.indexByName = indexByName
    count = end
  }

  public func tensor(_ name: String) -> ParameterTensor? {
    indexByName[name].map { tensors[$0] }
  }

  /// The tensor of a name that the model itself gave.
  /// - Precondition: the layout has it.
  package func required(_ name: String) -> ParameterTensor {
    guard let tensor = tensor(name) else { preconditionFailure("the layout has no tensor \(name)") }
    return tensor
  }

  public var grid: ChunkGrid { ChunkGrid(valueCount: count) }
}
