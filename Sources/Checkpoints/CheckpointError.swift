// What can be wrong with a checkpoint, beyond what `FileError` and `SafetensorsError` say.

import Basics

/// Names the file and the evidence.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  case unsupportedVersion(path: String, found: Int, supported: Int)
  case malformed(path: String, problem: String)
  case wrongSize(path: String, expectedBytes: Int, foundBytes: Int)
  case wrongDigest(path: String, expected: Digest, found: Digest)
  /// Every byte is as it was written, and no run can go on from it.
  case notFinite(path: String, tensor: String)

  public var description: String {
    switch self {
    case .unsupportedVersion(let path, let found, let supported):
      "\(path) is of checkpoint format \(found), but this program reads format \(supported); "
        + "use the version of Terrane that wrote it"
    case .malformed(let path, let problem):
      "\(path) is damaged: \(problem)"
    case .wrongSize(let path, let expected, let found):
      "\(path) is damaged: it should have \(expected) bytes but has \(found)"
    case .wrongDigest(let path, let expected, let found):
      "\(path) is damaged: its digest should be \(expected) but is \(found)"
    case .notFinite(let path, let tensor):
      "\(path) holds numbers that are not finite, in tensor \(tensor) first: the run had diverged"
    }
  }
}
