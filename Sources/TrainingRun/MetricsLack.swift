// What metrics should tell of and do not, in words.

import Basics

package struct MetricsLack: CustomStringConvertible {
  /// Steps without a line.
  package let steps: Set<Step>
  /// Steps without the line of their evaluation.
  package let evaluations: Set<Step>

  package init(steps: some Sequence<Step>, evaluations: some Sequence<Step>) {
    self.steps = Set(steps)
    self.evaluations = Set(evaluations)
  }

  package var isNothing: Bool { steps.isEmpty && evaluations.isEmpty }

  /// "the lines of steps 1 to 3 and the evaluation of step 2".
  package var description: String {
    func numbered(_ steps: Set<Step>) -> String {
      HumanFormat.numbered("step", steps.map(\.index))
    }
    var texts: [String] = []
    if !steps.isEmpty { texts.append("the lines of \(numbered(steps))") }
    if !evaluations.isEmpty {
      let noun = evaluations.count == 1 ? "evaluation" : "evaluations"
      texts.append("the \(noun) of \(numbered(evaluations))")
    }
    return texts.joined(separator: " and ")
  }
}
