// An export appears whole or not at all, and removes nothing that is not one.

import Basics
import Export
import TestSupport
import Testing

@Suite("The folder of an export") struct ExportFolderTests {
  private struct Stop: Error {}

  private func make(_ folder: TemporaryFolder, _ text: String, overwrites: Bool = false) throws {
    try ExportFolder(folder.file("out"), overwrites: overwrites).fill {
      try Files.writeDurably(text, to: $0 + "/item.json")
    }
  }

  @Test("What fails half-way leaves nothing, and what stood there stays")
  func whole() throws {
    let folder = try TemporaryFolder()
    #expect(throws: Stop.self) {
      try ExportFolder(folder.file("out"), overwrites: false).fill {
        try Files.writeDurably("half", to: $0 + "/item.json")
        throw Stop()
      }
    }
    #expect(try folder.names() == [])
    try make(folder, "first")
    #expect(throws: Stop.self) {
      try ExportFolder(folder.file("out"), overwrites: true).fill { _ in throw Stop() }
    }
    #expect(try Files.readText(folder.file("out/item.json")) == "first")
    #expect(try folder.names() == ["out"])
  }

  @Test("An export is replaced only where that is asked for")
  func replaced() throws {
    let folder = try TemporaryFolder()
    try make(folder, "first")
    #expect(
      refusal { try make(folder, "second") }
        == "\(folder.file("out")) holds an export already; name another folder, or add --overwrite "
        + "to replace it")
    try make(folder, "second", overwrites: true)
    #expect(try Files.readText(folder.file("out/item.json")) == "second")
    #expect(try folder.names() == ["out"])
  }

  @Test("Anything else stays, though replacing was asked for")
  func others() throws {
    let folder = try TemporaryFolder()
    try folder.write("a file", to: "out")
    #expect(
      refusal { try make(folder, "new", overwrites: true) }
        == "\(folder.file("out")) is a file; name a folder for the export")
    try Files.remove(folder.file("out"))
    try Files.createFolder(folder.file("out"))
    try folder.write("thesis", to: "out/thesis.txt")
    #expect(
      refusal { try make(folder, "new", overwrites: true) }
        == "\(folder.file("out")) holds something else than an export and is left as it is; name "
        + "another folder")
    #expect(try Files.readText(folder.file("out/thesis.txt")) == "thesis")
    // The place where it would be made is somebody's too.
    try Files.createFolder(folder.file("new.partial"))
    try folder.write("thesis", to: "new.partial/thesis.txt")
    #expect(throws: (any Error).self) {
      try ExportFolder(folder.file("new"), overwrites: true).fill { _ in }
    }
    #expect(try Files.readText(folder.file("new.partial/thesis.txt")) == "thesis")
  }

  @Test("A folder with a page and a configuration alone is no export")
  func otherProject() throws {
    let folder = try TemporaryFolder()
    for name in ["out", "out.partial"] {
      try Files.createFolder(folder.file(name))
      try folder.write("my project", to: name + "/README.md")
      try folder.write("{}", to: name + "/config.json")
    }
    #expect(
      refusal { try make(folder, "new", overwrites: true) }?.contains(
        "something else than an export")
        == true)
    try Files.remove(folder.file("out"))
    #expect(
      refusal { try make(folder, "new") }?.contains("out.partial is in the way") == true)
    #expect(try Files.readText(folder.file("out.partial/README.md")) == "my project")
  }

  @Test("One process at a time makes an export, and nothing is left of the other's attempt")
  func oneAtATime() throws {
    let folder = try TemporaryFolder()
    try withExtendedLifetime(ExportFolder(folder.file("out"), overwrites: false)) {
      #expect(
        refusal { try make(folder, "second") }
          == "another process is making \(folder.file("out")). Wait for its end, or choose another "
          + "name.")
    }
    #expect(try folder.names() == [])
    try make(folder, "second")
    // In a folder that is not there yet.
    try ExportFolder(folder.file("new/deep/"), overwrites: false).fill {
      try Files.writeDurably("first", to: $0 + "/item.json")
    }
    #expect(try Files.list(folder.file("new")) == ["deep"])
  }

  private func refusal(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)" }
  }

  @Test(
    "A name that is no folder's, or a licence that is no identifier, is refused",
    arguments: [("", nil), ("..", nil), ("a b", nil), ("a/b", nil), ("é", nil), ("fine", "MIT; x")]
      as [(String, String?)])
  func options(name: String, license: String?) {
    #expect(ExportOptions(name: name, license: license).objection != nil)
    #expect(ExportOptions(name: "small-2.1_b", license: "CC-BY-4.0").objection == nil)
  }
}
