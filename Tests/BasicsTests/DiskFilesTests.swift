// Files as the journal and checkpoints use them, on the real disk.

import Basics
import TestSupport
import Testing

@Suite("Files of the disk") struct DiskFilesTests {
  @Test("A file grows at its end, is overwritten anywhere, and is cut off")
  func writing() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("file")
    let sink = try DiskFiles().create(path)
    try sink.write([1, 2, 3])
    try sink.write([4, 5])
    try sink.write([9], at: 1)
    try sink.write([7], at: 7)
    #expect(sink.byteCount == 8)
    try sink.synchronize()
    #expect(
      try DiskFiles().contents(of: path).withBytes { Array($0) } == [1, 9, 3, 4, 5, 0, 0, 7])
    try sink.truncate(to: 3)
    try sink.write([8])
    #expect(try DiskFiles().contents(of: path).withBytes { Array($0) } == [1, 9, 3, 8])
  }

  @Test("A full device is an error that says what to do, and the end stays where it was")
  func full() throws {
    let sink = try DiskFiles().create("/dev/full")
    let error = #expect(throws: FileError.self) { try sink.write([1, 2]) }
    #expect(error?.isFullDisk == true && error?.description.contains("free some space") == true)
    #expect(sink.byteCount == 0)
  }

  @Test("Bytes held in memory read as a file's do")
  func inMemory() {
    let file = MappedFile("simulated", holding: [1, 2, 3])
    #expect(file.withBytes { Array($0) } == [1, 2, 3])
    #expect(Int(bitPattern: file.bytes.baseAddress) % 64 == 0)
    #expect(MappedFile("empty", holding: []).bytes.isEmpty)
  }
}
