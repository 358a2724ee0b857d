// Threads choose who computes which part of a job; what the parts are is the caller's business and
// must not depend on the number of threads. Not a task system: one job at a time, from one calling
// thread.

import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A fixed set of threads that share the parts of one job after another.
///
/// `@unchecked Sendable`: the job's fields are written only while `mutex` is held and no helper is
/// active; `helpers` and what tells of them are the owner's.
public final class ThreadPool: @unchecked Sendable {
  /// Threads that work on a job, the calling one included: fewer than asked for where the system
  /// gave no more.
  public private(set) var threadCount = 1
  /// Why there are fewer; nil when there are as many as asked for.
  package private(set) var shortfall: ThreadError?

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let wake: UnsafeMutablePointer<pthread_cond_t>
  private let generation = Atomic<Int>(0)
  private let nextPart = Atomic<Int>(0)
  private let activeHelpers = Atomic<Int>(0)
  private var isOpen = false
  private var isStopping = false
  private var partCount = 0
  private var body: ((Int) -> Void)?
  private var helpers: [SystemThread] = []

  /// Spins before a helper sleeps: about 50 µs, the distance between two products of a step.
  private static let spinLimit = 4000

  /// - Precondition: `threadCount` is positive.
  public init(threadCount: Int) {
    precondition(threadCount > 0)
    mutex = .allocate(capacity: 1)
    wake = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    do throws(ThreadError) {
      while self.threadCount < threadCount {
        helpers.append(try SystemThread("helper \(self.threadCount)") { [self] in help() })
        self.threadCount += 1
      }
    } catch {
      shortfall = error
    }
  }

  deinit {
    // Helpers keep the pool alive, so none is left.
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wake)
    mutex.deallocate()
    wake.deallocate()
  }

  /// Ends the helpers. The pool must be idle.
  public func stop() {
    pthread_mutex_lock(mutex)
    isStopping = true
    generation.add(1, ordering: .releasing)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
    for helper in helpers { helper.join() }
    helpers = []
  }

  /// Calls `body` once for each part in 0..<count, on any thread, in any order; returns when all
  /// are done.
  public func forEach(_ count: Int, _ body: (Int) -> Void) {
    if threadCount == 1 || count <= 1 {
      for part in 0..<max(0, count) { body(part) }
      return
    }
    withoutActuallyEscaping(body) { body in
      open(count: count, body)
      work(count, body)
      close()
    }
  }

  private func open(count: Int, _ body: @escaping (Int) -> Void) {
    pthread_mutex_lock(mutex)
    self.body = body
    partCount = count
    nextPart.store(0, ordering: .relaxed)
    isOpen = true
    generation.add(1, ordering: .releasing)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
  }

  private func work(_ count: Int, _ body: (Int) -> Void) {
    while true {
      let part = nextPart.add(1, ordering: .relaxed).oldValue
      if part >= count { return }
      body(part)
    }
  }

  private func close() {
    pthread_mutex_lock(mutex)
    isOpen = false
    pthread_mutex_unlock(mutex)
    while activeHelpers.load(ordering: .acquiring) > 0 { sched_yield() }
    body = nil
  }

  private func help() {
    var seen = 0
    while true {
      var spins = 0
      while generation.load(ordering: .acquiring) == seen && spins < Self.spinLimit { spins += 1 }
      pthread_mutex_lock(mutex)
      while generation.load(ordering: .relaxed) == seen { pthread_cond_wait(wake, mutex) }
      seen = generation.load(ordering: .relaxed)
      if isStopping {
        pthread_mutex_unlock(mutex)
        return
      }
      if !isOpen {
        pthread_mutex_unlock(mutex)
        continue
      }
      let count = partCount
      activeHelpers.add(1, ordering: .relaxed)
      pthread_mutex_unlock(mutex)
      workOnOpenJob(count)
      activeHelpers.subtract(1, ordering: .releasing)
    }
  }

  /// Not inlined: the job's closure must be let go of before `activeHelpers` says so, because
  /// `forEach` then takes it for its own alone.
  @inline(never)
  private func workOnOpenJob(_ count: Int) {
    if let body { work(count, body) }
  }
}
