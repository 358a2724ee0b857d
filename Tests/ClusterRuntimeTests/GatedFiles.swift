// A store of files that waits where a test wants it to.

import Basics
import Dispatch

/// Another store behind a gate: creating a file waits until the gate is open.
struct GatedFiles: FileStore {
  let files: any FileStore
  private let gate = DispatchSemaphore(value: 0)

  init(_ files: any FileStore) { self.files = files }

  /// Lets `count` more files be created.
  func open(_ count: Int) { for _ in 0..<count { gate.signal() } }

  func create(_ path: String) throws(FileError) -> any FileSink {
    gate.wait()
    return try files.create(path)
  }

  func contents(of path: String) throws(FileError) -> MappedFile { try files.contents(of: path) }
  func list(_ folder: String) throws(FileError) -> [String] { try files.list(folder) }
  func exists(_ path: String) -> Bool { files.exists(path) }
  func createFolder(_ path: String) throws(FileError) { try files.createFolder(path) }
  func rename(_ source: String, to destination: String) throws(FileError) {
    try files.rename(source, to: destination)
  }
  func remove(_ path: String) throws(FileError) { try files.remove(path) }
  func synchronize(_ path: String) throws(FileError) { try files.synchronize(path) }
  func synchronizeFolder(of path: String) throws(FileError) {
    try files.synchronizeFolder(of: path)
  }
}
