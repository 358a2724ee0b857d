// The checkpoints of a run: a folder of folders `step-00000040`, each of them whole or absent. What
// they hold is `CheckpointManifest`'s business; what the run's state is, the caller's.

import Basics
import Tensors

/// The vectors of a checkpoint, all of one layout. While a checkpoint is written they must not
/// change: hand over a snapshot when another thread writes.
public struct CheckpointTensors: Sendable {
  /// The tensors' places in each vector.
  public let layout: ParameterLayout
  /// The parameters as the coordinator has them.
  public let master: FloatBuffer
  /// The parameters as published to the workers.
  public let replica: FloatBuffer
  /// AdamW's running mean of the gradient.
  public let firstMoment: FloatBuffer
  /// AdamW's running mean of the squared gradient.
  public let secondMoment: FloatBuffer
  /// The running average of the parameters, where the run keeps one.
  public let average: FloatBuffer?

  /// - Precondition: every buffer has the layout's count.
  public init(
    layout: ParameterLayout, master: FloatBuffer, replica: FloatBuffer, firstMoment: FloatBuffer,
    secondMoment: FloatBuffer, average: FloatBuffer? = nil
  ) {
    for buffer in [master, replica, firstMoment, secondMoment, average ?? master] {
      precondition(buffer.count == layout.count)
    }
    self.average = average
    self.layout = layout
    self.master = master
    self.replica = replica
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
  }
}

/// A checkpoint whose every byte was checked against its manifest.
public struct Checkpoint: Hashable, Sendable {
  /// Its folder.
  public let path: String
  /// What the checkpoint says of itself.
  public let manifest: CheckpointManifest

  /// The step after which it was made.
  public var step: Step { manifest.step }

  /// Where one of its files lies.
  public func path(of file: CheckpointFile) -> String { path + "/" + file.rawValue }
}

/// A folder of checkpoints. Any number of readers, one owner that writes and removes.
public struct CheckpointStore: Sendable {
  /// The folder's path, `checkpoints` in the folder of a run.
  public let folder: String
  let files: any FileStore

  /// Looks without touching anything, also into a run that goes on.
  public init(reading folder: String) { self.init(reading: folder, files: DiskFiles()) }

  /// Looks into a store of files that is not the disk.
  package init(reading folder: String, files: any FileStore) {
    self.folder = folder
    self.files = files
  }

  /// Creates the folder when there is none, and clears away what a crash left half-done.
  package init(owning folder: String, files: any FileStore = DiskFiles()) throws(FileError) {
    self.init(reading: folder, files: files)
    try files.createFolder(folder)
    try settle()
  }

  /// Steps that have a checkpoint, whole or damaged, oldest first.
  public func list() throws(FileError) -> [Step] {
    try files.list(folder).compactMap(Self.names.step).sorted()
  }

  // MARK: Names

  /// Of a folder that is being written or removed; nobody reads it.
  static let partialSuffix = ".partial"
  /// Of a folder that makes room for its successor of the same step.
  static let replacedSuffix = ".replaced"
  /// Of a folder that turned out damaged: nobody reads it, and it stays for who wants to look at
  /// it.
  static let damagedSuffix = ".damaged"
  private static let names = StepNames(prefix: "step-")

  /// The folder of a step's checkpoint.
  public func path(of step: Step) -> String { folder + "/" + Self.names.name(of: step) }

  /// Removes what was half-written or half-removed; puts back what was set aside for a successor
  /// that never came.
  private func settle() throws(FileError) {
    for name in try files.list(folder) {
      let path = folder + "/" + name
      if let place = Self.place(of: name, without: Self.replacedSuffix) {
        try restoreReplaced(at: folder + "/" + place)
      } else if Self.place(of: name, without: Self.partialSuffix) != nil {
        try files.remove(path)
      }
    }
  }

  /// The checkpoint's own name, when `name` is that with `suffix`.
  private static func place(of name: String, without suffix: String) -> String? {
    guard name.hasSuffix(suffix) else { return nil }
    let place = String(name.dropLast(suffix.count))
    return names.step(of: place) == nil ? nil : place
  }

  /// Ends a replacement that was begun: the successor stays if it is there, else the old one does.
  func restoreReplaced(at place: String) throws(FileError) {
    let replaced = place + Self.replacedSuffix
    if files.exists(place) {
      try files.remove(replaced)
    } else if files.exists(replaced) {
      try files.rename(replaced, to: place)
    }
  }
}
