// The secret that a browser or a program shows before it is told of a run.

import Basics

/// A word of 16 to 256 letters, digits and `-._~+/=`. Never printed.
package struct AccessToken: Sendable {
  private let bytes: [UInt8]

  private static let lengths = 16...256
  private static let signs = Set("-._~+/=".utf8)
  private static let limitBytes = 1 << 10

  /// Reads it from a file that nobody else may read.
  /// - Throws: `ServingError.unfitTokenFile`.
  package init(fileAt path: String) throws(ServingError) {
    let text: String
    do {
      guard Files.isRegular(path) else {
        throw ServingError.unfitTokenFile(
          path,
          reason: "there is no such file; make one by (umask 077; head -c 24 /dev/urandom | "
            + "base64 | tr +/ -_ > \(path.shellWord))")
      }
      let ownership = try FileReader(path).ownership()
      guard ownership.isOurs && ownership.mode & 0o077 == 0 else {
        throw ServingError.unfitTokenFile(
          path,
          reason: "others may read it; take that away by chmod 600 \(path.shellWord), as its "
            + "owner")
      }
      text = try Files.readText(path, limitBytes: Self.limitBytes)
    } catch let error as ServingError {
      throw error
    } catch {
      throw .unfitTokenFile(path, reason: "\(error)")
    }
    let word = Array(text.utf8.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    guard Self.lengths.contains(word.count), word.allSatisfy(Self.isAllowed) else {
      throw .unfitTokenFile(
        path, reason: "its first line is not a token: 16 to 256 letters, digits or -._~+/= are one")
    }
    bytes = word
  }

  /// In a time that does not tell where the two differ.
  package func isEqual(to text: some StringProtocol) -> Bool {
    let other = Array(text.utf8)
    var difference = other.count ^ bytes.count
    for (place, byte) in bytes.enumerated() {
      difference |= Int(byte ^ (place < other.count ? other[place] : 0))
    }
    return difference == 0
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    signs.contains(byte) || Character(UnicodeScalar(byte)).isLetter && byte < 0x80
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
