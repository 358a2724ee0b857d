// Writing and removing checkpoints, so that a crash at any moment leaves whole ones only.

import Basics

extension CheckpointStore {
  /// Writes a checkpoint at the speed of the disk; returns when it is durable. One of the same step
  /// is replaced. On an error (a full disk) nothing is left behind and the older ones stay.
  /// - Parameters:
  ///   - tensors: read in place; must not change meanwhile.
  ///   - replicaDigest: the replica's digest as the run's steps record it.
  ///   - state: whatever the run needs to go on.
  ///   - metadata: what the files of parameters say of the model, beside `format` and `step`.
  /// - Throws: `FileError` that names the file; what `state` throws when it is encoded.
  @discardableResult
  package func write(
    step: Step, tensors: CheckpointTensors, replicaDigest: Digest, state: some Encodable,
    metadata: [String: String] = [:]
  ) throws -> Checkpoint {
    let place = path(of: step)
    let partial = place + Self.partialSuffix
    let stateBytes = try CheckpointJSON.encode(state)
    do {
      try files.remove(partial)
      try files.createFolder(partial)
      let entries = try CheckpointFile.all(averaged: tensors.average != nil).map { file in
        try writeFile(file, in: partial) { writer throws(FileError) in
          guard let contents = Self.contents(of: file, tensors, step: step, metadata) else {
            return try writer.write(stateBytes)
          }
          try contents.forEachPart { (bytes) throws(FileError) in try writer.write(bytes) }
        }
      }
      let manifest = CheckpointManifest(
        step: step, layout: tensors.layout, replicaDigest: replicaDigest, files: entries)
      let manifestPath = partial + "/" + CheckpointManifest.fileName
      let writer = try files.create(manifestPath)
      try writer.write(CheckpointJSON.encode(manifest))
      try writer.synchronize()
      try files.synchronizeFolder(of: manifestPath)
      try publish(partial, at: place)
      return Checkpoint(path: place, manifest: manifest)
    } catch {
      // The error that began it is the one to tell; what cannot be removed now is when the store
      // opens.
      try? files.remove(partial)
      throw error
    }
  }

  /// Keeps the newest `last` checkpoints, every one whose step is a multiple of `every`, and the
  /// newest valid one; removes the others. Reads the newest ones in full until it finds a valid
  /// one.
  /// - Parameters:
  ///   - every: nil keeps none for its step's sake.
  ///   - best: a step whose checkpoint stays too, if it is there.
  /// - Returns: the steps whose checkpoints are gone, oldest first.
  @discardableResult
  package func retain(last: Int, every: Int? = nil, best: Step? = nil) throws -> [Step] {
    precondition(last >= 1 && every ?? 1 >= 1)
    let steps = try list()
    var kept = Set(steps.suffix(last))
    if let every { kept.formUnion(steps.filter { $0.index % every == 0 }) }
    if let best { kept.insert(best) }
    guard steps.contains(where: { !kept.contains($0) }) else { return [] }
    guard let valid = try newestValid().checkpoint else { return [] }
    kept.insert(valid.step)
    let removed = steps.filter { !kept.contains($0) }
    for step in removed { try remove(step) }
    return removed
  }

  /// Takes a damaged checkpoint out of the way, so that it is not counted among those that are
  /// kept.
  /// - Returns: where it is now.
  @discardableResult
  package func setAside(_ step: Step) throws(FileError) -> String {
    let place = path(of: step)
    let aside = place + Self.damagedSuffix
    try files.remove(aside)
    try files.rename(place, to: aside)
    return aside
  }

  /// Renamed first, so that a crash leaves no half of a checkpoint under its name.
  private func remove(_ step: Step) throws(FileError) {
    let place = path(of: step)
    let partial = place + Self.partialSuffix
    try files.remove(partial)
    try files.rename(place, to: partial)
    try files.remove(partial)
  }

  /// What a safetensors file of a checkpoint holds; nil for the state.
  private static func contents(
    of file: CheckpointFile, _ tensors: CheckpointTensors, step: Step, _ metadata: [String: String]
  ) -> SafetensorsWriter? {
    let parts = parts(of: file, tensors)
    if parts.isEmpty { return nil }
    let all = parts.flatMap { part in
      SafetensorsWriter.tensors(of: tensors.layout, in: part.buffer, prefix: part.prefix)
    }
    let ofModel = file == .optimizer ? [:] : metadata
    return SafetensorsWriter(
      all, metadata: ofModel.merging(["format": "pt", "step": "\(step)"]) { $1 })
  }

  private func writeFile(
    _ file: CheckpointFile, in folder: String,
    _ body: (inout DigestingWriter) throws(FileError) -> Void
  ) throws(FileError) -> CheckpointManifest.Entry {
    var writer = DigestingWriter(try files.create(folder + "/" + file.rawValue))
    try body(&writer)
    let written = try writer.finish()
    return CheckpointManifest.Entry(
      file: file, byteCount: written.byteCount, digest: written.digest)
  }

  /// Renames a finished folder to its place. One that is there is set aside first: a folder cannot
  /// be renamed onto another, and at no moment may both be missing.
  private func publish(_ partial: String, at place: String) throws(FileError) {
    if files.exists(place) {
      let replaced = place + Self.replacedSuffix
      try files.remove(replaced)
      try files.rename(place, to: replaced)
    }
    do {
      try files.rename(partial, to: place)
    } catch {
      try? restoreReplaced(at: place)
      throw error
    }
    try restoreReplaced(at: place)
  }
}
