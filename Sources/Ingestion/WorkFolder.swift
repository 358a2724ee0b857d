// The files between the stages: where they lie and what they are called. All are in OUT.partial and
// gone when the dataset is whole. A file of a finished piece of work appears whole or not at all,
// so that what is there need not be done again, and has a seal, so that nothing is made of what has
// changed since.

import Basics
import Foundation

/// OUT.partial, in which a dataset is made.
struct WorkFolder {
  let path: String
  /// Whether the disk is waited for when a stage leaves a file: where other processes go on from
  /// it, perhaps on other machines. One process that does all stages looks at what an earlier one
  /// left before it goes on from that, and waits for the disk once, before the dataset is whole.
  let isDurable: Bool

  init(_ path: String, isDurable: Bool = true) {
    self.path = path
    self.isDurable = isDurable
  }

  static let requestName = "ingest.json"
  static let wholeName = "whole.json"
  static let workName = "work"

  /// What the run was asked for.
  var request: String { path + "/" + Self.requestName }
  /// That everything of the dataset is there: the last file to appear.
  var whole: String { path + "/" + Self.wholeName }
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
    try Files.createFolder(Files.parent(of: path))
    for folder in [path, work, work + "/scan", work + "/write"] {
      if isDurable { try Files.createFolder(folder) } else { try Files.createFolderSoon(folder) }
    }
  }

  /// Removes everything that is not part of the dataset, but the request: until the dataset is in
  /// its place, that says whose it is.
  func removeWork() throws { try Files.remove(work) }

  /// Writes a value on a line.
  /// - Parameter isDurable: whether the disk is waited for.
  static func encode(
    _ value: some Encodable, to path: String, isDurable: Bool
  ) throws {
    try SealedFile.write(
      try JSONText.encode(value, .line) + "\n", to: path, isDurable: isDurable)
  }

  /// Decodes a file that a stage left.
  /// - Throws: `IngestError.damagedWork`, `FileError`.
  static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    try withContent(of: path) { try JSONDecoder().decode(type, from: Data($0)) }
  }

  /// Lends what a stage wrote.
  /// - Throws: `IngestError.damagedWork` for a file that is not as it was written or not there, and
  ///   for what `body` does not understand; `FileError`.
  static func withContent<Result>(
    of path: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    do {
      return try SealedFile.withContent(of: path, body)
    } catch let error as SealedFile.BrokenSeal {
      throw IngestError.damagedWork(path: path, what: "\(error)")
    } catch let error as FileError where error.isMissing {
      throw IngestError.damagedWork(path: path, what: "it is missing")
    } catch let error as DecodingError {
      throw IngestError.damagedWork(path: path, what: error.summary)
    } catch is LittleEndianReader.Exhausted {
      throw IngestError.damagedWork(path: path, what: "it is too short")
    }
  }
}
