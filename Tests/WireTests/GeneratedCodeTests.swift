// The C code of the messages against the schema that it is generated from.

import Foundation
import TestSupport
import Testing

@Suite("Generated code") struct GeneratedCodeTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func check(in root: URL) throws -> (code: Int32, said: String) {
    let process = Process()
    let errors = Pipe()
    process.executableURL = root.appendingPathComponent("scripts/generate-proto")
    process.arguments = ["--check"]
    process.standardError = errors
    try process.run()
    let said = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: said, as: UTF8.self))
  }

  @Test("The committed C code is what Proto/terrane.proto gives")
  func isFresh() throws {
    let result = try check(in: Self.root)
    #expect(result.code == 0, "\(result.said)")
  }

  @Test("Stale C code is noticed and named")
  func isNoticed() throws {
    let files = FileManager.default
    let folder = try TemporaryFolder()
    let copy = URL(fileURLWithPath: folder.path)
    for part in ["Proto", "scripts", "Sources/CWireMessages"] {
      let target = copy.appendingPathComponent(part)
      try files.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try files.copyItem(at: Self.root.appendingPathComponent(part), to: target)
    }
    let proto = copy.appendingPathComponent("Proto/terrane.proto")
    let text = try String(contentsOf: proto, encoding: .utf8)
    try (text + "\nmessage Stale {}\n").write(to: proto, atomically: true, encoding: .utf8)
    let result = try check(in: copy)
    #expect(result.code == 1)
    #expect(result.said.contains("Sources/CWireMessages/terrane.pb-c.c is stale"))
    #expect(result.said.contains("run scripts/generate-proto"))
  }
}
