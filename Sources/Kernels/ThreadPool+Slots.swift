// Parts of a job, each with a slot that names its scratch memory.

import Basics
import Synchronization

extension ThreadPool {
  /// Calls `body(part, slot)` once for each part in 0..<count; no two parts run at once with the
  /// same slot, which is in 0..<threadCount. A slot names scratch memory; what a part computes must
  /// not depend on it.
  package func forEach(_ count: Int, withSlot body: (_ part: Int, _ slot: Int) -> Void) {
    let next = Atomic<Int>(0)
    forEach(threadCount) { slot in
      while true {
        let part = next.add(1, ordering: .relaxed).oldValue
        if part >= count { return }
        body(part, slot)
      }
    }
  }
}
