// What a command is to write, before it writes: names that are one place, and two that make one
// file.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Outputs") struct OutputTests {
  @Test("One process at a time makes a file; nothing is left of the lock, whoever died with it")
  func lock() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("map.tif")
    // What a kill leaves.
    try folder.write("", to: "map.tif.lock")
    var first: OutputLock? = try OutputLock(path)
    #expect(first != nil)
    #expect(throws: OutputError.isHeld(path: path)) { try OutputLock(path) }
    _ = try OutputLock(folder.file("other.tif"))
    first = nil
    #expect(try folder.names() == [])
    _ = try OutputLock(path)
  }

  @Test("A file of somebody else's that is called like the lock stays")
  func foreignLock() throws {
    let folder = try TemporaryFolder()
    try folder.write("thesis", to: "map.tif.lock")
    _ = try OutputLock(folder.file("map.tif"))
    #expect(try Files.readText(folder.file("map.tif.lock")) == "thesis")
  }

  @Test("By whatever names, outputs are apart from each other and from what is read")
  func apart() throws {
    let folder = try TemporaryFolder()
    try Files.createFolder(folder.file("a"))
    try folder.write("scene", to: "a/scene.tif")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("b"), withDestinationPath: folder.file("a"))
    func refusal(_ outputs: String...) -> OutputError? {
      do {
        try OutputFile.checkApart(
          outputs.map { OutputFile("--map", $0) }, from: [folder.file("a/scene.tif")])
        return nil
      } catch { return error }
    }
    for name in ["a/scene.tif", "a/../a/scene.tif", "b/scene.tif", "b/./scene.tif"] {
      #expect(refusal(folder.file(name)) == .isRead(path: folder.file(name)))
    }
    let (one, other) = (folder.file("a/new.tif"), folder.file("b/new.tif"))
    #expect(refusal(one, other) == .isNamedTwice(path: other))
    #expect(refusal(one, folder.file("new.tif")) == nil)
    #expect(refusal("") == .noName(option: "--map"))
  }

  @Test("A name that says another kind of file is refused")
  func endings() throws {
    func check(_ path: String) throws {
      try OutputFile("--map", path).check(endsIn: [".tif", ".tiff"], as: "a GeoTIFF")
    }
    for path in ["map.tif", "a/MAP.TIFF"] { try check(path) }
    for path in ["map.png", "map", "map.tif.gz", ".tif"] {
      #expect(
        throws: OutputError.otherEnding(
          option: "--map", path: path, kind: "a GeoTIFF", ending: ".tif")
      ) { try check(path) }
    }
  }

  @Test("What is there is replaced where that is asked for, and a folder never")
  func claims() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "map.tif")
    let there = OutputFile("--map", folder.file("map.tif"))
    #expect(throws: OutputError.exists(path: there.path)) {
      _ = try OutputClaim([there], overwrites: false)
    }
    _ = try OutputClaim([there], overwrites: true)
    #expect(throws: OutputError.isAFolder(path: folder.path)) {
      _ = try OutputClaim([OutputFile("--map", folder.path)], overwrites: true)
    }
    let nowhere = folder.file("no/map.tif")
    #expect(throws: OutputError.noFolder(path: nowhere, folder: folder.file("no"))) {
      _ = try OutputClaim([OutputFile("--map", nowhere)], overwrites: false)
    }
    #expect(try folder.names() == ["map.tif"])
  }
}
