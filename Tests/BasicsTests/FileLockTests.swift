// Locks on files and folders, as two holders see them.

import Basics
import Foundation
import Testing

@Suite("Locks") struct FileLockTests {
  @Test("One holder at a time, of a file as of a folder; who asks takes nothing")
  func oneHolder() throws {
    let folder = try Files.createPrivateFolder(
      under: FileManager.default.temporaryDirectory.path, prefix: "terrane-tests-")
    defer { try? Files.remove(folder) }
    let path = folder + "/lock"
    let attempts: [() throws -> FileLock?] = [
      { try FileLock(path) }, { try FileLock(folder: folder) },
    ]
    for (place, attempt) in zip([path, folder], attempts) {
      #expect(try !FileLock.isHeld(place))
      var first = try attempt()
      #expect(first != nil)
      #expect(try FileLock.isHeld(place))
      #expect(try attempt() == nil)
      first = nil
      #expect(try attempt() != nil)
      #expect(try !FileLock.isHeld(place))
    }
  }

  @Test("A file of the same name is another one, and a folder stays locked")
  func removedFile() throws {
    let folder = try Files.createPrivateFolder(
      under: FileManager.default.temporaryDirectory.path, prefix: "terrane-tests-")
    defer { try? Files.remove(folder) }
    let path = folder + "/lock"
    let file = try #require(try FileLock(path))
    let whole = try #require(try FileLock(folder: folder))
    #expect(file.isAt(path))
    try Files.remove(path)
    #expect(!file.isAt(path))
    let other = try #require(try FileLock(path))
    #expect(!file.isAt(path) && other.isAt(path))
    #expect(whole.isAt(folder))
    #expect(try FileLock(folder: folder) == nil)
    #expect(try FileLock.isHeld(folder))
  }
}
