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
  /// - Parameter option: that named the file, for errors.
  package init(
    fileAt path: String, option: String = "--http-token-file"
  ) throws(ServingError) {
    func unfit(_ reason: String) -> ServingError {
      .unfitTokenFile(path, option: option, reason: reason)
    }
    let text: [UInt8]
    do {
      // Opened once: what is looked at is what is read.
      let file = try FileReader(path)
      let ownership = try file.ownership()
      guard ownership.isOurs && ownership.mode & 0o077 == 0 else {
        throw unfit(
          "others may read it; take that away by chmod 600 \(path.shellWord), as its owner, or "
            + "name a copy made by install -m 600")
      }
      // A folder is an error here.
      _ = try file.stamp()
      text = try file.bytes(at: 0, count: Self.limitBytes)
    } catch let error as ServingError {
      throw error
    } catch let error as FileError where error.isMissing {
      throw unfit(
        "there is no such file; make one by (umask 077; head -c 24 /dev/urandom | base64 | "
          + "tr +/ -_ > \(path.shellWord))")
    } catch {
      throw unfit("\(error)")
    }
    bytes = Array(text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    guard Self.lengths.contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else {
      throw unfit(
        "its first line is not a token: 16 to 256 letters, digits or -._~+/= are one")
    }
  }

  /// As a program shows it: the value of the header `Authorization`.
  var authorization: String { "Bearer " + String(decoding: bytes, as: UTF8.self) }

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
