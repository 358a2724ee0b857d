// What is going to happen, by time; what happens at the same time comes in the order of scheduling.

import Basics

/// A binary heap of times; the events themselves, which are large, stay where they are.
struct EventQueue<Event> {
  private struct Entry {
    let time: Instant
    let order: Int
    let place: Int

    func precedes(_ other: Entry) -> Bool {
      time != other.time ? time < other.time : order < other.order
    }
  }

  private var heap: [Entry] = []
  private var events: [Event?] = []
  private var free: [Int] = []
  private var scheduled = 0

  mutating func schedule(_ event: Event, at time: Instant) {
    let place = free.popLast() ?? events.count
    if place == events.count { events.append(event) } else { events[place] = event }
    heap.append(Entry(time: time, order: scheduled, place: place))
    scheduled += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (time: Instant, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    let event = events[first.place].take()!
    free.append(first.place)
    return (first.time, event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      let first = 2 * parent + 1
      for child in first..<max(first, min(first + 2, heap.count))
      where heap[child].precedes(heap[least]) {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
