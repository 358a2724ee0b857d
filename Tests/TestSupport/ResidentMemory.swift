// How much memory a process has, as the kernel counts it.

import Foundation

package enum ResidentMemory {
  /// Bytes of a process that lie in memory; this process without a number. Nil when it has ended.
  package static func bytes(of process: Int32? = nil) -> Int? { value("VmRSS:", of: process) }

  /// The most that a process ever had.
  package static func peakBytes(of process: Int32? = nil) -> Int? { value("VmHWM:", of: process) }

  private static func value(_ name: String, of process: Int32?) -> Int? {
    let path = "/proc/\(process.map(String.init) ?? "self")/status"
    // Files of /proc claim to be empty, so this one is read to its end.
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    let text = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    let words = line?.split(whereSeparator: \.isWhitespace) ?? []
    return words.count > 1 ? Int(words[1]).map { $0 << 10 } : nil
  }
}
