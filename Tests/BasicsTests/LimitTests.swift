// What the system's limits are called, and how it is found out whether more can be had.

import Basics
import Foundation
import Testing

@Suite("Limits of the system") struct LimitTests {
  @Test("An error that speaks of a limit names it")
  func named() {
    let files = ResourceLimit.openFiles.value.map { "at most \($0) open files" } ?? "too many files"
    let error = FileError(operation: "open", path: "a.shard", code: EMFILE)
    #expect("\(error)".hasPrefix("cannot open a.shard: Too many open files; \(files)"), "\(error)")
    #expect("\(error)".contains("raise that limit"))
    let thread = ThreadError(name: "journal", code: EAGAIN)
    #expect("\(thread)".hasPrefix("cannot start the thread 'journal': Resource temporarily"))
    #expect("\(thread)".contains("; "))
  }

  @Test("An error that speaks of the file names no limit", arguments: [ENOENT, EIO, EACCES])
  func unnamed(code: Int32) {
    let error = FileError(operation: "open", path: "a.shard", code: code)
    #expect(error.shortage == nil)
    #expect(!"\(error)".contains(";"))
  }

  @Test("The peak of memory grows with what is used, and does not fall when it is given back")
  func peak() throws {
    let before = try #require(PeakMemory.bytes)
    let bytes = before + (64 << 20)
    do {
      let buffer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
      memset(buffer, 1, bytes)
      buffer.deallocate()
    }
    #expect(try #require(PeakMemory.bytes) >= bytes)
  }

  @Test("Whether a few threads more can be had is found out without keeping them")
  func manyThreads() throws {
    try SystemThread.ensure(3, for: "test")
  }
}
