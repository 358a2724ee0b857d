// A disk in memory that forgets what was not fsynced, fills up, and fails in the middle of
// anything. What it does follows from its seed and the order of the calls. Not here: what it holds
// inside, and what a crash leaves.

import Basics
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A store of files for simulations. Content is durable after `synchronize`, a name after
/// `synchronizeFolder(of:)` or `rename`; `crash()` takes liberties with everything else.
package final class SimulatedDisk: FileStore, Sendable {
  /// The code of every error of a disk that was told to fail.
  package static let failureCode = ENODEV

  private let tree: Mutex<DiskTree>

  /// - Parameters:
  ///   - seed: of what crashes leave behind.
  ///   - capacityBytes: the most that all files together can hold; nil is without bound.
  package init(seed: UInt64, capacityBytes: Int? = nil) {
    tree = Mutex(DiskTree(seed: seed, capacityBytes: capacityBytes))
  }

  // MARK: Faults

  /// A write beyond it fails as on a full disk; what still fits lands.
  package var capacityBytes: Int? {
    get { tree.withLock { $0.capacityBytes } }
    set { tree.withLock { $0.capacityBytes = newValue } }
  }

  /// Bytes that all files together hold.
  package var usedBytes: Int { tree.withLock { $0.usedBytes } }

  /// Changes asked for so far, each one an operation that `fail(after:)` can stop: creating,
  /// writing, cutting, synchronizing, renaming, removing. Compound verbs are several.
  package var operationCount: Int { tree.withLock { $0.operationCount } }

  /// Lets so many more operations succeed; then everything fails with `failureCode` until `crash()`
  /// or `heal()`. The first write to fail may land in part.
  package func fail(after operations: Int) {
    precondition(operations >= 0)
    tree.withLock { $0.operationsUntilFailure = operations }
  }

  /// Ends failing without forgetting anything, as when a process died and its machine did not.
  package func heal() { tree.withLock { $0.operationsUntilFailure = nil } }

  /// Whether everything fails that is asked of it.
  package var isFailing: Bool {
    tree.withLock { $0.operationsUntilFailure.map { $0 <= 0 } ?? false }
  }

  /// A power cut: volatile names and bytes are kept, lost or damaged as the seed will have it.
  /// Sinks opened before are void afterwards. Ends failing.
  package func crash() { tree.withLock { $0.crash() } }

  /// Flips one bit of a file, as a disk that rots does.
  /// - Precondition: the file is there and has that byte.
  package func flipBit(_ bit: Int, ofByte offset: Int, in path: String) {
    tree.withLock { $0.flipBit(bit, ofByte: offset, in: path) }
  }

  // MARK: Files

  package func create(_ path: String) throws(FileError) -> any FileSink {
    let (file, epoch) = try tree.withLock { (tree) throws(FileError) in
      (try tree.create(path), tree.epoch)
    }
    return SimulatedSink(disk: self, path: path, file: file, epoch: epoch)
  }

  package func contents(of path: String) throws(FileError) -> MappedFile {
    let bytes = try tree.withLock { (tree) throws(FileError) in try tree.contents(of: path) }
    return MappedFile(path, holding: bytes)
  }

  package func list(_ folder: String) throws(FileError) -> [String] {
    try tree.withLock { (tree) throws(FileError) in try tree.list(folder) }
  }

  package func exists(_ path: String) -> Bool { tree.withLock { $0.exists(path) } }

  package func createFolder(_ path: String) throws(FileError) {
    try tree.withLock { (tree) throws(FileError) in try tree.createFolder(path) }
  }

  package func rename(_ source: String, to destination: String) throws(FileError) {
    try tree.withLock { (tree) throws(FileError) in
      try tree.rename(source, to: destination)
      try tree.synchronizeFolder(of: destination)
    }
  }

  package func remove(_ path: String) throws(FileError) {
    try tree.withLock { (tree) throws(FileError) in try tree.remove(path) }
  }

  package func synchronize(_ path: String) throws(FileError) {
    try tree.withLock { (tree) throws(FileError) in try tree.synchronize(path) }
  }

  package func synchronizeFolder(of path: String) throws(FileError) {
    try tree.withLock { (tree) throws(FileError) in try tree.synchronizeFolder(of: path) }
  }

  // MARK: Sinks

  fileprivate func change(
    _ sink: SimulatedSink, _ operation: String,
    _ body: (inout DiskTree) throws(FileError) -> Void
  ) throws(FileError) {
    try tree.withLock { (tree) throws(FileError) in
      // The process that opened it is gone.
      guard tree.epoch == sink.epoch else {
        throw FileError(operation: operation, path: sink.path, code: Self.failureCode)
      }
      try body(&tree)
    }
  }
}

/// An open file of a simulated disk.
private final class SimulatedSink: FileSink {
  let path: String
  private(set) var byteCount = 0
  private let disk: SimulatedDisk
  private let file: Int
  /// The disk's when this was opened.
  let epoch: Int

  init(disk: SimulatedDisk, path: String, file: Int, epoch: Int) {
    self.disk = disk
    self.path = path
    self.file = file
    self.epoch = epoch
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    precondition(offset >= 0)
    try disk.change(self, "write to") { (tree) throws(FileError) in
      try tree.write(bytes, to: file, at: offset, path: path)
    }
    byteCount = max(byteCount, offset + bytes.count)
  }

  /// What reaches the disk before it is synchronized is a crash's choice anyway.
  func startWritingOut(_ bytes: Range<Int>) {}

  func truncate(to byteCount: Int) throws(FileError) {
    precondition(byteCount >= 0 && byteCount <= self.byteCount)
    try disk.change(self, "shorten") { (tree) throws(FileError) in
      try tree.truncate(file, to: byteCount, path: path)
    }
    self.byteCount = byteCount
  }

  func synchronize() throws(FileError) {
    try disk.change(self, "fsync") { (tree) throws(FileError) in
      try tree.synchronize(file, path: path)
    }
  }
}
