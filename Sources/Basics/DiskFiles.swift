// The disk as a store of files.

/// The files of this machine.
public struct DiskFiles: FileStore {
  public init() {}

  public func create(_ path: String) throws(FileError) -> any FileSink {
    try FileWriter(creating: path)
  }

  public func contents(of path: String) throws(FileError) -> MappedFile { try MappedFile(path) }

  public func list(_ folder: String) throws(FileError) -> [String] { try Files.list(folder) }

  public func exists(_ path: String) -> Bool { Files.exists(path) }

  public func createFolder(_ path: String) throws(FileError) { try Files.createFolder(path) }

  public func rename(_ source: String, to destination: String) throws(FileError) {
    try Files.rename(source, to: destination)
  }

  public func remove(_ path: String) throws(FileError) { try Files.remove(path) }

  public func synchronize(_ path: String) throws(FileError) { try Files.synchronize(path) }

  public func synchronizeFolder(of path: String) throws(FileError) {
    try Files.synchronizeFolder(of: path)
  }
}
