// Queues of one thread and of several, and what threads wait on.

import Basics
import Synchronization
import Testing

@Suite("Queues and monitors") struct BlockingQueueTests {
  @Test("A queue gives back what it was given, in order, however much waits")
  func order() {
    var queue = Queue<Int>()
    var next = 0
    var expected = 0
    // Three in, two out: the head moves on while more and more waits.
    for _ in 0..<300 {
      for _ in 0..<3 {
        queue.append(next)
        next += 1
      }
      for _ in 0..<2 {
        #expect(queue.removeFirst() == expected)
        expected += 1
      }
      #expect(queue.count == next - expected)
    }
    while let element = queue.removeFirst() {
      #expect(element == expected)
      expected += 1
    }
    #expect(expected == next)
    #expect(queue.isEmpty && queue.removeFirst() == nil)
  }

  @Test("A full queue makes its sender wait until somebody takes something")
  func full() throws {
    let queue = BlockingQueue<Int>(capacity: 2)
    let sent = Atomic<Int>(0)
    let sender = try SystemThread("sender") {
      for number in 0..<100 where queue.send(number) { sent.add(1, ordering: .relaxed) }
    }
    for number in 0..<100 {
      #expect(queue.receive(timeout: nil) == number)
      // What was taken, what waits, and one that is about to be counted.
      #expect(sent.load(ordering: .relaxed) <= number + 1 + 2)
    }
    sender.join()
    #expect(sent.load(ordering: .relaxed) == 100)
  }

  @Test("A closed queue gives what is inside, takes nothing, and keeps nobody waiting")
  func closed() throws {
    let queue = BlockingQueue<Int>(capacity: 1)
    #expect(queue.send(1))
    // Full: this one waits until the queue is closed, which drops its element.
    let sender = try SystemThread("sender") { #expect(!queue.send(2)) }
    queue.close()
    sender.join()
    #expect(!queue.send(3))
    #expect(queue.receive(timeout: nil) == 1)
    #expect(queue.receive(timeout: nil) == nil)
  }

  @Test("Nothing in time is nil")
  func timeout() {
    let queue = BlockingQueue<Int>(capacity: 1)
    #expect(queue.receive(timeout: .zero) == nil)
    #expect(queue.receive(timeout: .milliseconds(1)) == nil)
    queue.send(1)
    #expect(queue.receive(timeout: .zero) == 1)
  }

  @Test("Threads that wait for each other's changes all see them")
  func turns() throws {
    let turn = Monitor(0)
    let threads = try (0..<4).map { index in
      try SystemThread("turn \(index)") {
        for round in 0..<50 {
          turn.wait { turn -> Void? in
            guard turn == round * 4 + index else { return nil }
            turn += 1
          }
        }
      }
    }
    #expect(turn.wait(until: .after(.seconds(60))) { $0 == 200 ? true : nil } == true)
    for thread in threads { thread.join() }
    #expect(turn.wait(until: .after(.zero)) { $0 == 0 ? true : nil } == nil)
  }

  @Test("A thread is joined when it ends, or left to itself when that takes too long")
  func joined() throws {
    let mayEnd = Monitor(false)
    let hasEnded = Monitor(false)
    let late = try SystemThread("late") {
      mayEnd.wait { $0 ? () : nil }
      hasEnded.withLock { $0 = true }
    }
    #expect(!late.join(timeout: .milliseconds(1)))
    mayEnd.withLock { $0 = true }
    hasEnded.wait { $0 ? () : nil }
    #expect(try SystemThread("soon") {}.join(timeout: .seconds(60)))
  }
}
