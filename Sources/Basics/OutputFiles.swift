// The files that a command is to make: asked about before anything is computed for them, and kept
// from other processes until they are there.

/// A file of a command's.
package struct OutputFile: Hashable, Sendable {
  /// How the user names it, for example "--map".
  package let option: String
  package let path: String

  package init(_ option: String, _ path: String) {
    self.option = option
    self.path = path
  }

  /// Whether it can be made.
  /// - Parameter overwrites: whether one that is there is replaced.
  /// - Throws: `OutputError`.
  package func check(overwrites: Bool) throws(OutputError) {
    if path.isEmpty { throw .noName(option: option) }
    if Files.isFolder(path) { throw .isAFolder(path: path) }
    let folder = Files.parent(of: path)
    guard Files.isFolder(folder) else { throw .noFolder(path: path, folder: folder) }
    if Files.exists(path) && !overwrites { throw .exists(path: path) }
  }

  /// Whether its name says what it is made as.
  /// - Parameters:
  ///   - endings: lower-case, the usual one first.
  ///   - kind: of file: "a GeoTIFF".
  /// - Throws: `OutputError.otherEnding`.
  package func check(endsIn endings: [String], as kind: String) throws(OutputError) {
    let name = Files.name(of: path).lowercased()
    guard endings.contains(where: { name.hasSuffix($0) && name != $0 }) else {
      throw .otherEnding(option: option, path: path, kind: kind, ending: endings[0])
    }
  }

  /// Files are apart from each other and from what is read, by whatever names.
  /// - Parameter sources: paths, or other names of what is read.
  /// - Throws: `OutputError`.
  package static func checkApart(
    _ files: [OutputFile], from sources: [String]
  ) throws(OutputError) {
    let read = Set(sources.map(Files.resolved))
    var taken: Set<String> = []
    for file in files {
      if file.path.isEmpty { throw .noName(option: file.option) }
      let place = Files.resolved(file.path)
      if read.contains(place) { throw .isRead(path: file.path) }
      guard taken.insert(place).inserted else { throw .isNamedTwice(path: file.path) }
    }
  }
}

/// Files that this process alone makes, for as long as this lives.
package struct OutputClaim: Sendable {
  private let locks: [OutputLock]

  /// - Throws: `OutputError`, `FileError`.
  package init(_ files: [OutputFile], overwrites: Bool) throws {
    for file in files { try file.check(overwrites: overwrites) }
    locks = try files.map { try OutputLock($0.path) }
  }
}
