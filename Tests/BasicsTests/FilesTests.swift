// Files that are whole or absent.

import Basics
import TestSupport
import Testing

@Suite("Files that are whole or absent") struct FilesTests {
  private struct Failure: Error {}

  @Test("What fails in the middle leaves what stood there, waiting for the disk or not")
  func failing() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("file")
    func fail(_ file: FileWriter) throws {
      try file.write([4, 5])
      throw Failure()
    }
    #expect(throws: Failure.self) { try Files.writeSoon(to: path, fail) }
    #expect(try folder.names() == [])
    try Files.writeSoon(to: path) { try $0.write([1, 2, 3]) }
    #expect(throws: Failure.self) { try Files.writeSoon(to: path, fail) }
    #expect(throws: Failure.self) { try Files.writeDurably(to: path, fail) }
    #expect(try folder.names() == ["file"])
    #expect(try DiskFiles().contents(of: path).withBytes { Array($0) } == [1, 2, 3])
  }

  @Test("A folder is made in one that is there, and one that is there stays")
  func folders() throws {
    let folder = try TemporaryFolder()
    try Files.createFolderSoon(folder.file("a"))
    try Files.createFolderSoon(folder.file("a/b"))
    try Files.createFolderSoon(folder.file("a"))
    #expect(Files.isFolder(folder.file("a/b")))
    #expect(throws: FileError.self) { try Files.createFolderSoon(folder.file("c/d")) }
  }
}

@Suite("Memory for what comes from outside") struct ScratchBufferTests {
  @Test("Elements are 0 at birth, and lie on a cache line")
  func fresh() {
    let buffer = ScratchBuffer<UInt16>(count: 1000)
    #expect(buffer.elements.allSatisfy { $0 == 0 } && buffer.bytes.count == 2000)
    #expect(Int(bitPattern: buffer.elements.baseAddress) % 64 == 0)
    #expect(ScratchBuffer<UInt8>(count: 0).elements.isEmpty)
  }
}
