// Finding a checkpoint that is whole, and loading it.

import Basics
import Kernels
import Tensors

/// The newest checkpoint to go on from, and why newer ones are not it.
public struct NewestCheckpoint: Sendable {
  /// A checkpoint that cannot be used.
  public struct Rejection: Sendable {
    /// The step of the checkpoint.
    public let step: Step
    /// What is wrong with it, for people.
    public let reason: String
  }

  /// Nil when there is no valid one.
  public let checkpoint: Checkpoint?
  /// Newest first.
  public let rejected: [Rejection]
}

extension CheckpointStore {
  /// The newest checkpoint whose every byte is as it was written and every number finite. Reads it
  /// in full.
  /// - Throws: `FileError` when the folder cannot be listed.
  public func newestValid() throws(FileError) -> NewestCheckpoint {
    var rejected: [NewestCheckpoint.Rejection] = []
    for step in try list().reversed() {
      do {
        return NewestCheckpoint(checkpoint: try checkpoint(of: step), rejected: rejected)
      } catch let error as FileError where !error.isMissing {
        // A disk that cannot be read now is not a reason to go back.
        throw error
      } catch {
        rejected.append(NewestCheckpoint.Rejection(step: step, reason: "\(error)"))
      }
    }
    return NewestCheckpoint(checkpoint: nil, rejected: rejected)
  }

  /// The checkpoint of a step, verified in full.
  /// - Throws: `FileError` when it or one of its files is missing; `CheckpointError` when it is
  ///   damaged or holds numbers that are not finite.
  public func checkpoint(of step: Step) throws -> Checkpoint {
    let place = path(of: step)
    let manifestPath = place + "/" + CheckpointManifest.fileName
    let text = try files.text(of: manifestPath, limitBytes: Self.textLimitBytes)
    let checkpoint = Checkpoint(
      path: place, manifest: try CheckpointManifest(text: text, path: manifestPath, step: step))
    for entry in checkpoint.manifest.files {
      try verify(entry, at: checkpoint.path(of: entry.file))
    }
    return checkpoint
  }

  /// Copies the tensors of a checkpoint into buffers of this run.
  /// - Throws: `SafetensorsError` that names the file and tensor when the checkpoint is of another
  ///   model; the buffers may then be half-filled.
  public func load(_ checkpoint: Checkpoint, into tensors: CheckpointTensors) throws {
    for file in CheckpointFile.all(averaged: tensors.average != nil) {
      let parts = Self.parts(of: file, tensors)
      if parts.isEmpty { continue }
      let stored = try SafetensorsFile(files.contents(of: checkpoint.path(of: file)))
      for part in parts {
        try stored.load(tensors.layout, into: part.buffer, prefix: part.prefix)
      }
      let known = Set(
        parts.flatMap { part in tensors.layout.tensors.map { part.prefix + $0.name } })
      if let other = stored.tensors.first(where: { !known.contains($0.name) }) {
        throw SafetensorsError.unexpectedTensor(path: stored.path, name: other.name)
      }
    }
  }

  /// The state that was written with a checkpoint.
  /// - Throws: `CheckpointError.malformed` when it is not a `State`.
  public func state<State: Decodable>(of checkpoint: Checkpoint, as type: State.Type) throws
    -> State
  {
    let path = checkpoint.path(of: .state)
    let text = try files.text(of: path, limitBytes: Self.textLimitBytes)
    return try CheckpointJSON.decode(type, from: text, path: path)
  }

  /// Most bytes of a manifest or a state that are read.
  private static let textLimitBytes = 16 << 20

  private func verify(_ entry: CheckpointManifest.Entry, at path: String) throws {
    let file = try files.contents(of: path)
    guard file.bytes.count == entry.byteCount else {
      throw CheckpointError.wrongSize(
        path: path, expectedBytes: entry.byteCount, foundBytes: file.bytes.count)
    }
    let found = file.withBytes { Digest(of: $0) }
    guard found == entry.digest else {
      throw CheckpointError.wrongDigest(path: path, expected: entry.digest, found: found)
    }
    if entry.file == .state || file.withBytes(SafetensorsHeader.isFiniteBehindHeader) { return }
    if let tensor = try SafetensorsFile(file).firstNotFinite() {
      throw CheckpointError.notFinite(path: path, tensor: tensor)
    }
  }

  /// Which vectors a file holds, and what goes before their tensors' names; none for the state.
  static func parts(
    of file: CheckpointFile, _ tensors: CheckpointTensors
  ) -> [(prefix: String, buffer: FloatBuffer)] {
    switch file {
    case .parameters: [("", tensors.master)]
    case .replica: [("", tensors.replica)]
    case .optimizer: [("exp_avg.", tensors.firstMoment), ("exp_avg_sq.", tensors.secondMoment)]
    case .state: []
    case .average: tensors.average.map { [("", $0)] } ?? []
    }
  }
}

extension SafetensorsFile {
  /// The name of the first tensor of float32 that holds a number that is not finite.
  func firstNotFinite() throws -> String? {
    try tensors.first { tensor in
      guard tensor.type == .float32 else { return false }
      return try withValues(of: tensor.name, as: Float.self) { values in
        guard let start = values.baseAddress else { return false }
        return !VectorStatistics.allFinite(start, count: values.count)
      }
    }?.name
  }

  /// Copies every tensor of a layout into a flat vector of it.
  /// - Parameters:
  ///   - layout: names, shapes and places.
  ///   - buffer: (layout.count), overwritten.
  ///   - prefix: goes before every name.
  /// - Throws: `SafetensorsError` when one is missing or of another type or shape.
  public func load(
    _ layout: ParameterLayout, into buffer: FloatBuffer, prefix: String = ""
  ) throws {
    precondition(buffer.count == layout.count)
    for tensor in layout.tensors {
      try withValues(of: prefix + tensor.name, as: Float.self, shape: tensor.shape) { values in
        _ = buffer[tensor.range].update(fromContentsOf: values)
      }
    }
  }
}
