// A run's folder where the file system knows no locks.

import Basics
import TestSupport
import Testing
import TrainingRun

@Suite("A name instead of a lock") struct LockNameTests {
  private let folder: TemporaryFolder
  private let times = LockName.Times(interval: .milliseconds(20), lapse: .milliseconds(400))

  init() throws { folder = try TemporaryFolder() }

  private func claim(_ holder: String) throws -> LockName? {
    try LockName(folder.file("lock"), holder: holder, times: times)
  }

  @Test("Who lives keeps others away, a removed file included; who is gone does not")
  func holder() throws {
    let path = folder.file("lock")
    var first = try claim("first")
    try withExtendedLifetime(#require(first)) {
      #expect(try Files.readText(path).hasPrefix("first, "))
      #expect(try claim("second") == nil)
      try Files.remove(path)
      try wait(for: "the file to be back") { Files.exists(path) }
      #expect(try claim("third") == nil)
    }
    first = nil
    #expect(!Files.exists(path))
    // Somebody's whose machine has lost its power.
    try folder.write("dead, 1\n", to: "lock")
    #expect(try claim("fourth") != nil)
  }

  @Test("Who was away for too long finds the file taken, and leaves it alone")
  func taken() throws {
    let first = try #require(try claim("first"))
    #expect(!first.isTaken)
    try wait(for: "the loss") {
      try folder.write("second, 2\n", to: "lock")
      return first.isTaken
    }
    #expect(try Files.readText(folder.file("lock")) == "second, 2\n")
  }

  @Test("Of two that begin at once, one holds it")
  func race() throws {
    let claims = BlockingQueue<Bool>(capacity: 8)
    let ended = BlockingQueue<Bool>(capacity: 8)
    for number in 0..<2 {
      try SystemThread("claim") {
        let name = try? claim("claimant \(number)")
        claims.send(name != nil)
        // Nobody leaves before both know.
        withExtendedLifetime(name) { _ = ended.receive(timeout: patience) }
      }.detach()
    }
    let held = (0..<2).compactMap { _ in claims.receive(timeout: patience) }
    for _ in 0..<2 { ended.send(true) }
    #expect(held.filter(\.self).count == 1, "\(held)")
  }
}
