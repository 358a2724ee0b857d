// The verbs by which a run keeps files, so that the same code runs on a disk and on a simulated
// one. What is durable survives a power cut; everything else may be there afterwards, or not, or in
// part.

#if canImport(Glibc)
  import Glibc
#endif

/// Where files are kept. Paths are as on a disk.
package protocol FileStore: Sendable {
  /// Creates a file, or empties it. Its name is durable after `synchronizeFolder(of:)`.
  func create(_ path: String) throws(FileError) -> any FileSink

  /// The bytes of a file as they are now.
  func contents(of path: String) throws(FileError) -> MappedFile

  /// The names in a folder, sorted; without `.` and `..`.
  func list(_ folder: String) throws(FileError) -> [String]

  func exists(_ path: String) -> Bool

  /// Creates a folder and those above it, and makes their names durable.
  func createFolder(_ path: String) throws(FileError)

  /// Renames and makes the new name durable. A file that has that name is replaced.
  func rename(_ source: String, to destination: String) throws(FileError)

  /// Removes a file, or a folder with all that is in it. That nothing is there is not an error.
  func remove(_ path: String) throws(FileError)

  /// Returns when what was written to a file so far, by whomever, is durable.
  func synchronize(_ path: String) throws(FileError)

  /// Makes the names in the folder that holds `path` durable, and the absence of those removed.
  func synchronizeFolder(of path: String) throws(FileError)
}

extension FileStore {
  /// The whole of a file that is small enough to be held; larger ones are an error before anything
  /// is read.
  package func text(of path: String, limitBytes: Int = 16 << 20) throws(FileError) -> String {
    let file = try contents(of: path)
    guard file.bytes.count <= limitBytes else {
      throw FileError(operation: "read", path: path, code: EFBIG)
    }
    return file.withBytes { String(decoding: $0, as: UTF8.self) }
  }
}

/// An open file that is being written. It is closed when nobody holds it.
package protocol FileSink: AnyObject {
  var path: String { get }

  /// The end of what was written without an error. A write that failed may have left bytes behind
  /// it.
  var byteCount: Int { get }

  /// Writes at a place of the file, which may lie beyond its end: what is between reads as zeros.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError)

  /// Lets the disk begin with bytes that were written, so that `synchronize` finds less to do.
  func startWritingOut(_ bytes: Range<Int>)

  /// Cuts the file off.
  /// - Precondition: it is not extended by this.
  func truncate(to byteCount: Int) throws(FileError)

  /// Returns when the bytes are durable; the file's name need not be.
  func synchronize() throws(FileError)
}

extension FileSink {
  /// Appends.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try write(bytes, at: byteCount)
  }

  /// Appends.
  package func write(_ bytes: [UInt8]) throws(FileError) { try write(bytes, at: byteCount) }

  package func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(FileError) in
      try write(UnsafeRawBufferPointer(bytes), at: offset)
    }
  }
}
