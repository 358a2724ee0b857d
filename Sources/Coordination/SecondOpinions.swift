// What was computed of a step and is in doubt: by whom, and with what outcome.

import Basics

/// One computation of a step's whole gradient that may be a machine's fault.
struct SumOpinion: Sendable {
  /// Of the gradient sum.
  let digest: Digest
  let sums: LossSums
  /// Names of those who had a part in each microbatch.
  let computers: [Int: Set<String>]
  let reached: Instant

  func agrees(with other: SumOpinion) -> Bool { digest == other.digest && sums == other.sums }

  var names: Set<String> { computers.values.reduce(into: []) { $0.formUnion($1) } }

  /// "w1 (microbatches 0, 2), w2 (microbatch 1)", of a few workers and microbatches.
  var text: String {
    let workers = names.sorted()
    let shown = workers.prefix(4).map { name in
      let part = computers.filter { $0.value.contains(name) }.map(\.key).sorted()
      let numbers = part.prefix(8).map { "\($0)" }.joined(separator: ", ")
      let more = part.count > 8 ? ", …" : ""
      return "\(name) (\(part.count == 1 ? "microbatch" : "microbatches") \(numbers)\(more))"
    }
    let more = workers.count > 4 ? " and \(workers.count - 4) more" : ""
    return shown.joined(separator: ", ") + more
  }
}

/// Computations of one step's gradient that were not believed, oldest first.
struct Doubts: Sendable {
  private(set) var opinions: [SumOpinion] = []

  var isEmpty: Bool { opinions.isEmpty }
  var count: Int { opinions.count }
  var last: SumOpinion? { opinions.last }

  mutating func note(_ opinion: SumOpinion) { opinions.append(opinion) }

  /// The step is made, or begins anew with other work.
  mutating func clear() { opinions = [] }

  /// Who computed a microbatch at any time.
  func computers(of microbatch: Int) -> Set<String> {
    opinions.reduce(into: []) { $0.formUnion($1.computers[microbatch] ?? []) }
  }

  /// Who had a part in a computation before the last one.
  var namesBeforeLast: [String] {
    opinions.dropLast().reduce(into: Set()) { $0.formUnion($1.names) }.sorted()
  }

  /// "1 by w1 (microbatches 0, 2); 2 by …".
  var text: String {
    opinions.enumerated().map { "\($0 + 1) by \($1.text)" }.joined(separator: "; ")
  }
}

/// A worker's word that an item comes out not finite.
struct NotFiniteResult: Sendable {
  let lease: LeaseID
  let name: String
  let nonce: UInt64
  /// Whether a committed step held results of it.
  let isProven: Bool
  let time: Instant
}
