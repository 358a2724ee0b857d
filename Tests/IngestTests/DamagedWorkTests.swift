// Files between the stages that are not what they were: the right dataset comes of them, or a word
// on which file it is and what to do.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Damaged work") struct DamagedWorkTests {
  private let setting: IngestCase
  private let expected: [String: Data]

  init() throws {
    setting = try IngestCase()
    let outcome = try setting.ingest("calm")
    try #require(outcome.status == 0, "\(outcome.errors)")
    expected = try setting.contents("calm")
  }

  private enum Damage: CaseIterable {
    case flipped, cutOff, emptied, removed

    func apply(to path: String) throws {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      switch self {
      case .flipped: bytes[bytes.count / 2] ^= 0x10
      case .cutOff: bytes = bytes.prefix(bytes.count / 2)
      case .emptied: bytes = Data()
      case .removed: return try Files.remove(path)
      }
      try bytes.write(to: URL(fileURLWithPath: path))
    }
  }

  @Test(
    "Whatever becomes of a file after a stage, no other dataset comes of it",
    arguments: [1, 2, 3])
  func eachFile(stages: Int) throws {
    for stage in ["scan", "plan", "write"].prefix(stages) {
      #expect(try setting.ingest("out", ["--stage", stage]).status == 0)
    }
    try setting.copy("out.partial", to: "kept")
    let files = try setting.contents("kept").filter { !$0.key.hasSuffix(".lock") }.keys.sorted()
    #expect(files.count >= 8)
    var refusals = 0
    for file in files {
      for damage in Damage.allCases {
        try Files.remove(setting.folder.file("out"))
        try setting.copy("kept", to: "out.partial")
        let path = setting.folder.file("out.partial/" + file)
        try damage.apply(to: path)
        let outcome = try setting.ingest("out")
        let what = "\(file) \(damage): \(outcome.errors)"
        if outcome.status == 0 {
          #expect(try setting.contents("out") == expected, "\(what)")
        } else {
          refusals += 1
          #expect(outcome.status == 1, "\(what)")
          #expect(outcome.errors.contains(path), "\(what)")
          #expect(outcome.errors.contains("--restart"), "\(what)")
          #expect(!Files.exists(setting.folder.file("out")), "\(what)")
        }
      }
    }
    #expect(refusals > 0)
    // The advice helps.
    #expect(try setting.ingest("out", ["--restart", "--overwrite"]).status == 0)
    #expect(try setting.contents("out") == expected)
  }

  @Test("The last stage finds a shard that has changed, and writing again mends it")
  func changedShard() throws {
    for stage in ["scan", "plan", "write"] {
      #expect(try setting.ingest("out", ["--stage", stage]).status == 0)
    }
    let shard = setting.folder.file("out.partial/training-00001.shard")
    try Damage.flipped.apply(to: shard)
    let refused = try setting.ingest("out", ["--stage", "finish"])
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("\(shard) is not as it was written. Run the stage 'write' again"),
      "\(refused.errors)")
    #expect(try setting.ingest("out", ["--stage", "write"]).status == 0)
    #expect(try setting.ingest("out", ["--stage", "finish"]).status == 0)
    #expect(try setting.contents("out") == expected)
  }

  @Test("What a dataset was made of is not believed once it has changed")
  func changedSources() throws {
    let path = setting.folder.file("calm/sources.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = text.replacing("\"stride\" : 12", with: "\"stride\" : 13")
    #expect(changed != text)
    try changed.write(toFile: path, atomically: false, encoding: .utf8)
    let outcome = try setting.ingest("calm", ["--add"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains("its sources.json has changed since it was written"),
      "\(outcome.errors)")
    #expect(outcome.errors.contains("--overwrite"))
  }
}
