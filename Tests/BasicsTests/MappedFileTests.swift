// Files mapped into memory, and how long their bytes stay readable.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Mapped files") struct MappedFileTests {
  @Test("Lent bytes stay mapped while they are read, though nothing else holds the file")
  func lent() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("text")
    let text = String(repeating: "terrane ", count: 10_000)
    try Files.writeDurably(text, to: path)
    #expect(try MappedFile(path).withBytes { String(decoding: $0, as: UTF8.self) } == text)
    #expect(try Files.readText(path) == text)
  }

  @Test("A text larger than its limit is an error that names it")
  func limit() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("text")
    try Files.writeDurably("12345", to: path)
    #expect(throws: FileError(operation: "read", path: path, code: EFBIG)) {
      try Files.readText(path, limitBytes: 4)
    }
  }
}
