// A small ingestion that tests damage, kill and starve: two scenes, a few shards.

import Basics
import Foundation
import TestSupport
import Testing

/// Scenes in a folder, commands on them, and the bytes that come of a calm run.
struct IngestCase {
  let folder: TemporaryFolder
  let scenes: [String]
  private static let options = [
    "--chip-side", "16", "--stride", "12", "--chips-per-shard", "24", "--threads", "2",
  ]

  init(sceneCount: Int = 2) throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    scenes = try (0..<sceneCount).map { number in
      var scene = SyntheticScene(width: 60 + 9 * number, height: 100, type: .uint16, nodata: 3)
      scene.left += Double(number) * 500
      scene.value = { band, row, column in
        Double((band * 7919 + row * 104_729 + column * 1_299_709 + number) % 251)
      }
      return try scene.write("scene-\(number)", in: folder)
    }
  }

  func arguments(_ out: String, _ more: [String] = [], scenes: [String]? = nil) -> [String] {
    let isAddition = more.contains("--add")
    return [folder.file(out)] + (scenes ?? self.scenes) + (isAddition ? [] : Self.options) + more
  }

  func ingest(_ out: String, _ more: [String] = [], scenes: [String]? = nil) throws -> Outcome {
    try run(Repository.ingest, arguments(out, more, scenes: scenes))
  }

  /// Runs under limits that a shell sets first.
  func ingest(_ out: String, after shell: String, _ more: [String] = []) throws -> Outcome {
    try run(
      "/bin/bash",
      ["-c", "\(shell); exec \"$0\" \"$@\"", Repository.ingest] + arguments(out, more))
  }

  /// The bytes of all files of a folder, by their paths in it.
  func contents(_ name: String) throws -> [String: Data] {
    let root = folder.file(name)
    var result: [String: Data] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: root)
    where !Files.isFolder(root + "/" + file) {
      result[file] = try Data(contentsOf: URL(fileURLWithPath: root + "/" + file))
    }
    return result
  }

  func copy(_ name: String, to other: String) throws {
    try Files.remove(folder.file(other))
    try FileManager.default.copyItem(atPath: folder.file(name), toPath: folder.file(other))
  }

  /// What is in the folder besides scenes.
  func results() throws -> [String] { try folder.names().filter { !$0.hasPrefix("scene") } }
}
