// The manifest of a checkpoint: what its files must be. It is written last and covers itself with a
// seal, so that a flipped bit anywhere in a checkpoint is found.

import Basics
import Tensors

/// A file of a checkpoint beside its manifest. Raw values are the files' names.
public enum CheckpointFile: String, CaseIterable, Sendable, Codable {
  /// The master: the coordinator's exact parameters, by their PyTorch names.
  case parameters = "parameters.safetensors"
  /// The replica: the parameters as published to the workers.
  case replica = "replica.safetensors"
  /// AdamW's moments: `exp_avg.NAME` and `exp_avg_sq.NAME`; where a run averages its parameters,
  /// `average.NAME` too.
  case optimizer = "optimizer.safetensors"
  /// The run's state.
  case state = "state.json"
}

/// What a checkpoint holds.
public struct CheckpointManifest: Hashable, Sendable, Codable {
  /// The format that this code writes and reads.
  public static let formatVersion = 1
  static let fileName = "manifest.json"

  /// What one file must be.
  public struct Entry: Hashable, Sendable, Codable {
    /// Which file it is.
    public let file: CheckpointFile
    /// The size of the file.
    public let byteCount: Int
    /// The digest of the whole file.
    public let digest: Digest

    package init(file: CheckpointFile, byteCount: Int, digest: Digest) {
      self.file = file
      self.byteCount = byteCount
      self.digest = digest
    }
  }

  /// The version of the format.
  public let formatVersion: Int
  /// The step after which the checkpoint was made.
  public let step: Step
  /// Tensors and values of the model.
  public let tensorCount: Int
  /// Values of all tensors of the model.
  public let parameterCount: Int
  /// The digest of the replica as the run's steps record it.
  public let replicaDigest: Digest
  /// In the order of `CheckpointFile`.
  public let files: [Entry]
  /// The digest of everything above.
  public let seal: Digest

  package init(step: Step, layout: ParameterLayout, replicaDigest: Digest, files: [Entry]) {
    formatVersion = Self.formatVersion
    self.step = step
    tensorCount = layout.tensors.count
    parameterCount = layout.count
    self.replicaDigest = replicaDigest
    self.files = files
    seal = Self.seal(
      step: step, tensorCount: tensorCount, parameterCount: parameterCount,
      replicaDigest: replicaDigest, files: files)
  }

  /// Reads and checks a manifest's text; says nothing about the files it lists.
  /// - Parameters:
  ///   - path: where the text is from, for errors.
  ///   - step: the step that the folder's name says.
  init(text: String, path: String, step: Step) throws(CheckpointError) {
    let version = try CheckpointJSON.decode(VersionOnly.self, from: text, path: path).formatVersion
    guard version == Self.formatVersion else {
      throw .unsupportedVersion(path: path, found: version, supported: Self.formatVersion)
    }
    self = try CheckpointJSON.decode(CheckpointManifest.self, from: text, path: path)
    let expected = Self.seal(
      step: self.step, tensorCount: tensorCount, parameterCount: parameterCount,
      replicaDigest: replicaDigest, files: files)
    guard seal == expected else {
      throw .malformed(path: path, problem: "its seal does not match what it says")
    }
    guard self.step == step else {
      throw .malformed(path: path, problem: "it is of step \(self.step), its folder of \(step)")
    }
    guard files.map(\.file) == CheckpointFile.allCases else {
      throw .malformed(path: path, problem: "it does not list every file once")
    }
  }

  /// A later format may rename every other field, but not this one.
  private struct VersionOnly: Decodable { let formatVersion: Int }

  private static func seal(
    step: Step, tensorCount: Int, parameterCount: Int, replicaDigest: Digest, files: [Entry]
  ) -> Digest {
    let words = ["\(formatVersion) \(step) \(tensorCount) \(parameterCount) \(replicaDigest)"]
    let lines = files.map { "\($0.file.rawValue) \($0.byteCount) \($0.digest)" }
    return Digest(of: (words + lines).joined(separator: "\n"))
  }
}
