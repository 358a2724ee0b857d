// The files between the stages: where they lie and what they are called. All are in OUT.partial and
// gone when the dataset is whole. A file of a finished piece of work appears whole or not at all,
// so that what is there need not be done again.

import Basics
import Foundation

/// OUT.partial, in which a dataset is made.
struct WorkFolder {
  let path: String

  init(_ path: String) { self.path = path }

  static let requestName = "ingest.json"
  static let workName = "work"

  /// What the run was asked for.
  var request: String { path + "/" + Self.requestName }
  /// Everything that is not part of the dataset.
  private var work: String { path + "/" + Self.workName }
  /// The scenes with what is known without their pixels, a line each.
  var scenes: String { work + "/scenes.jsonl" }
  /// Which shards there are to be.
  var plan: String { work + "/plan.json" }
  /// The chips of each of them.
  var planSections: String { work + "/plan.sections" }

  /// What scanning a batch of scenes found: the last of the batch's files to appear.
  func report(_ batch: Int) -> String { file("scan", batch, "json") }
  /// A record a chip.
  func table(_ batch: Int) -> String { file("scan", batch, "table") }
  /// The chips' payloads.
  func spool(_ batch: Int) -> String { file("scan", batch, "payloads") }
  /// Statistics of a shard's chips: there when the shard is whole.
  func statistics(_ shard: String) -> String { work + "/write/" + shard + ".statistics" }
  func shard(_ name: String) -> String { path + "/" + name }
  /// Held by the process that works on a part of a stage.
  func lock(_ stage: String, _ part: StagePart) -> String {
    work + "/\(stage)-\(part.index + 1)-of-\(part.count).lock"
  }

  private func file(_ folder: String, _ number: Int, _ kind: String) -> String {
    work + "/\(folder)/" + number.zeroPadded(to: 6) + "." + kind
  }

  func createFolders() throws {
    for folder in ["scan", "write"] { try Files.createFolder(work + "/" + folder) }
  }

  /// Removes everything that is not part of the dataset, but the request: until the dataset is in
  /// its place, that says whose it is.
  func removeWork() throws { try Files.remove(work) }

  /// Decodes a file that a stage left.
  /// - Throws: `IngestError.damagedWork`.
  static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    do {
      let text = try Files.readText(path, limitBytes: 4 << 30)
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw IngestError.damagedWork(path: path, what: error.summary)
    }
  }
}
