// Where the chips of a batch go when they are cut: their records, and their payloads in the file of
// the batch.

import Basics
import Scenes

/// Collects the chips of a batch from several threads.
///
/// `@unchecked Sendable`: chips have places of their own in the file; the rest is touched while the
/// monitor is held.
final class ChipSpool: @unchecked Sendable {
  private struct State {
    var chips: [ScannedChip] = []
    var scenes: [Int: SceneScan] = [:]
    var written = 0
    var startedWriting = 0
  }

  private let state = Monitor(State())
  private let file: FileWriter

  /// Bytes after which the disk is told to begin: what is still to be written at the end is then
  /// little.
  private static let writeOutBytes = 32 << 20

  /// Whether payloads are to be on the disk when the batch is done.
  private let isDurable: Bool

  init(_ path: String, isDurable: Bool) throws {
    self.isDurable = isDurable
    file = try FileWriter(creating: path)
  }

  /// Takes a payload.
  /// - Parameter make: the chip, given the payload's offset.
  func append(_ payload: UnsafeRawBufferPointer, _ make: (Int) -> ScannedChip) throws {
    let place = state.withLock { state -> (offset: Int, writeOut: Range<Int>?) in
      let offset = state.written
      state.written += payload.count
      state.chips.append(make(offset))
      guard offset - state.startedWriting >= Self.writeOutBytes else { return (offset, nil) }
      defer { state.startedWriting = offset }
      return (offset, state.startedWriting..<offset)
    }
    try file.write(payload, at: place.offset)
    if isDurable, let range = place.writeOut { file.startWritingOut(range) }
  }

  /// Adds what a lane of a scene found.
  func add(_ part: SceneScan) {
    state.withLock { state in
      guard var scan = state.scenes[part.scene] else {
        state.scenes[part.scene] = part
        return
      }
      if part.droppedConstant > 0 {
        scan.constantValues =
          scan.droppedConstant == 0 || scan.constantValues == part.constantValues
          ? part.constantValues : nil
      }
      scan.windows += part.windows
      scan.droppedForNodata += part.droppedForNodata
      scan.droppedConstant += part.droppedConstant
      scan.chips += part.chips
      scan.findings.add(part.findings)
      if let tally = part.tally {
        if scan.tally == nil { scan.tally = tally } else { scan.tally?.add(tally) }
      }
      scan.alpha = part.alpha
      scan.remarks += part.remarks.filter { !scan.remarks.contains($0) }
      scan.unreadable = scan.unreadable ?? part.unreadable
      state.scenes[part.scene] = scan
    }
  }

  func isUnreadable(_ scene: Int) -> Bool {
    state.withLock { $0.scenes[scene]?.unreadable != nil }
  }

  /// Ends the file.
  /// - Returns: chips and scenes in their order, without the chips of scenes that turned out to be
  ///   unreadable.
  func finish() throws -> (chips: [ScannedChip], scenes: [SceneScan]) {
    if isDurable { try file.synchronize() }
    return inOrder()
  }

  private func inOrder() -> (chips: [ScannedChip], scenes: [SceneScan]) {
    state.withLock { state in
      let bad = Set(state.scenes.values.filter { $0.unreadable != nil }.map(\.scene))
      let chips = state.chips.filter { !bad.contains(Int($0.scene)) }.sorted { $0.place < $1.place }
      var words: [Int: [UInt64]] = [:]
      for chip in chips {
        words[Int(chip.scene), default: []] += [
          UInt64(UInt32(bitPattern: chip.row)) << 32 | UInt64(UInt32(bitPattern: chip.column)),
          chip.digest,
        ]
      }
      let scenes = state.scenes.values.sorted { $0.scene < $1.scene }.map { scan in
        var scan = scan
        if bad.contains(scan.scene) { scan.chips = 0 }
        scan.remarks.sort()
        scan.digest = (words[scan.scene] ?? []).withUnsafeBytes { Checksum.of($0) }
        return scan
      }
      return (chips, scenes)
    }
  }
}
