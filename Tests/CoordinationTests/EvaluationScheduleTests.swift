// When a run is evaluated, and which evaluations are told to be lost.

import Basics
import Coordination
import Testing

@Suite("The schedule of evaluations") struct EvaluationScheduleTests {
  private let schedule = EvaluationSchedule(every: 3, last: Step(8))

  @Test("A run is evaluated at step 0, every so many steps and at its last step")
  func due() {
    #expect((0...8).filter { schedule.isDue(at: Step(index: $0)) } == [0, 3, 6, 8])
    let atEnd = EvaluationSchedule(every: 0, last: Step(8))
    #expect((0...8).filter { atEnd.isDue(at: Step(index: $0)) } == [8])
  }

  @Test("An evaluation is lost when it was due, has no record, and was made as far as is known")
  func lost() {
    func lost(before end: Int, isSkipped: @escaping (Step) -> Bool?) -> [Step] {
      schedule.lost(
        before: Step(index: end), isRecorded: { $0 == Step(3) }, isSkipped: isSkipped)
    }
    #expect(lost(before: 8, isSkipped: { _ in false }) == [Step(0), Step(6)])
    #expect(lost(before: 6, isSkipped: { _ in false }) == [Step(0)])
    #expect(lost(before: 8, isSkipped: { $0 == Step(0) ? nil : true }) == [])
  }
}
