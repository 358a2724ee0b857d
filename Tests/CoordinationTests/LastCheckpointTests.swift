// The end of a run whose last checkpoint cannot be written.

import Basics
import Coordination
import Testing
import Wire

@Suite("The last checkpoint") struct LastCheckpointTests {
  private static let start = Instant(nanoseconds: 0)
  private static let failure = CoordinatorEvent.checkpointFailed(Step(0), reason: "no space")
  private static let refusal = CoordinatorEvent.checkpointFailed(
    Step(0), reason: "not allowed", isForbidden: true)

  /// All of its steps are done, and its last checkpoint is being written.
  private func finishedRun(journalBytes: Int) -> CoordinatorCore {
    var settings = SimulatedCluster.settings(steps: 0)
    settings.evaluationPlan = nil
    settings.journalBytes = journalBytes
    var core = CoordinatorCore(
      settings: settings, position: RunPosition(startWith: Digest(of: "0")), checkpointed: nil,
      now: Self.start)
    #expect(isSaving(core.handle(.tick, at: Self.start)))
    return core
  }

  private func isSaving(_ commands: [CoordinatorCommand]) -> Bool {
    commands.contains { if case .saveCheckpoint = $0 { true } else { false } }
  }

  private func ending(_ commands: [CoordinatorCommand]) -> (kind: StopKind, reason: String)? {
    commands.lazy.compactMap {
      if case .end(let kind, let reason) = $0 { (kind, reason) } else { nil }
    }.first
  }

  @Test("It is tried again; from the first failure on, one request to stop is enough")
  func request() {
    for isTryingAgain in [false, true] {
      var core = finishedRun(journalBytes: 1 << 20)
      #expect(ending(core.handle(Self.failure, at: Self.start)) == nil)
      if isTryingAgain {
        #expect(isSaving(core.handle(.tick, at: Self.start + .seconds(11))))
      }
      #expect(ending(core.handle(.stopRequested, at: Self.start))?.kind == .interrupted)
    }
  }

  @Test("Before a failure, the first request to stop leaves it its time")
  func early() {
    var core = finishedRun(journalBytes: 1 << 20)
    #expect(ending(core.handle(.stopRequested, at: Self.start)) == nil)
    #expect(ending(core.handle(.checkpointSaved(Step(0)), at: Self.start))?.kind == .finished)
  }

  @Test("What may not be written ends the run at once where the journal has every step")
  func forbidden() throws {
    var core = finishedRun(journalBytes: 1 << 20)
    let end = try #require(ending(core.handle(Self.refusal, at: Self.start)))
    #expect(end.kind == .error)
    #expect(
      end.reason.hasPrefix("all 0 steps are done, but the last checkpoint could not be written: "))
  }

  @Test("Without a journal it is tried again for as long as nobody asks to stop")
  func withoutJournal() {
    var core = finishedRun(journalBytes: 0)
    #expect(ending(core.handle(Self.refusal, at: Self.start)) == nil)
    #expect(isSaving(core.handle(.tick, at: Self.start + .seconds(11))))
  }
}
