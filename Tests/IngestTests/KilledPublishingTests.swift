// Runs that are killed while the finished dataset comes to its place, at each call that renames or
// removes something: the same command ends what they began.

import Basics
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Killed at the very end") struct KilledPublishingTests {
  private let setting: IngestCase
  private let library: String

  /// A library that comes before the C library's: it kills the process in place of its nth call
  /// that changes names.
  private static let source = """
    #define _GNU_SOURCE
    #include <signal.h>
    #include <stdatomic.h>
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    static void count(void) {
      static atomic_int calls;
      const char *last = getenv("KILLED_AT");
      if (last && atomic_fetch_add(&calls, 1) + 1 == atoi(last)) kill(getpid(), SIGKILL);
    }
    int rename(const char *from, const char *to) {
      count();
      return (int)syscall(SYS_rename, from, to);
    }
    int unlink(const char *path) {
      count();
      return (int)syscall(SYS_unlink, path);
    }
    int rmdir(const char *path) {
      count();
      return (int)syscall(SYS_rmdir, path);
    }
    """

  init() throws {
    setting = try IngestCase()
    library = setting.folder.file("scene-killer.so")
    try setting.folder.write(Self.source, to: "scene-killer.c")
    let made = try run(
      "/usr/bin/env",
      ["clang", "-shared", "-fPIC", "-o", library, setting.folder.file("scene-killer.c")])
    try #require(made.status == 0, "\(made.errors)")
  }

  /// Kills a command at its first, second, … such call, until it ends by itself, and each time
  /// expects that the same command then gives what a calm one gives.
  /// - Parameter prepare: makes what stands before the command.
  private func killEverywhere(
    _ more: [String], scenes: [String]? = nil, prepare: () throws -> Void
  ) throws {
    try prepare()
    let calm = try setting.ingest("out", more, scenes: scenes)
    try #require(calm.status == 0, "\(calm.errors)")
    let expected = try setting.contents("out")
    var kills = 0
    while kills < 200 {
      try prepare()
      let killed = try run(
        Repository.ingest, setting.arguments("out", more, scenes: scenes),
        environment: ["LD_PRELOAD": library, "KILLED_AT": "\(kills + 1)"])
      if killed.status == 0 { break }
      #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")
      kills += 1
      let outcome = try setting.ingest("out", more, scenes: scenes)
      #expect(outcome.status == 0, "call \(kills): \(outcome.errors)")
      #expect(try setting.contents("out") == expected, "call \(kills)")
      #expect(try setting.results() == ["kept", "out"], "call \(kills)")
    }
    #expect((8..<200).contains(kills))
  }

  /// Everything but the last stage, kept aside.
  private func keepWritten(_ more: [String], scenes: [String]? = nil) throws {
    for stage in ["scan", "plan", "write"] {
      let outcome = try setting.ingest("out", ["--stage", stage] + more, scenes: scenes)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    try Files.rename(setting.folder.file("out.partial"), to: setting.folder.file("kept"))
  }

  @Test("Where nothing stood before, and where an empty folder did")
  func created() throws {
    try keepWritten([])
    for isEmptyFolder in [false, true] {
      try killEverywhere([]) {
        try Files.remove(setting.folder.file("out"))
        if isEmptyFolder { try Files.createFolder(setting.folder.file("out")) }
        try setting.copy("kept", to: "out.partial")
      }
    }
  }

  @Test("From the very beginning of a run that does all stages")
  func fromTheBeginning() throws {
    try keepWritten([])
    try killEverywhere([]) { try Files.remove(setting.folder.file("out")) }
  }

  @Test("Where another dataset stood before")
  func overwritten() throws {
    #expect(try setting.ingest("out", scenes: [setting.scenes[0]]).status == 0)
    let old = setting.folder.file("scene-old")
    try setting.copy("out", to: "scene-old")
    try keepWritten(["--overwrite"])
    try killEverywhere(["--overwrite"]) {
      try Files.remove(setting.folder.file("out"))
      try FileManager.default.copyItem(atPath: old, toPath: setting.folder.file("out"))
      try setting.copy("kept", to: "out.partial")
    }
  }

  @Test("Where a dataset gets a new version")
  func added() throws {
    #expect(try setting.ingest("out", scenes: [setting.scenes[0]]).status == 0)
    try setting.copy("out", to: "scene-old")
    let new = [setting.scenes[1]]
    try keepWritten(["--add"], scenes: new)
    try killEverywhere(["--add"], scenes: new) {
      try setting.copy("scene-old", to: "out")
      try setting.copy("kept", to: "out.partial")
    }
    // Nor does another command take what was left for nothing.
    try setting.copy("scene-old", to: "out")
    try setting.copy("kept", to: "out.partial")
    let other = try setting.ingest("out", scenes: new)
    #expect(other.status == 1)
    #expect(other.errors.contains("exists and is not empty"), "\(other.errors)")
  }
}
