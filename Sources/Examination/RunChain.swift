// The numbers that a run recorded, step by step, and whether they hang together.

import Basics
import Coordination
import Observability

/// What a run's metrics say of its steps and evaluations. Lines that are not as they were written
/// are left out: the scan names them.
package struct RunChain: Sendable {
  /// A step or an evaluation.
  package struct Link: Sendable {
    package let line: Int
    package let numbers: SharedNumbers
    package let chain: Digest
    /// Of the replica; nil for an evaluation.
    package let digest: Digest?

    package var step: Step { numbers.step }
    package var isEvaluation: Bool { digest == nil }
  }

  /// In the order of the file.
  package let links: [Link]
  private let steps: [Step: Link]
  private let evaluations: [Step: Link]

  /// - Throws: `RunChainError.unreadable` for a line that is as it was written and cannot be read.
  package init(_ scan: MetricsScan) throws {
    var links: [Link] = []
    for line in scan.lines where line.kind != .other {
      guard
        let entry = scan.entry(of: line), let numbers = entry.shared, let chain = entry.chain,
        (entry.digest("digest") != nil) == (line.kind == .step)
      else { throw RunChainError.unreadable(path: scan.path, line: line.number) }
      links.append(
        Link(line: line.number, numbers: numbers, chain: chain, digest: entry.digest("digest")))
    }
    self.links = links
    func first(_ links: [Link]) -> [Step: Link] {
      Dictionary(links.map { ($0.step, $0) }, uniquingKeysWith: { first, _ in first })
    }
    steps = first(links.filter { !$0.isEvaluation })
    evaluations = first(links.filter(\.isEvaluation))
  }

  package var stepCount: Int { steps.count }
  package var lastStep: Link? { links.last { !$0.isEvaluation } }

  /// Where the chain is broken first; nil when every record follows from the one before. Behind a
  /// step without a line, and behind an evaluation without one, it begins anew.
  /// - Parameters:
  ///   - start: the chain of step 0.
  ///   - lost: the steps whose evaluation was made and has no line.
  package func firstBreak(start: Digest, lostEvaluations lost: [Step] = []) -> RunChainError? {
    let lost = Set(lost)
    var (step, chain) = (Step(0), start)
    for link in links {
      let follows =
        link.isEvaluation ? link.step == step : link.step == step.next && !lost.contains(step)
      let expected = link.numbers.chain(after: chain)
      if follows && expected != link.chain {
        return .broken(
          line: link.line, step: link.step, isEvaluation: link.isEvaluation, expected: expected,
          found: link.chain)
      }
      (step, chain) = (link.step, link.chain)
    }
    return nil
  }

  /// The steps up to one that have no line.
  package func missing(upTo last: Step) -> [Step] {
    (0..<last.index).map { Step(index: $0 + 1) }.filter { steps[$0] == nil }
  }

  /// The steps before one whose evaluation was made and has no line.
  /// - Parameters:
  ///   - start: the chain of step 0.
  ///   - isComplete: whether it is known that no shard was lost; where all that is held out is
  ///     lost, nothing is evaluated.
  package func lostEvaluations(
    by schedule: EvaluationSchedule?, before end: Step, start: Digest, isComplete: Bool
  ) -> [Step] {
    func isLinked(to step: Step) -> Bool? {
      let chain = step == Step(0) ? start : steps[step]?.chain
      guard let chain, let next = steps[step.next] else { return nil }
      return next.numbers.chain(after: chain) == next.chain
    }
    return schedule?.lost(
      before: end, isRecorded: { evaluations[$0] != nil },
      isSkipped: { isLinked(to: $0) ?? (isComplete ? false : nil) }) ?? []
  }

  /// The link of a step; nil when the metrics do not tell of it.
  package func link(of step: Step) -> Link? { steps[step] }

  /// Where two runs differ, and in which number.
  package struct Parting: Sendable {
    package let step: Step
    package let isEvaluation: Bool
    package let key: String
    package let values: [String]
  }

  /// How many steps both runs made, and where they differ first; nil when they do not.
  package func compare(with other: RunChain) -> (common: Int, parting: Parting?) {
    let common = steps.keys.filter { other.steps[$0] != nil }.sorted()
    for step in [Step(0)] + common {
      for (links, others) in [(steps, other.steps), (evaluations, other.evaluations)] {
        guard let link = links[step], let otherLink = others[step],
          let (key, value, otherValue) = link.numbers.difference(from: otherLink.numbers)
        else { continue }
        let parting = Parting(
          step: step, isEvaluation: link.isEvaluation, key: key,
          values: [value.text, otherValue.text])
        return (common.count, parting)
      }
    }
    return (common.count, nil)
  }
}

/// What is wrong with the records of a run.
package enum RunChainError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, line: Int)
  case broken(line: Int, step: Step, isEvaluation: Bool, expected: Digest, found: Digest)

  package var description: String {
    switch self {
    case .unreadable(let path, let line):
      return "\(path): line \(line) is as it was written, but cannot be read: another release of "
        + "Terrane wrote it"
    case .broken(let line, let step, let isEvaluation, let expected, let found):
      let place = isEvaluation ? "at the evaluation of step \(step)" : "at step \(step)"
      return "line \(line): the chain \(place) is \(found), but the numbers up to there give "
        + "\(expected)"
    }
  }
}
