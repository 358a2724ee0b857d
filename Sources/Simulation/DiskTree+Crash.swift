// What a power cut leaves of a simulated disk. A journalling file system is the model: changes of
// one folder's names reach the disk in order, of which any first few may have; bytes reach it in
// any order, or not at all.

import Basics

extension DiskTree {
  /// Keeps everything durable and a random part of the rest.
  mutating func crash() {
    epoch += 1
    operationsUntilFailure = nil
    var random = CounterRandom(
      seed: seed, purpose: .simulation, Self.stream, UInt32(truncatingIfNeeded: epoch))
    var (folders, files) = (self.folders, self.files)
    (self.folders, self.files, usedBytes) = ([:], [:], 0)
    var open = [Self.root]
    // A node that two folders hold, because it was between them, is settled once.
    while let node = open.popLast() {
      if let folder = folders.removeValue(forKey: node) {
        let settled = Self.settled(folder, &random)
        self.folders[node] = settled
        open += settled.entries.keys.sorted().compactMap { settled.entries[$0] }
      } else if let file = files.removeValue(forKey: node) {
        let content = Self.settled(file, &random)
        self.files[node] = File(content: content, durable: content)
        usedBytes += content.count
      }
    }
  }

  private static func settled(_ folder: Folder, _ random: inout CounterRandom) -> Folder {
    let kept = random.index(below: folder.pending.count + 1)
    var entries = folder.durableEntries
    for (name, node) in folder.pending.prefix(kept).joined() { entries[name] = node }
    return Folder(entries: entries, durableEntries: entries)
  }

  /// Bytes that did not change since they were made durable are safe. Of the others: all, none,
  /// those up to some place, the same with nonsense or zeros at its end, or any blocks of them.
  private static func settled(_ file: File, _ random: inout CounterRandom) -> [UInt8] {
    let (old, new) = (file.durable, file.content)
    guard old != new else { return new }
    let start = zip(old, new).prefix { $0 == $1 }.count
    let choice = random.index(below: 5)
    if choice == 0 { return old }
    if choice == 1 || start == new.count { return new }
    if choice == 2 { return blocks(old, new, from: start, &random) }
    let cut = start + 1 + random.index(below: new.count - start)
    var result = Array(new[..<cut])
    if choice == 3 { damage(&result, old: old, from: start, &random) }
    if old.count > cut { result += old[cut...] }
    return result
  }

  /// The unit in which bytes reach the disk; far smaller than a real one, so that small files have
  /// several.
  private static let blockBytes = 64

  private static func blocks(
    _ old: [UInt8], _ new: [UInt8], from start: Int, _ random: inout CounterRandom
  ) -> [UInt8] {
    var result = new
    for block in stride(from: start, to: new.count, by: blockBytes)
    where random.index(below: 2) == 0 {
      for index in block..<min(block + blockBytes, new.count) {
        result[index] = index < old.count ? old[index] : 0
      }
    }
    return result
  }

  /// Overwrites up to a block of the changed bytes at the end.
  private static func damage(
    _ bytes: inout [UInt8], old: [UInt8], from start: Int, _ random: inout CounterRandom
  ) {
    let count = 1 + random.index(below: min(blockBytes, bytes.count - start))
    let isZero = random.index(below: 2) == 0
    for index in bytes.count - count..<bytes.count
    where index >= old.count || old[index] != bytes[index] {
      bytes[index] = isZero ? 0 : UInt8(random.index(below: 256))
    }
  }
}
