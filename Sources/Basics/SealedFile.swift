// Files that say themselves whether they are as they were written: what comes between two processes
// and is no format of its own. Not for what others read: nothing but this strips the seal.

/// A file with a seal at its end: a line with the digest of all bytes before it. It appears whole
/// or not at all.
package enum SealedFile {
  /// Why a file is not as it was written.
  package struct BrokenSeal: Error, Equatable, CustomStringConvertible {
    /// In words that follow "it".
    package let what: String

    package var description: String { "it \(what)" }
  }

  /// The digits of a digest and the end of the line.
  private static let sealBytes = 33

  /// Writes a file as `Files.writeDurably` does, and its seal.
  /// - Parameter isDurable: whether the disk is waited for; else as `Files.writeSoon`.
  /// - Throws: `FileError`.
  package static func write(_ bytes: [UInt8], to path: String, isDurable: Bool = true) throws {
    let digest = bytes.withUnsafeBytes { Digest(of: $0) }
    func writeAll(_ file: FileWriter) throws {
      try file.write(bytes)
      try file.write(Array("\(digest)\n".utf8))
    }
    if isDurable {
      try Files.writeDurably(to: path, writeAll)
    } else {
      try Files.writeSoon(to: path, writeAll)
    }
  }

  /// Writes a text.
  /// - Throws: `FileError`.
  package static func write(_ text: String, to path: String, isDurable: Bool = true) throws {
    try write(Array(text.utf8), to: path, isDurable: isDurable)
  }

  /// Lends what was written, without the seal.
  /// - Throws: `BrokenSeal`, `FileError`; what `body` throws.
  package static func withContent<Result>(
    of path: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try MappedFile(path).withBytes { bytes in
      guard bytes.count > 0 else { throw BrokenSeal(what: "is empty") }
      let end = bytes.count - sealBytes
      guard end >= 0 else { throw BrokenSeal(what: "is cut off") }
      let content = UnsafeRawBufferPointer(rebasing: bytes[..<end])
      let seal = String(decoding: bytes[end...], as: UTF8.self)
      guard seal == "\(Digest(of: content))\n" else {
        throw BrokenSeal(what: "does not end with the digest of what it holds")
      }
      return try body(content)
    }
  }
}
