// What can be wrong with a safetensors file.

/// Names the file, the tensor and the evidence.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible {
  case truncated(path: String, expectedBytes: Int, foundBytes: Int)
  case malformed(path: String, problem: String)
  case missingTensor(path: String, name: String)
  case unexpectedTensor(path: String, name: String)
  case wrongType(path: String, name: String, expected: SafetensorsType, found: SafetensorsType)
  case wrongShape(path: String, name: String, expected: [Int], found: [Int])

  public var description: String {
    let otherModel = "; the file holds another model than the configuration describes"
    switch self {
    case .truncated(let path, let expected, let found):
      return "\(path) is truncated: it should have \(expected) bytes but has \(found)"
    case .malformed(let path, let problem):
      return "\(path) is not a valid safetensors file: \(problem)"
    case .missingTensor(let path, let name):
      return "\(path) has no tensor \(name)\(otherModel)"
    case .unexpectedTensor(let path, let name):
      return "\(path) has a tensor \(name) that the model does not have\(otherModel)"
    case .wrongType(let path, let name, let expected, let found):
      return
        "\(path): tensor \(name) is of type \(found.rawValue) but should be \(expected.rawValue)"
    case .wrongShape(let path, let name, let expected, let found):
      return "\(path): tensor \(name) has shape \(found) but should have \(expected)\(otherModel)"
    }
  }
}
