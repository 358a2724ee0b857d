// Runs that lack room on the disk, memory or permissions: they say which, and go on once they have
// it.

import Basics
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Starved runs") struct StarvedTests {
  private let setting: IngestCase

  init() throws { setting = try IngestCase() }

  private func expectWhole(_ what: String) throws {
    let outcome = try setting.ingest("out")
    #expect(outcome.status == 0, "\(what): \(outcome.errors)")
    let expected = try setting.contents("calm")
    #expect(try setting.contents("out") == expected, "\(what)")
    #expect(try setting.results() == ["calm", "out"], "\(what)")
  }

  @Test("A limit on the size of files is named, and without it the same command goes on")
  func fileSizes() throws {
    #expect(try setting.ingest("calm").status == 0)
    let largest = try setting.contents("calm").values.map(\.count).max() ?? 0
    for kibibytes in [1, 8, largest / 1024 - 1] {
      try Files.remove(setting.folder.file("out"))
      let outcome = try setting.ingest("out", after: "ulimit -f \(kibibytes)")
      #expect(outcome.status == 1, "\(kibibytes) KiB: \(outcome.errors)")
      #expect(
        outcome.errors.contains("cannot write to \(setting.folder.file("out.partial"))")
          && outcome.errors.contains("raise that limit"), "\(outcome.errors)")
      #expect(!Files.exists(setting.folder.file("out")))
      try expectWhole("\(kibibytes) KiB")
    }
  }

  @Test("A limit on address space that is too low is named before anything is done")
  func addressSpace() throws {
    for kibibytes in [400_000, 600_000] {
      let outcome = try setting.ingest("out", after: "ulimit -v \(kibibytes)")
      #expect(outcome.status == 1, "\(outcome.errors)")
      #expect(
        outcome.errors.contains("2 threads may need 512 MiB more of address space")
          && outcome.errors.contains("(ulimit -v). Raise that limit, or lower --threads"),
        "\(outcome.errors)")
      #expect(try setting.results() == [])
    }
    #expect(try setting.ingest("out", after: "ulimit -v 4000000").status == 0)
  }

  @Test("Chips that are too large for the address space are said, and nothing traps")
  func largeChips() throws {
    try MadeRasters.make(
      in: setting.folder,
      """
      with open('scene-raw', 'wb') as file: file.truncate(8192 * 8192 * 4)
      open('scene-raw.hdr', 'w').write('ENVI\\nsamples = 8192\\nlines = 8192\\nbands = 1\\n'
          'data type = 4\\ninterleave = bsq\\nbyte order = 0\\n'
          'map info = {UTM, 1, 1, 500000, 5002560, 10, 10, 33, North, WGS-84}\\n')
      """)
    let outcome = try run(
      "/bin/bash",
      [
        "-c", "ulimit -v 1400000; exec \"$0\" \"$@\"", Repository.ingest,
        setting.folder.file("out"), setting.folder.file("scene-raw"), "--chip-side", "8192",
        "--threads", "1",
      ])
    #expect(outcome.status == 1, "\(outcome.errors)")
    #expect(
      outcome.errors.contains("Error: there is no memory for a buffer of ")
        && outcome.errors.contains("(ulimit -v); raise that limit"), "\(outcome.errors)")
  }

  private static let canMount =
    (try? run("/usr/bin/env", ["unshare", "-m", "true"]))?.status == 0

  @Test(
    "A disk that is full at any moment is named, and with more room the same command goes on",
    .enabled(if: canMount))
  func fullDisk() throws {
    #expect(try setting.ingest("calm").status == 0)
    let expected = try setting.contents("calm")
    let disk = setting.folder.file("scene-disk")
    try Files.createFolder(disk)
    let script = """
      mount -t tmpfs -o size=$SIZE none \(disk)
      "$0" "$@"; echo "status $?" >&2
      mount -o remount,size=64m \(disk)
      "$0" "$@" && cp -r \(disk)/out \(setting.folder.file("out"))
      """
    var failures = 0
    for kibibytes in stride(from: 12, through: 240, by: 19) {
      try Files.remove(setting.folder.file("out"))
      let outcome = try run(
        "/usr/bin/env",
        ["unshare", "-m", "/bin/bash", "-c", script, Repository.ingest]
          + setting.arguments("scene-disk/out"), environment: ["SIZE": "\(kibibytes)k"])
      if outcome.errors.contains("status 1") {
        failures += 1
        #expect(outcome.errors.contains("free some space"), "\(kibibytes): \(outcome.errors)")
      } else {
        #expect(outcome.errors.contains("status 0"), "\(kibibytes): \(outcome.errors)")
      }
      #expect(outcome.status == 0 || outcome.errors.contains("exists and is not empty"))
      if outcome.status == 0 { #expect(try setting.contents("out") == expected) }
    }
    #expect(failures > 2)
  }

  /// Runs without root's permissions.
  private func withoutRoot(_ arguments: [String]) throws -> Outcome {
    let program = setting.folder.file("scene-program")
    if !Files.exists(program) {
      try FileManager.default.copyItem(atPath: Repository.ingest, toPath: program)
      chmod(setting.folder.path, 0o777)
    }
    if getuid() != 0 { return try run(program, arguments) }
    return try run(
      "/usr/bin/env",
      ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program] + arguments)
  }

  @Test("Folders and files that may not be read, and an output that may not be written, are named")
  func permissions() throws {
    let (folder, scene) = (setting.folder, setting.scenes[0])
    try Files.createFolder(folder.file("scenes/closed"))
    for name in ["scene-0", "scene-0.hdr", "scene-1", "scene-1.hdr"] {
      try FileManager.default.copyItem(
        atPath: folder.file(name), toPath: folder.file("scenes/\(name)"))
    }
    chmod(folder.file("scenes/closed"), 0)
    let out = folder.file("out")
    let options = ["--chip-side", "16"]
    let closed = try withoutRoot([out, folder.file("scenes")] + options)
    #expect(closed.status == 1)
    #expect(
      closed.errors.contains(
        "cannot read \(folder.file("scenes/closed")): its files cannot be listed: Permission denied"
      ),
      "\(closed.errors)")

    chmod(scene, 0)
    let unreadable = try withoutRoot([out, scene] + options)
    #expect(unreadable.status == 1)
    #expect(unreadable.errors.contains("cannot read \(scene): "), "\(unreadable.errors)")
    #expect(unreadable.errors.contains("Permission denied"), "\(unreadable.errors)")

    try Files.createFolder(folder.file("locked"))
    chmod(folder.file("locked"), 0o555)
    let locked = try withoutRoot([folder.file("locked/out"), setting.scenes[1]] + options)
    #expect(locked.status == 1)
    #expect(
      locked.errors.contains("cannot create folder \(folder.file("locked/out.partial."))"),
      "\(locked.errors)")
    #expect(locked.errors.contains("Permission denied"), "\(locked.errors)")
    chmod(folder.file("scenes/closed"), 0o755)
  }
}
