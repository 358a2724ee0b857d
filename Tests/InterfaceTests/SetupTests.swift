// How scripts/setup brings a Swift toolchain, with a tiny one from a mirror in a folder. Not here:
// a real one in a bare system, which scripts/test-setup does.

import Foundation
import TestSupport
import Testing

@Suite("Set-up", .enabled(if: Mirror.canBeMade, "needs gpg, gpg-agent and curl"))
struct SetupTests {
  @Test("A toolchain that the right key signed is installed, found, and not installed twice")
  func installs() throws {
    let mirror = try Mirror()
    let first = try mirror.setUp("install")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("setup: Swift 9.8.7 for "))
    #expect(first.output.contains("export PATH=\"\(mirror.toolchain)/usr/bin:$PATH\""))
    #expect(try mirror.setUp("find").output == "\(mirror.toolchain)/usr/bin\n")
    #expect(try mirror.installed() == ["swift-9.8.7"])
    let second = try mirror.setUp("install")
    #expect(second.status == 1)
    #expect(second.errors.contains("\(mirror.toolchain) exists"))
  }

  @Test("A download that broke off is gone on with") func resumes() throws {
    let mirror = try Mirror()
    try mirror.leaveIncomplete(try mirror.archiveBytes().prefix(100))
    #expect(try mirror.setUp("install").status == 0)
    #expect(try mirror.installed() == ["swift-9.8.7"])
  }

  @Test("Another key's signature is refused") func wrongKey() throws {
    let mirror = try Mirror()
    let outcome = try mirror.setUp("install", fingerprint: String(repeating: "A", count: 40))
    try mirror.expectRefusal(outcome)
  }

  @Test("An archive that is cut short is refused") func truncated() throws {
    let mirror = try Mirror()
    try mirror.replaceArchive(with: mirror.archiveBytes().dropLast())
    try mirror.expectRefusal(mirror.setUp("install"))
  }

  @Test("A signature of other bytes is refused") func changed() throws {
    let mirror = try Mirror()
    var bytes = try mirror.archiveBytes()
    bytes[bytes.count / 2] ^= 1
    try mirror.replaceArchive(with: bytes)
    try mirror.expectRefusal(mirror.setUp("install"))
  }

  @Test("A mirror without the archive is named, and nothing is installed") func missing() throws {
    let mirror = try Mirror()
    try FileManager.default.removeItem(atPath: mirror.archive)
    let outcome = try mirror.setUp("install")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("\(mirror.archive) could not be downloaded"))
    #expect(!FileManager.default.fileExists(atPath: mirror.toolchain))
  }

  @Test("A toolchain that does not work is not installed") func broken() throws {
    let mirror = try Mirror(swift: "echo 'library missing' >&2; exit 1")
    let outcome = try mirror.setUp("install")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("library missing"))
    #expect(outcome.errors.contains("does not work here"))
    #expect(try mirror.installed() == [])
  }
}

/// A folder laid out as swift.org, with a toolchain that is one script, and the place where it is
/// to go.
private final class Mirror {
  /// Whether the system has what the tests need: keys are made by an agent, and toolchains are for
  /// some systems only.
  static var canBeMade: Bool {
    let tools =
      "for t in gpg gpg-agent gpgconf curl; do command -v $t || exit 1; done; \(script) packages"
    return (try? run("/bin/sh", ["-c", tools]).status) == 0
  }
  private static let script = Repository.root + "/scripts/setup.d/swift"

  private let folder: TemporaryFolder
  private let fingerprint: String
  let archive: String
  var toolchain: String { folder.file("home/swift-9.8.7") }

  /// - Parameter swift: what `swift` does.
  init(swift: String = "echo 'Swift version 9.8.7 (swift-9.8.7-RELEASE)'") throws {
    folder = try TemporaryFolder()
    try folder.write("#!/bin/sh\n\(swift)\n", to: "swift")
    let making = try run(
      "/bin/bash",
      [
        "-euc",
        """
        cd '\(folder.path)'
        . /etc/os-release
        name=swift-9.8.7-RELEASE
        place=mirror/swift-9.8.7-release/$ID${VERSION_ID//./}/$name
        mkdir -p home "$place" "$name/usr/bin"
        install -m 755 swift "$name/usr/bin/swift"
        archive=$place/$name-$ID$VERSION_ID.tar.gz
        tar -czf "$archive" "$name"
        # The path of an agent's socket may not be long.
        keys=$(mktemp -d)
        trap 'gpgconf --homedir "$keys" --kill all; rm -rf "$keys"' EXIT
        gpg="gpg --homedir $keys --batch --quiet"
        $gpg --passphrase '' --quick-generate-key mirror ed25519 sign never 2>/dev/null
        $gpg --armor --export >keys.asc
        $gpg --detach-sign --output "$archive.sig" "$archive"
        echo "$PWD/$archive"
        $gpg --with-colons --list-keys | awk -F: '/^fpr/ {print $10; exit}'
        """,
      ])
    let lines = making.output.split(separator: "\n").map(String.init)
    try #require(making.status == 0 && lines.count == 2, "\(making.output)\(making.errors)")
    archive = lines[0]
    fingerprint = lines[1]
  }

  /// Runs scripts/setup.d/swift for this mirror, on a PATH that has no Swift.
  func setUp(_ command: String, fingerprint: String? = nil) throws -> Outcome {
    try run(
      Self.script, [command],
      environment: [
        "PATH": "/usr/bin:/bin", "TERRANE_SWIFT_VERSION": "9.8.7",
        "TERRANE_SWIFT_FOLDER": toolchain,
        "TERRANE_SWIFT_MIRROR": "file://" + folder.file("mirror"),
        "TERRANE_SWIFT_KEYS": "file://" + folder.file("keys.asc"),
        "TERRANE_SWIFT_FINGERPRINT": fingerprint ?? self.fingerprint,
      ])
  }

  /// What lies where toolchains go.
  func installed() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file("home")).sorted()
  }

  func archiveBytes() throws -> Data { try Data(contentsOf: URL(filePath: archive)) }

  func replaceArchive(with bytes: Data) throws { try bytes.write(to: URL(filePath: archive)) }

  /// Leaves the start of an archive as a download does that breaks off.
  func leaveIncomplete(_ bytes: Data) throws {
    let place = toolchain + ".incomplete"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try bytes.write(to: URL(filePath: place + "/toolchain.tar.gz"))
  }

  func expectRefusal(
    _ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(outcome.status == 1, sourceLocation: sourceLocation)
    #expect(
      outcome.errors.contains("was cut short or is not what the key"), "\(outcome.errors)",
      sourceLocation: sourceLocation)
    #expect(try installed() == [], sourceLocation: sourceLocation)
  }
}
