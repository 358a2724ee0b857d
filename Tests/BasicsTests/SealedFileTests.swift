// Files with a seal: what has changed since it was written is not read.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Sealed files") struct SealedFileTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a")
  }

  private func content() throws -> [UInt8] {
    try SealedFile.withContent(of: path) { Array($0) }
  }

  @Test("What is written comes back, nothing too, and a text stays one for other programs")
  func roundTrip() throws {
    for bytes in [[], [0], Array("line\n".utf8), [UInt8](repeating: 7, count: 10_000)] {
      try SealedFile.write(bytes, to: path)
      #expect(try content() == bytes)
    }
    try SealedFile.write("one\ntwo\n", to: path)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[2] == "\(Digest(of: "one\ntwo\n"))")
  }

  @Test("Each changed bit, each shorter file and each longer one is refused")
  func damage() throws {
    try SealedFile.write("one\ntwo\n", to: path)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func expectRefusal(_ bytes: [UInt8], _ what: String) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(throws: SealedFile.BrokenSeal.self, "\(what)") { try content() }
    }
    for bit in 0..<whole.count * 8 {
      var bytes = whole
      bytes[bit / 8] ^= 1 << (bit % 8)
      try expectRefusal(bytes, "bit \(bit)")
    }
    for count in whole.indices { try expectRefusal(Array(whole[..<count]), "\(count) bytes") }
    try expectRefusal(whole + [10], "a byte more")
  }
}
