// What each order of the core comes to. That it is right in the end, whatever happens, is for
// simulated runs to show.

import Basics
import Compression
import Coordination
import Optimizer
import Tensors
import Testing
import TrainingRun
import Wire

@Suite("Carrying out the core's orders") struct CoordinatorExecutorTests {
  private static let layout = ParameterLayout([("a.weight", [2, 4], .matrix)])
  private static let valuesPerChunk = 4
  private let environment = MemoryEnvironment()

  /// At step 0 of a run of two chunks.
  private func executor(keepsJournal: Bool = true) -> CoordinatorExecutor {
    let store = ParameterStore(
      layout: Self.layout, initial: FloatBuffer(count: Self.layout.count), optimizer: AdamW(),
      schedule: LearningRateSchedule(
        base: 1, minimum: 1, imagesPerStep: 256, stepCount: 10, warmUpShare: 0),
      gradientKind: .float32, deltaKind: .float32, seed: 1, pool: ThreadPool(threadCount: 1),
      valuesPerChunk: Self.valuesPerChunk)
    let state = RunState(
      startOf: "run", digest: store.digest, datasetDigest: Digest(of: "data"),
      maskRatio: .constant(.paper))
    return CoordinatorExecutor(
      store: store, state: state, evaluation: nil, keepsJournal: keepsJournal)
  }

  private static let outcome = StepOutcome(
    step: Step(0), sums: LossSums(weighted: 8, hidden: 4, pairs: 2), means: [], workers: 1,
    started: Instant(nanoseconds: 0))

  @discardableResult
  private func reduce(
    _ chunk: UInt32, _ place: PlaceInSum, _ value: Float, by executor: CoordinatorExecutor
  ) -> CoordinatorEvent? {
    let values = [Float](repeating: value, count: Self.valuesPerChunk)
    let key = ChunkKey(
      seed: 1, step: Step(0), content: .gradient(microbatch: 0), chunk: ChunkIndex(chunk))
    let payload = values.withUnsafeBufferPointer {
      TensorCodec(ChunkedLayout(Self.layout, valuesPerChunk: Self.valuesPerChunk))
        .encode($0, as: .float32, key: key)
    }
    return executor.execute(
      .reduce(
        ReductionOrder(
          ChunkIndex(chunk), microbatch: 0, place: place, payload: payload, lease: LeaseID(1),
          worker: WorkerID(1))), in: environment)
  }

  /// Adds one microbatch, and makes and commits the update.
  private func commitStep(by executor: CoordinatorExecutor) -> CoordinatorEvent? {
    for chunk in [1, 0] as [UInt32] { reduce(chunk, .only, 1, by: executor) }
    _ = executor.execute(.update(Self.outcome, gradientNorm: 1), in: environment)
    let commit = StepCommit(
      position: executor.state.position.next(executor.store.digest), outcome: Self.outcome,
      gradientNorm: 1, isSkipped: false)
    return executor.execute(.commit(commit, journalSince: Step(0)), in: environment)
  }

  @Test("A sum begins with its first microbatch, and goes to the journal with its last alone")
  func sum() {
    let executor = executor()
    // What is left of a sum that was given up.
    reduce(0, .first, 100, by: executor)
    reduce(0, .first, 1, by: executor)
    reduce(0, .middle, 2, by: executor)
    #expect(environment.journal.isEmpty)
    reduce(0, .last, 4, by: executor)
    #expect(executor.store.gradient.pointer[0] == 7)
    #expect(environment.journal == [.stage(ChunkIndex(0))])
    reduce(1, .only, 8, by: executor)
    #expect(executor.store.gradient.pointer[4] == 8)
    #expect(environment.journal.last == .stage(ChunkIndex(1)))
  }

  @Test("A chunk that is not finite is refused, by name, and is not staged")
  func refusal() {
    let answer = reduce(0, .only, .infinity, by: executor())
    guard case .reductionRefused(ChunkIndex(0), 0, LeaseID(1), WorkerID(1), _, true)? = answer
    else {
      Issue.record("\(String(describing: answer))")
      return
    }
    #expect(environment.journal.isEmpty)
  }

  @Test("An update waits for the copy of a checkpoint's tensors")
  func copies() {
    _ = commitStep(by: executor())
    #expect(environment.waits == 1)
  }

  @Test("A step goes to the journal when it is committed, and counts when it is recorded")
  func step() throws {
    let executor = executor()
    environment.now = Instant(nanoseconds: 0) + .seconds(3)
    #expect(commitStep(by: executor) == nil)
    guard case .commit(Step(1), let bytes, Step(0))? = environment.journal.last else {
      Issue.record("\(String(describing: environment.journal.last))")
      return
    }
    let note = try StepNote(decoding: bytes)
    #expect(executor.state.position.step == Step(0))
    #expect(note.previousChain == executor.state.chain)
    #expect(note.state.trainingSeconds == 3)
    #expect(environment.lines.isEmpty)
    _ = executor.execute(.recordStep(Step(1)), in: environment)
    #expect(executor.state == note.state)
    #expect(environment.lines == ["step"])
    #expect(environment.recorded.map(\.step) == [Step(1)])
  }

  @Test("Without a journal a step is durable as soon as it is committed, and nothing is staged")
  func withoutJournal() {
    let executor = executor(keepsJournal: false)
    guard case .committed(Step(1), journalBytes: 0)? = commitStep(by: executor) else {
      Issue.record("it waits for a journal")
      return
    }
    #expect(environment.journal.isEmpty)
  }

  @Test("A step that is skipped puts zeros in the place of what was staged")
  func skip() {
    let executor = executor()
    reduce(0, .only, 1, by: executor)
    _ = executor.execute(.skip(Self.outcome, gradientNorm: .infinity), in: environment)
    #expect(environment.journal == [0, 0, 1].map { .stage(ChunkIndex($0)) })
    #expect(executor.store.gradient.pointer[0] == 0)
  }

  @Test("An evaluation is recorded at once, and again in the note of the next step")
  func evaluation() throws {
    let executor = executor()
    let outcome = EvaluationOutcome(
      step: Step(0), sums: LossSums(weighted: 1, hidden: 1, pairs: 1), means: [], seconds: 1,
      wallSeconds: 0.5)
    _ = executor.execute(.recordEvaluation(outcome), in: environment)
    #expect(environment.lines == ["evaluation"])
    for step in 1...2 as ClosedRange<UInt32> {
      _ = commitStep(by: executor)
      guard case .commit(_, let bytes, _)? = environment.journal.last else {
        Issue.record("nothing was committed")
        return
      }
      #expect(try StepNote(decoding: bytes).metrics.count == (step == 1 ? 2 : 1))
      _ = executor.execute(.recordStep(Step(step)), in: environment)
    }
  }

  @Test("A checkpoint that cannot begin because of the one before it fails")
  func checkpoint() {
    let executor = executor()
    let position = executor.state.position
    #expect(executor.execute(.saveCheckpoint(position), in: environment) == nil)
    #expect(environment.checkpoints.map(\.step) == [Step(0)])
    environment.isWritingCheckpoint = true
    guard
      case .checkpointFailed(Step(0), _, _)? = executor.execute(
        .saveCheckpoint(position), in: environment)
    else {
      Issue.record("a second checkpoint was begun")
      return
    }
  }

  @Test("Segments begin and go when the core says so")
  func segments() {
    let executor = executor()
    _ = executor.execute(.beginSegment, in: environment)
    _ = executor.execute(.dropJournal(through: Step(3)), in: environment)
    _ = executor.execute(.synchronizeRecords, in: environment)
    #expect(environment.journal == [.beginSegment, .drop(through: Step(3))])
    #expect(environment.synchronizations == 1)
  }

  @Test("Who asks for a chunk gets the delta from the step before, and the full value otherwise")
  func replicaChunk() {
    let executor = executor()
    _ = commitStep(by: executor)
    for have in [Step(0), nil] as [Step?] {
      _ = executor.execute(
        .sendReplicaChunk(
          ChunkIndex(0), have: have, to: WorkerID(1), SessionStamp(session: 1, sequence: 1)),
        in: environment)
      guard case .replicaChunk(ChunkIndex(0), have, Step(1), _)? = environment.sent.last else {
        Issue.record("\(String(describing: environment.sent.last))")
        return
      }
    }
  }
}
