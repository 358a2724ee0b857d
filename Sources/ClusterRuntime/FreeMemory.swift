// What this process may still have: asking for more than that ends a process without a word.

import Basics
import Foundation
import TrainingRun

/// Bytes that can still be had, and what bounds them.
struct FreeMemory {
  let bytes: Int
  /// As the end of a sentence.
  let bound: String

  /// Looks at the narrowest of the bounds that the system tells of.
  /// - Parameters:
  ///   - needed: what is about to be used, at the least.
  ///   - isMapped: whether it has its addresses already, and no memory behind them yet.
  /// - Throws: `RunError` when that cannot be.
  static func check(for needed: Int, _ what: String, isMapped: Bool = false) throws {
    let bounds = [ofMachine(), ofControlGroup(), isMapped ? nil : ofAddressSpace()]
    guard let free = bounds.compactMap({ $0 }).min(by: { $0.bytes < $1.bytes }),
      needed > free.bytes
    else { return }
    throw RunError(
      description: "\(what) takes at least \(HumanFormat.bytes(needed)), and "
        + "\(HumanFormat.bytes(free.bytes)) are left \(free.bound); give it more, or use a smaller "
        + "model or fewer pairs a microbatch")
  }

  /// What the kernel can give without swapping.
  private static func ofMachine() -> FreeMemory? {
    value(of: "MemAvailable:", in: "/proc/meminfo").map {
      FreeMemory(bytes: $0 << 10, bound: "on this machine")
    }
  }

  private static func ofAddressSpace() -> FreeMemory? {
    guard let limit = ResourceLimit.addressSpace.value,
      let used = value(of: "VmSize:", in: "/proc/self/status")
    else { return nil }
    return FreeMemory(
      bytes: max(0, limit - used << 10),
      bound: "of the \(HumanFormat.bytes(limit)) of address space allowed here (ulimit -v)")
  }

  /// Of the group that a container, a scheduler or systemd has put this process into. Files that it keeps in memory
  /// give way.
  private static func ofControlGroup() -> FreeMemory? {
    let line = text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }
    guard let line else { return nil }
    let folder = "/sys/fs/cgroup" + line.dropFirst(3)
    guard let limit = Int(text(folder + "/memory.max").trimmingCharacters(in: .newlines)),
      let used = Int(text(folder + "/memory.current").trimmingCharacters(in: .newlines)),
      let files = value(of: "file", in: folder + "/memory.stat")
    else { return nil }
    return FreeMemory(
      bytes: max(0, limit - used + files),
      bound: "of the \(HumanFormat.bytes(limit)) of its control group (\(folder)/memory.max)")
  }

  /// The number behind a word at the start of a line.
  private static func value(of word: String, in path: String) -> Int? {
    for line in text(path).split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count > 1, words[0] == word { return Int(words[1]) }
    }
    return nil
  }

  /// Empty when it cannot be read. Files of the kernel claim to be empty, so this one is read to its end.
  private static func text(_ path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
  }
}
