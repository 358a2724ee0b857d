// Runs programs and waits for them.

import Foundation

/// What a program left when it ended.
struct Outcome: Sendable {
  let status: Int32
  let output: String
  let errors: String
}

/// Runs a program to its end. Its output goes through files, which never fill up as pipes do.
func run(_ program: String, _ arguments: [String]) throws -> Outcome {
  let scratch = try TemporaryFolder()
  let output = scratch.file("output")
  let errors = scratch.file("errors")
  for name in ["output", "errors"] { try scratch.write("", to: name) }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = FileHandle(forWritingAtPath: output)
  process.standardError = FileHandle(forWritingAtPath: errors)
  try process.run()
  process.waitUntilExit()
  return Outcome(
    status: process.terminationStatus,
    output: try String(contentsOfFile: output, encoding: .utf8),
    errors: try String(contentsOfFile: errors, encoding: .utf8))
}

enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static let landsat = [
    root + "/Samples/landsat/LC08_L1TP_224077_20200518_B4B3B2.tif",
    root + "/Samples/landsat/LC08_L1TP_224078_20200518_B4B3B2.tif",
  ]

  /// Where the build puts programs and tests.
  static let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .path

  /// The program beside the tests that are running.
  static let ingest = products + "/terrane-ingest"
}

func ingest(_ arguments: String...) throws -> Outcome { try run(Repository.ingest, arguments) }

/// A folder of its own for one test.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/terrane-ingest-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// The names in the folder, sorted.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
  }
}

/// Little-endian bytes as numbers.
func values<Value: BitwiseCopyable>(of bytes: [UInt8], as _: Value.Type) -> [Value] {
  let size = MemoryLayout<Value>.size
  return bytes.withUnsafeBytes { buffer in
    (0..<bytes.count / size).map { buffer.loadUnaligned(fromByteOffset: $0 * size, as: Value.self) }
  }
}
