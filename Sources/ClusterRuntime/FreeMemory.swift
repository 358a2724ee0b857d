// What this machine has left: asking for more than that ends a process without a word.

import Foundation
import Foundations

enum FreeMemory {
  /// Bytes that the kernel can give without swapping; nil where it does not say.
  static var bytes: Int? {
    guard let file = FileHandle(forReadingAtPath: "/proc/meminfo") else { return nil }
    defer { try? file.close() }
    // Files of /proc claim to be empty, so this one is read to its end.
    let text = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    let words = line?.split(separator: " ") ?? []
    return words.count > 1 ? Int(words[1]).map { $0 << 10 } : nil
  }

  /// - Parameter needed: what is about to be allocated, at the least.
  /// - Throws: `RunError` when that cannot be.
  static func check(for needed: Int, _ what: String) throws {
    guard let bytes, needed > bytes else { return }
    throw RunError(
      description: "\(what) takes at least \(HumanFormat.bytes(needed)), and this machine has "
        + "\(HumanFormat.bytes(bytes)) of memory left; use a machine with more, or a smaller model")
  }
}
