// The disk as a store of files.

/// The files of this machine.
package struct DiskFiles: FileStore {
  package init() {}

  package func create(_ path: String) throws(FileError) -> any FileSink {
    try FileWriter(creating: path)
  }

  package func contents(of path: String) throws(FileError) -> MappedFile { try MappedFile(path) }

  package func list(_ folder: String) throws(FileError) -> [String] { try Files.list(folder) }

  package func exists(_ path: String) -> Bool { Files.exists(path) }

  package func createFolder(_ path: String) throws(FileError) { try Files.createFolder(path) }

  package func rename(_ source: String, to destination: String) throws(FileError) {
    try Files.rename(source, to: destination)
  }

  package func remove(_ path: String) throws(FileError) { try Files.remove(path) }

  package func synchronize(_ path: String) throws(FileError) { try Files.synchronize(path) }

  package func synchronizeFolder(of path: String) throws(FileError) {
    try Files.synchronizeFolder(of: path)
  }
}
