// Reads the folder of admitted keys again and again, so that whose file is removed is out soon.

import Basics
import Coordination
import Keys
import Transport

/// A thread of its own: a folder on another machine may take its time.
final class AdmissionWatch: Sendable {
  private let isClosed = Monitor(false)

  /// Between two looks. A key is out within two of them.
  private static let interval = Duration.seconds(1)

  /// - Parameter tell: called on the watching thread with what changed, in words.
  init(
    _ keys: CoordinatorKeys, tell: @escaping @Sendable (LogLevel, String) -> Void
  ) throws(ThreadError) {
    let isClosed = isClosed
    try SystemThread("keys") {
      var known = keys.admitted
      var failure: String?
      while isClosed.wait(until: .after(Self.interval), { $0 ? () : nil }) == nil {
        do {
          let admitted = try keys.folder.admitted()
          keys.admission.replace(admitted.names)
          for change in Self.changes(from: known, to: admitted) { tell(change.level, change.text) }
          known = admitted
          failure = nil
        } catch {
          // Whoever is in stays: a disk that is away for a moment is no reason to send all away.
          let text = "the admitted keys cannot be read, those known so far count: \(error)"
          if text != failure { tell(.warning, text) }
          failure = text
        }
      }
    }.detach()
  }

  func close() { isClosed.withLock { $0 = true } }

  /// What a log says of a folder that was read again.
  private static func changes(
    from old: KeyFolder.Admitted, to new: KeyFolder.Admitted
  ) -> [(level: LogLevel, text: String)] {
    let gone = old.names.filter { new.names[$0.key] != $0.value }.map(\.value).sorted()
    let come = new.names.filter { old.names[$0.key] != $0.value }.map(\.value).sorted()
    return gone.map { (.info, "the key of \($0) is not admitted any more; who has it is cut off") }
      + come.map { (.info, "the key of \($0) is admitted from now on") }
      + new.faults.filter { !old.faults.contains($0) }.map { (.warning, $0) }
  }
}
