// The segments of a journal as files: names and order.

import Basics

/// A folder of segments `after-00000050`, each of them the records of the steps after 50 up to
/// where the next segment begins: what stands behind that in the older one is void.
struct JournalFolder: Sendable {
  let path: String
  let files: any FileStore
  let format: JournalFormat

  private static let names = StepNames(prefix: "after-")

  func path(after step: Step) -> String { path + "/" + Self.names.name(of: step) }

  /// The steps that segments come after, oldest first; none when there is no folder.
  func segments() throws(FileError) -> [Step] {
    guard files.exists(path) else { return [] }
    return try files.list(path).compactMap(Self.names.step).sorted()
  }

  func segment(after step: Step) throws -> JournalSegment {
    let path = path(after: step)
    let file = try files.contents(of: path)
    let start = try file.withBytes { bytes in
      try format.recordsStart(in: bytes, after: step, path: path)
    }
    return JournalSegment(after: step, file: file, format: format, recordsStart: start)
  }
}
