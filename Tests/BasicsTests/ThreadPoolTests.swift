// Jobs and their parts over the threads of a pool.

import Basics
import Synchronization
import Testing

@Suite("Thread pool") struct ThreadPoolTests {
  @Test("Every part of every job runs once", arguments: [1, 2, 3, 5])
  func everyPartOnce(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    for count in [0, 1, 2, 3, 17, 1000] {
      let calls = UnsafeMutablePointer<Int>.allocate(capacity: count + 1)
      calls.initialize(repeating: 0, count: count + 1)
      defer { calls.deallocate() }
      // Each part has a place of its own.
      nonisolated(unsafe) let parts = calls
      pool.forEach(count) { parts[$0] += 1 }
      #expect((0..<count).allSatisfy { calls[$0] == 1 })
    }
  }

  @Test("Ten thousand small jobs in a row all finish")
  func manyJobs() {
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let total = Atomic<Int>(0)
    for _ in 0..<10_000 { pool.forEach(4) { total.add($0, ordering: .relaxed) } }
    #expect(total.load(ordering: .relaxed) == 60_000)
  }
}
