// The thread that opens shards and holds each against its digest in dataset.json before its first
// use. Between what it is asked for it looks ahead, so that the disk reads the next step's shards
// while this step is computed.

import Basics
import Coordination
import Imagery
import Synchronization

/// Opens shards for one other thread, which calls `open`; anybody may call `foresee` and `close`.
final class ShardThread: Sendable {
  private enum Order: Sendable {
    case open(ShardID)
    /// There is something in `foreseen`.
    case lookAhead
  }

  /// Somebody called `close`.
  private struct Closed: Error {}

  private let orders = BlockingQueue<Order>(capacity: 2)
  private let answers = BlockingQueue<Result<ShardFile, any Error>>(capacity: 1)
  /// A step that the thread has not looked at yet.
  private let foreseen = Mutex<Step?>(nil)
  private let isClosed = Atomic<Bool>(false)

  /// - Parameter plan: which shards the steps need.
  init(_ dataset: Dataset, _ plan: MicrobatchPlan) throws(ThreadError) {
    try SystemThread("shards") { [self] in
      var desk = Desk(dataset, plan, isClosed: { self.hasClosed })
      serve(&desk)
    }.detach()
  }

  /// Opens a shard that is what the dataset says of it.
  /// - Throws: what keeps it from being used.
  func open(_ id: ShardID) throws -> ShardFile {
    orders.send(.open(id))
    guard let answer = answers.receive(timeout: nil) else { throw Closed() }
    return try answer.get()
  }

  /// Says which step's shards may be asked for next. Never waits.
  func foresee(_ step: Step) {
    let isAwaited = foreseen.withLock { foreseen in
      defer { foreseen = step }
      return foreseen != nil
    }
    if !isAwaited { orders.send(.lookAhead) }
  }

  /// Ends the thread soon.
  func close() {
    isClosed.store(true, ordering: .relaxed)
    orders.close()
    answers.close()
  }

  private var hasClosed: Bool { isClosed.load(ordering: .relaxed) }

  private func serve(_ desk: inout Desk) {
    while !hasClosed {
      switch orders.receive(timeout: desk.hasForeseen ? .zero : nil) {
      case .open(let id): answers.send(Result { try desk.open(id) })
      case .lookAhead: desk.foresee(foreseen.withLock { $0.take() })
      case nil: desk.checkNext()
      }
    }
  }

  /// What the thread alone knows.
  private struct Desk {
    let dataset: Dataset
    let plan: MicrobatchPlan
    /// Of the shards here those that nobody asked for yet.
    var unread: Set<ShardID>
    let isClosed: () -> Bool
    private var sound: [ShardID: FileStamp] = [:]
    /// Those to look at next, the first one last.
    private var foreseen: [ShardID] = []

    init(_ dataset: Dataset, _ plan: MicrobatchPlan, isClosed: @escaping () -> Bool) {
      self.dataset = dataset
      self.plan = plan
      unread = Set(dataset.presentShards)
      self.isClosed = isClosed
    }

    var hasForeseen: Bool { !foreseen.isEmpty }

    mutating func open(_ id: ShardID) throws -> ShardFile {
      unread.remove(id)
      let shard = try dataset.openShard(id, knownSound: sound[id]) { _ in
        if isClosed() { throw Closed() }
      }
      sound[id] = shard.stamp
      return shard
    }

    mutating func foresee(_ step: Step?) {
      guard let step, !unread.isEmpty else { return }
      foreseen = plan.shards(of: step).reversed().filter(unread.contains)
    }

    /// What is wrong with a shard is told when it is asked for, which it may never be.
    mutating func checkNext() {
      guard let id = foreseen.popLast(), unread.contains(id) else { return }
      _ = try? open(id)
    }
  }
}
