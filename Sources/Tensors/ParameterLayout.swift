// Where each named tensor lies in the one flat vector that holds all parameters. Master, replica,
// gradient and moments are vectors of this layout, so that optimizer, codec and digest see plain
// ranges.

import Basics

/// One named tensor and its place.
public struct ParameterTensor: Hashable, Sendable {
  /// The name in a PyTorch state dict.
  public let name: String
  /// Row-major; the last axis is contiguous.
  public let shape: [Int]
  /// What it is to its model.
  public let role: ParameterRole
  /// Its values in a vector of the layout.
  public let range: Range<Int>
  /// Its first values are uniform within ± this; nil where they follow from its role.
  package let uniformBound: Double?

  /// How many values it has.
  public var count: Int { range.count }
}

/// The tensors of a model in their fixed order, back to back.
public struct ParameterLayout: Hashable, Sendable {
  /// A tensor before it has its place.
  public typealias Entry = (name: String, shape: [Int], role: ParameterRole)

  /// In their order.
  public let tensors: [ParameterTensor]
  /// Values of the whole vector.
  public let count: Int
  private let indexByName: [String: Int]

  /// - Parameter uniformBounds: of the tensors, by name, whose first values are uniform within ± a
  ///   bound of their own.
  /// - Precondition: names are unique, every extent is positive.
  public init(_ entries: [Entry], uniformBounds: [String: Double] = [:]) {
    var tensors: [ParameterTensor] = []
    var indexByName: [String: Int] = [:]
    var end = 0
    for (name, shape, role) in entries {
      precondition(shape.allSatisfy { $0 > 0 })
      let known = indexByName.updateValue(tensors.count, forKey: name)
      precondition(known == nil, "two tensors \(name)")
      let count = shape.reduce(1, *)
      tensors.append(
        ParameterTensor(
          name: name, shape: shape, role: role, range: end..<end + count,
          uniformBound: uniformBounds[name]))
      end += count
    }
    self.tensors = tensors
    self.indexByName = indexByName
    count = end
  }

  /// The tensor of a name; nil when the layout has none.
  public func tensor(_ name: String) -> ParameterTensor? {
    indexByName[name].map { tensors[$0] }
  }

  /// The tensor of a name that the model itself gave.
  /// - Precondition: the layout has it.
  package func required(_ name: String) -> ParameterTensor {
    guard let tensor = tensor(name) else { preconditionFailure("the layout has no tensor \(name)") }
    return tensor
  }

  /// The vector cut into chunks, which are what is sent and digested.
  public var grid: ChunkGrid { ChunkGrid(valueCount: count) }
}
