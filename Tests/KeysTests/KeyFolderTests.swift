// Files of keys: what is made, what is taken, and what is refused with a reason.

import Basics
import Foundation
import Keys
import TestSupport
import Testing
import Transport

@Suite("Folders of keys") struct KeyFolderTests {
  let folder: TemporaryFolder
  let keys: KeyFolder

  init() throws {
    folder = try TemporaryFolder()
    keys = KeyFolder(folder.path + "/keys")
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch {
      return "\(error)"
    }
  }

  @Test("Both sides come to the same keys, and the secrets are for their owner's eyes")
  func made() throws {
    #expect(try keys.make(workers: ["alice", "node-1.b"]))
    let coordinator = try keys.coordinatorKey()
    let alice = try WorkerKey(file: keys.workerPath("alice"))
    #expect(alice.name == "alice" && alice.coordinator == coordinator.publicKey)
    let bob = try WorkerKey(file: keys.workerPath("node-1.b"))
    #expect(
      try keys.admitted().names == [
        alice.secret.publicKey: "alice", bob.secret.publicKey: "node-1.b",
      ])
    for path in [keys.path + "/coordinator.key", keys.workerPath("alice")] {
      #expect(try mode(path) == 0o600)
    }
  }

  @Test("Keys that are added leave the others as they are; a name that is taken is refused")
  func added() throws {
    _ = try keys.make(workers: ["alice"])
    let coordinator = try keys.coordinatorKey().publicKey
    #expect(try keys.make(workers: ["bob"]) == false)
    #expect(try keys.coordinatorKey().publicKey == coordinator)
    #expect(Set(try keys.admitted().names.values) == ["alice", "bob"])
    let text = message { _ = try keys.make(workers: ["carol", "alice"]) }
    #expect(text.contains("there is a key of alice already"), "\(text)")
    #expect(!Files.exists(keys.workerPath("carol")))
  }

  @Test("Workers' keys without the coordinator's, and a folder that others write to, are refused")
  func unsafeFolders() throws {
    _ = try keys.make(workers: ["alice"])
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: keys.path + "/admitted")
    #expect(message { _ = try keys.admitted() }.hasSuffix("chmod go-w \(keys.path)/admitted"))
    try Files.remove(keys.path + "/coordinator.key")
    #expect(message { _ = try keys.make(workers: ["bob"]) }.contains("is missing"))
    #expect(
      message { _ = try KeyFolder(keys.workerPath("alice")).coordinatorKey() }.contains("is a file")
    )
  }

  @Test("A name that is there twice is refused before anything is made")
  func twice() throws {
    #expect(message { _ = try keys.make(workers: ["a", "a"]) }.contains("named twice"))
    #expect(!Files.exists(keys.path))
  }

  @Test("Keys that are all gone, as when a disk is away, are an error and not nobody")
  func away() throws {
    _ = try keys.make(workers: ["alice"])
    try Files.remove(keys.path)
    #expect(message { _ = try keys.admitted() }.contains("No such file"))
  }

  @Test(
    "What cannot name a key",
    arguments: ["", ".", "..", "a/b", "-x", "a b", "é", "a\n", "a.key", "a.pub", "coordinator"])
  func names(name: String) throws {
    #expect(message { _ = try keys.make(workers: [name]) }.contains("cannot name a key"))
    #expect(!Files.exists(keys.path))
  }

  @Test("A secret that others can read is refused, with what to do")
  func open() throws {
    _ = try keys.make(workers: ["alice"])
    let path = keys.workerPath("alice")
    for mode in [0o640, 0o604, 0o660, 0o610] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      let text = message { _ = try WorkerKey(file: path) }
      #expect(text.hasSuffix("keep it to yourself with: chmod 600 \(path)"), "\(text)")
    }
  }

  @Test("The wrong file, a folder, a damaged file and none at all are told apart")
  func wrong() throws {
    _ = try keys.make(workers: ["alice"])
    #expect(
      message { _ = try WorkerKey(file: keys.path + "/coordinator.key") }
        .hasSuffix("is a coordinator's secret key; here a worker's secret key is needed"))
    #expect(message { _ = try WorkerKey(file: keys.path) }.contains("workers/NAME.key"))
    #expect(message { _ = try WorkerKey(file: keys.path + "/none") }.contains("No such file"))
    #expect(
      message { _ = try KeyFolder(folder.path).coordinatorKey() }
        .contains("make keys with: terrane keys"))
    let path = keys.workerPath("alice")
    let text = try Files.readText(path)
    for damaged in [
      "", "{}", "\u{0}", String(text.dropLast(20)), text.replacing("secretKey", with: "secret"),
      text.replacing(#""name" : "alice""#, with: #""name" : "../x""#),
      // Another secret under the same public key.
      try text.replacing(
        WorkerKey(file: path).secret.secretText, with: SecretKey.generate().secretText),
    ] {
      try Files.writeDurably(to: path, isPrivate: true) { try $0.write(Array(damaged.utf8)) }
      #expect(
        message { _ = try WorkerKey(file: path) }.contains("is not a file of keys"), "\(damaged)")
    }
  }

  @Test("A public key in the place of a worker's secret one is told as what it is")
  func publicForSecret() throws {
    _ = try keys.make(workers: ["alice"])
    #expect(
      message { _ = try WorkerKey(file: keys.admissionPath("alice")) }
        == "\(keys.admissionPath("alice")) is a public key, which the coordinator keeps; a worker "
        + "needs its secret one, such as \(keys.workerPath("alice"))")
    let alone = folder.file("bob.pub")
    try FileManager.default.copyItem(atPath: keys.admissionPath("alice"), toPath: alone)
    #expect(message { _ = try WorkerKey(file: alone) }.hasSuffix("such as workers/bob.key"))
  }

  @Test("A file that admits nobody is told and costs the others nothing")
  func faults() throws {
    _ = try keys.make(workers: ["alice"])
    let names = try keys.admitted().names
    let key = try #require(names.keys.first)
    for (file, text) in [("junk.pub", "junk"), ("zoe.pub", "\(key)"), ("b d.pub", "\(key)")] {
      try Files.writeDurably(text, to: "\(keys.path)/admitted/\(file)")
    }
    try Files.writeDurably("", to: "\(keys.path)/admitted/README")
    let admitted = try keys.admitted()
    #expect(admitted.names == names)
    #expect(admitted.faults.count == 3, "\(admitted.faults)")
    try Files.remove(keys.path + "/admitted")
    let none = try keys.admitted()
    #expect(none.names.isEmpty && none.faults.isEmpty)
  }

  @Test("A secret says nothing of itself in a text")
  func silent() throws {
    let key = try SecretKey.generate()
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains(key.secretText), "\(text)")
    }
    #expect(SecretKey(key.secretText)?.publicKey == key.publicKey)
    #expect(PublicKey("\(key.publicKey)") == key.publicKey)
    #expect(PublicKey(String("\(key.publicKey)".dropLast())) == nil)
  }
}
