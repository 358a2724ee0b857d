// What a simulated disk holds: a tree of folders and files, each as it is and as it is durable. One
// caller at a time. Not here: what a crash leaves.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// A file or a folder; never reused.
typealias NodeIndex = Int

struct DiskTree {
  /// A folder's names.
  struct Folder {
    /// One operation's changes of names, all or none of which a crash keeps; nil is a name that is
    /// gone.
    typealias Change = [(name: String, node: NodeIndex?)]

    var entries: [String: NodeIndex] = [:]
    var durableEntries: [String: NodeIndex] = [:]
    /// What leads from the durable names to the present ones, in order.
    var pending: [Change] = []

    mutating func apply(_ change: Change) {
      for (name, node) in change { entries[name] = node }
      pending.append(change)
    }
  }

  /// A file's bytes.
  struct File {
    var content: [UInt8] = []
    var durable: [UInt8] = []
    /// Whether a folder holds it: only then its bytes count as used.
    var isLinked = true
  }

  var capacityBytes: Int?
  private(set) var operationCount = 0
  var operationsUntilFailure: Int?
  /// Crashes so far.
  var epoch = 0
  var usedBytes = 0
  let seed: UInt64
  /// What failing writes leave behind.
  private var random: CounterRandom
  var folders: [NodeIndex: Folder] = [Self.root: Folder()]
  var files: [NodeIndex: File] = [:]
  private var unusedNode = Self.root + 1

  static let root: NodeIndex = 0

  init(seed: UInt64, capacityBytes: Int?) {
    self.seed = seed
    self.capacityBytes = capacityBytes
    random = CounterRandom(seed: seed, purpose: .simulation, Self.stream, 0)
  }

  /// Keeps this disk's random numbers apart from those of other parts of a simulation with the same
  /// seed.
  static let stream: UInt32 = 0x6469_736B  // "disk"

  mutating func newNode() -> NodeIndex {
    defer { unusedNode += 1 }
    return unusedNode
  }

  // MARK: Operations

  /// Counts an operation, and fails it when the disk is to fail by now.
  /// - Returns: whether this is the first to fail.
  private mutating func isFailing() -> (now: Bool, first: Bool) {
    operationCount += 1
    guard let left = operationsUntilFailure else { return (false, false) }
    operationsUntilFailure = left - 1
    return (left <= 0, left == 0)
  }

  mutating func begin(_ operation: String, _ path: String) throws(FileError) {
    if isFailing().now { throw Self.failure(operation, path) }
  }

  private static func failure(_ operation: String, _ path: String) -> FileError {
    FileError(operation: operation, path: path, code: SimulatedDisk.failureCode)
  }

  /// Looking fails too, but is not an operation.
  func look(_ operation: String, _ path: String) throws(FileError) {
    if let left = operationsUntilFailure, left <= 0 { throw Self.failure(operation, path) }
  }

  // MARK: Files

  mutating func create(_ path: String) throws(FileError) -> NodeIndex {
    try begin("create", path)
    let place = try locate(path, for: "create")
    if let node = place.node {
      guard let file = files[node] else {
        throw FileError(operation: "create", path: path, code: EISDIR)
      }
      usedBytes -= file.content.count
      files[node]?.content = []
      return node
    }
    let node = newNode()
    files[node] = File()
    folders[place.folder]?.apply([(place.name, node)])
    return node
  }

  mutating func write(
    _ bytes: UnsafeRawBufferPointer, to file: NodeIndex, at offset: Int, path: String
  ) throws(FileError) {
    let (fails, isFirst) = isFailing()
    if fails {
      if isFirst { land(bytes.prefix(random.index(below: bytes.count + 1)), in: file, at: offset) }
      throw Self.failure("write to", path)
    }
    let room = capacityBytes.map { max(0, $0 - usedBytes) } ?? .max
    let end = files[file]?.content.count ?? 0
    // Bytes that replace others need no room.
    guard offset + bytes.count - end <= room else {
      land(bytes.prefix(max(0, end + room - offset)), in: file, at: offset)
      throw FileError(operation: "write to", path: path, code: ENOSPC)
    }
    land(bytes[...], in: file, at: offset)
  }

  private mutating func land(
    _ bytes: Slice<UnsafeRawBufferPointer>, in file: NodeIndex, at offset: Int
  ) {
    if bytes.isEmpty { return }
    guard let before = files[file]?.content.count else { return }
    if offset > before {
      files[file]?.content.append(contentsOf: repeatElement(0, count: offset - before))
    }
    let end = min(offset + bytes.count, max(before, offset))
    files[file]?.content.replaceSubrange(offset..<end, with: bytes)
    account(file, before: before)
  }

  mutating func truncate(
    _ file: NodeIndex, to byteCount: Int, path: String
  ) throws(FileError) {
    try begin("shorten", path)
    guard let before = files[file]?.content.count, before > byteCount else { return }
    files[file]?.content.removeLast(before - byteCount)
    account(file, before: before)
  }

  private mutating func account(_ file: NodeIndex, before: Int) {
    guard let file = files[file], file.isLinked else { return }
    usedBytes += file.content.count - before
  }

  mutating func synchronize(_ file: NodeIndex, path: String) throws(FileError) {
    try begin("fsync", path)
    guard let content = files[file]?.content else { return }
    files[file]?.durable = content
  }

  mutating func synchronize(_ path: String) throws(FileError) {
    let node = try existing(path, for: "open")
    if folders[node] != nil { return try synchronizeFolder(node, path: path) }
    try synchronize(node, path: path)
  }

  func contents(of path: String) throws(FileError) -> [UInt8] {
    try look("open", path)
    let node = try existing(path, for: "open")
    guard let file = files[node] else {
      throw FileError(operation: "read", path: path, code: EISDIR)
    }
    return file.content
  }

  mutating func flipBit(_ bit: Int, ofByte offset: Int, in path: String) {
    guard let node = try? existing(path, for: "open"), files[node] != nil else {
      preconditionFailure("there is no file \(path)")
    }
    files[node]?.content[offset] ^= 1 << UInt8(bit)
    if offset < files[node]?.durable.count ?? 0 { files[node]?.durable[offset] ^= 1 << UInt8(bit) }
  }
}
