// From what a coordinator left on its disk to where it was: the newest valid checkpoint, and the
// steps that the journal holds behind it, made again from their gradient sums.

import Basics
import Checkpoints
import Coordination

/// A run as it was found.
package struct RecoveredRun {
  package var state: RunState
  /// The checkpoint that was loaded; nil when the run begins at step 0.
  package var checkpoint: Checkpoint?
  /// Checkpoints that could not be used, newest first.
  package var rejected: [NewestCheckpoint.Rejection]
  /// Of the steps made again, oldest first.
  package var notes: [StepNote]
  package var replayed: ReplayResult
}

/// A journal holds a step that no sound coordinator commits any more.
package struct DivergedRun: ErrorWithExitStatus, CustomStringConvertible {
  package let step: Step
  package var exitStatus: ExitStatus { .diverged }

  package var description: String {
    "step \(step), made again from the journal, gives parameters that are not finite: the run had diverged before "
      + "it was committed. Nothing from there on is of use; start another run with a lower "
      + "optimizer.baseLearningRate"
  }
}

package struct RunRecovery {
  /// As it is at step 0.
  package let start: RunState
  package let checkpoints: CheckpointStore
  package let journal: JournalReader

  package init(start: RunState, checkpoints: CheckpointStore, journal: JournalReader) {
    self.start = start
    self.checkpoints = checkpoints
    self.journal = journal
  }

  /// Leaves `store` at the newest step that was committed.
  /// - Parameter store: at step 0 of the run.
  /// - Throws: `RunError` when what is there belongs to another run or is not what it says it is;
  ///   `DivergedRun` when it leads to numbers that are not finite.
  package func recover(into store: ParameterStore) throws -> RecoveredRun {
    let newest = try checkpoints.newestValid()
    var run = RecoveredRun(
      state: start, checkpoint: newest.checkpoint, rejected: newest.rejected, notes: [],
      replayed: .end(after: Step(0)))
    if let checkpoint = newest.checkpoint { run.state = try load(checkpoint, into: store) }
    run.replayed = try journal.replay(after: run.state.position.step) { record in
      let note = try StepNote(decoding: record.note)
      try replay(record, note, after: run.state, into: store)
      run.state = note.state
      run.notes.append(note)
    }
    return run
  }

  private func load(_ checkpoint: Checkpoint, into store: ParameterStore) throws -> RunState {
    let state = try checkpoints.runState(of: checkpoint)
    guard state.runIdentity == start.runIdentity else {
      throw RunError(
        description: "\(checkpoint.path) belongs to run \(state.runIdentity), and this is run "
          + "\(start.runIdentity): its configuration or its dataset was changed; put back the ones "
          + "it was made with, or start a new run")
    }
    try checkpoints.load(checkpoint, into: store.tensors)
    store.adopt(step: checkpoint.step)
    guard store.digest == state.position.digest else {
      throw RunError(
        description: "the replica in \(checkpoint.path) has digest \(store.digest), but its state "
          + "says \(state.position.digest); remove that folder to go on from the checkpoint before "
          + "it")
    }
    return state
  }

  private func replay(
    _ record: JournalRecord, _ note: StepNote, after state: RunState, into store: ParameterStore
  ) throws {
    let result = store.replay(
      record, hiddenPixels: note.hiddenPixels, isSkipped: note.isSkipped)
    guard result.isFinite else { throw DivergedRun(step: record.step) }
    let expected = note.state.position
    guard record.step == expected.step, store.digest == expected.digest else {
      throw RunError(
        description:
          "step \(record.step), made again from the journal, has digest \(store.digest), "
          + "but the journal says \(expected.digest) of step \(expected.step); this program or "
          + "machine computes otherwise than the one that wrote it. Go on with that one, or remove "
          + "the journal to compute again from the checkpoint")
    }
    guard note.previousChain == state.chain else {
      throw RunError(
        description:
          "step \(record.step) of the journal follows a step \(state.position.step) with "
          + "chain \(note.previousChain), but that step has chain \(state.chain): checkpoint and "
          + "journal are not of the same run. Put back the ones that belong together, or remove the "
          + "journal to compute again from the checkpoint")
    }
  }
}

extension CheckpointStore {
  /// The state of a run in a whole checkpoint.
  /// - Throws: `RunError` when another release of Terrane wrote it.
  package func runState(of checkpoint: Checkpoint) throws -> RunState {
    do {
      return try state(of: checkpoint, as: RunState.self)
    } catch CheckpointError.malformed(_, let problem) {
      throw RunError(
        description:
          "\(checkpoint.path) is whole, but another release of Terrane wrote it, and this "
          + "one cannot read it (\(problem)); go on with that release")
    }
  }
}
