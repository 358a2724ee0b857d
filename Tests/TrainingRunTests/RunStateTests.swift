// What a run's state knows of the releases that computed it.

import Basics
import Coordination
import Testing
import TrainingRun

@Suite("A run's state") struct RunStateTests {
  private static let start = RunState(
    startOf: "run", digest: Digest(of: "first"), datasetDigest: Digest(of: "data"),
    maskRatio: .constant(.paper))

  private static func afterOneStep(arithmetic: UInt32) -> RunState {
    var state = start
    state.position = state.position.next(Digest(of: "second"))
    state.arithmetic = arithmetic
    return state
  }

  @Test("A run that goes on with other arithmetic says so, and up to which step it had which")
  func otherArithmetic() {
    let ending =
      " up to step 1 and goes on with arithmetic version 3: from here on its bits differ from what "
      + "the release before would have given"
    #expect(
      Self.afterOneStep(arithmetic: 2).changeOfArithmetic(to: 3)
        == "this run was computed with arithmetic version 2" + ending)
  }

  @Test("A run without a step and one that goes on with its own arithmetic have nothing to say")
  func sameArithmetic() {
    #expect(Self.start.changeOfArithmetic(to: 3) == nil)
    #expect(Self.afterOneStep(arithmetic: 3).changeOfArithmetic(to: 3) == nil)
  }
}
