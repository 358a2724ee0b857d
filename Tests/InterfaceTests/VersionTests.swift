// What `--version` says, and where it has it from.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Version") struct VersionTests {
  @Test("Both programs say the release and the commit they were built from") func programs() throws
  {
    let said = try terrane("--version").output
    #expect(said.hasPrefix("\(Release.version) (commit "))
    #expect(said.hasSuffix(")\n"))
    #expect(try ingest("--version").output == said)
  }

  @Test("A commit, changes since then, and the lack of either") func commits() throws {
    let folder = try TemporaryFolder()
    #expect(try commit(of: folder) == "unknown")
    let made = try run(
      "/bin/sh",
      [
        "-euc",
        """
        cd '\(folder.path)'
        git init --quiet
        echo text >file
        git add file
        git -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false \
          commit --quiet --message text
        git rev-parse --short=9 HEAD
        """,
      ])
    try #require(made.status == 0, "\(made.errors)")
    let hash = made.output.trimmingCharacters(in: .newlines)
    #expect(try commit(of: folder) == hash)
    try folder.write("other", to: "file")
    #expect(try commit(of: folder) == "\(hash) with changes")
    // Sources that were unpacked inside another project's repository.
    let inner = folder.file("inner")
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
    #expect(try commit(ofFolder: inner) == "unknown")
  }

  private func commit(of folder: TemporaryFolder) throws -> String {
    try commit(ofFolder: folder.path)
  }

  /// What scripts/write-commit writes about the sources in a folder.
  private func commit(ofFolder sources: String) throws -> String {
    let output = try TemporaryFolder()
    let outcome = try run(
      Repository.root + "/scripts/write-commit", [sources, output.path])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let text = try String(contentsOfFile: output.file("Release+Commit.swift"), encoding: .utf8)
    return try String(#require(text.split(separator: "\"").dropFirst().first))
  }
}
