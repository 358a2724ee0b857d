// Whose a run's folder is where the file system knows no locks (Lustre without `flock`, some of
// FUSE): a file with a name, which is touched for as long as its holder lives. Weaker than a lock:
// a holder that was stopped for longer than the lapse has lost it, and may find that out a moment
// too late.

import Basics
import Foundation
import Synchronization

/// The file of a run's lock, held for as long as this lives.
///
/// `@unchecked Sendable`: everything is immutable but `isReleased`, which is atomic.
package final class LockName: @unchecked Sendable {
  /// How often it is touched, and after which silence it is nobody's.
  package struct Times: Sendable {
    let interval: Duration
    let lapse: Duration

    package init(interval: Duration = .seconds(1), lapse: Duration = .seconds(15)) {
      self.interval = interval
      self.lapse = lapse
    }
  }

  private let path: String
  /// Names the holder, and differs from what any other holder writes.
  private let line: String
  private let times: Times
  private let isReleased = Atomic<Bool>(false)

  /// Takes a while where somebody held it: whether the file is still touched has to be seen.
  /// - Parameter holder: what the file is to say.
  /// - Returns: nil when somebody else holds it, or was quicker.
  /// - Throws: `FileError`, `ThreadError`.
  package init?(_ path: String, holder: String, times: Times = Times()) throws {
    self.path = path
    self.times = times
    line = "\(holder), \(String(UInt64.random(in: 0 ... .max), radix: 36))\n"
    if Self.isTouched(path, times) { return nil }
    // Others may claim it at this moment, each by a beginning of its own.
    try Files.writeDurably(to: path, amongOthers: true) { [line] in
      try $0.write(Array(line.utf8))
    }
    // Of two that begin at once, the later one's line stays.
    Thread.sleep(forTimeInterval: 2 * times.interval.seconds)
    guard Self.text(path) == line else { return nil }
    try SystemThread("lock") { [weak self, times] in
      while true {
        Thread.sleep(forTimeInterval: times.interval.seconds)
        guard let self, !isReleased.load(ordering: .relaxed), !isTaken else { return }
        try? touch()
      }
    }.detach()
  }

  deinit {
    isReleased.store(true, ordering: .relaxed)
    if Self.text(path) == line { try? Files.remove(path) }
  }

  /// Whether somebody else has taken it. A file that was removed is put back.
  package var isTaken: Bool {
    let found = Self.text(path)
    return !found.isEmpty && found != line
  }

  /// Whether it was touched a moment ago, by the clocks of this machine and of the disk's.
  static func isFresh(_ path: String, _ times: Times = Times()) -> Bool {
    guard !text(path).isEmpty, let age = Files.age(of: path) else { return false }
    return abs(age.seconds) < times.lapse.seconds
  }

  /// Looks for as long as it takes to be sure. No clock is asked.
  private static func isTouched(_ path: String, _ times: Times) -> Bool {
    guard !text(path).isEmpty, let first = stamp(path) else { return false }
    let end = Instant.monotonicNow() + times.lapse
    while Instant.monotonicNow() < end {
      Thread.sleep(forTimeInterval: times.interval.seconds / 2)
      // Each look opens the file, which makes a network's file system ask its server.
      if stamp(path) != first { return !text(path).isEmpty }
    }
    return false
  }

  private func touch() throws {
    try Files.writeSoon(to: path) { [line] in try $0.write(Array(line.utf8)) }
  }

  private static func stamp(_ path: String) -> FileStamp? {
    try? FileReader(path).stamp()
  }

  private static func text(_ path: String) -> String {
    (try? Files.readText(path, limitBytes: 1 << 10)) ?? ""
  }
}
