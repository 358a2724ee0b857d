// What this process may still have: asking for more than that ends a process without a word.

import Basics
import Foundation
import TrainingRun

/// Bytes that can still be had, and what bounds them.
package struct FreeMemory {
  package let bytes: Int
  /// As the end of a sentence.
  package let bound: String

  /// Looks at the narrowest of the bounds that the system tells of.
  /// - Parameters:
  ///   - needed: what is about to be used, at the least.
  ///   - isMapped: whether it has its addresses already, and no memory behind them yet.
  /// - Throws: `RunError` when that cannot be.
  static func check(for needed: Int, _ what: String, isMapped: Bool = false) throws {
    let group = ofControlGroup(membership: text("/proc/self/cgroup"), root: "/sys/fs/cgroup")
    let bounds = [ofMachine(), group, isMapped ? nil : ofAddressSpace()]
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

  /// Of the groups that a container, a scheduler or systemd has put this process into: each bounds
  /// all that are within it, so the narrowest counts, wherever on the way to the root it stands.
  /// Files that can be read again give way; those that lie in memory alone (tmpfs) do not, and the
  /// kernel does not count them among the two kinds asked for.
  /// - Parameters:
  ///   - membership: what `/proc/self/cgroup` says.
  ///   - root: where the groups are mounted.
  package static func ofControlGroup(membership: String, root: String) -> FreeMemory? {
    let line = membership.split(separator: "\n").first { $0.hasPrefix("0::/") }
    guard let names = line?.dropFirst(4).split(separator: "/"), !names.contains("..") else {
      return nil
    }
    let folders = (0...names.count).map { ([root] + names.prefix($0).map(String.init)) }
    return folders.compactMap { ofControlGroup(at: $0.joined(separator: "/")) }
      .min { $0.bytes < $1.bytes }
  }

  /// Nil for a group without a bound.
  private static func ofControlGroup(at folder: String) -> FreeMemory? {
    guard let limit = Int(text(folder + "/memory.max").trimmingCharacters(in: .newlines)),
      let used = Int(text(folder + "/memory.current").trimmingCharacters(in: .newlines)),
      let active = value(of: "active_file", in: folder + "/memory.stat"),
      let inactive = value(of: "inactive_file", in: folder + "/memory.stat")
    else { return nil }
    return FreeMemory(
      bytes: max(0, limit - used + active + inactive),
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

  /// Empty when it cannot be read. Files of the kernel claim to be empty, so this one is read to
  /// its end.
  private static func text(_ path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
  }
}
