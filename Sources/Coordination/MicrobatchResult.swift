// One computation of a microbatch: who gave each chunk of its gradient and its report, and what
// these come to. The gradient itself is not kept.

import Basics

/// A process that computed something.
struct Computer: Hashable, Sendable {
  let name: String
  let nonce: UInt64

  /// Whose it is: its key's name, or all of its name where there are no keys.
  var owner: Substring { name.prefix { $0 != "/" } }
}

/// What came of a microbatch, from one process or from several that took over from each other.
struct MicrobatchResult: Sendable {
  private struct Part {
    let computer: Computer
    /// Nil until it was measured.
    var measure: ChunkMeasure?
  }

  private var parts: [Part?]
  private var report: (sums: LossSums, computer: Computer)?

  init(chunkCount: Int) { parts = Array(repeating: nil, count: chunkCount) }

  // MARK: - As it comes

  mutating func note(_ chunk: ChunkIndex, by computer: Computer) {
    parts[chunk.index] = Part(computer: computer)
  }

  mutating func note(_ measure: ChunkMeasure, of chunk: ChunkIndex) {
    parts[chunk.index]?.measure = measure
  }

  mutating func note(_ sums: LossSums, by computer: Computer) { report = (sums, computer) }

  // MARK: - What it is

  /// Whether all of it came and was measured.
  var isComplete: Bool { report != nil && parts.allSatisfy { $0?.measure != nil } }

  /// √Σ value² of the gradient, added in the order of the chunks; 0 of what is not measured.
  var norm: Double {
    parts.reduce(0) { $0 + ($1?.measure?.squaredNorm ?? 0) }.squareRoot()
  }

  /// Whoever had a part in it.
  var computers: Set<Computer> {
    Set(parts.compactMap { $0?.computer } + [report?.computer].compactMap { $0 })
  }

  /// Whether gradient and report are the same, bit for bit.
  func equals(_ other: MicrobatchResult) -> Bool { computers(unlike: other).isEmpty }

  /// Whoever gave what is otherwise in another computation.
  func computers(unlike other: MicrobatchResult) -> Set<Computer> {
    var found: Set<Computer> = []
    for case (let mine?, let its) in zip(parts, other.parts)
    where mine.measure?.fingerprint != its?.measure?.fingerprint {
      found.insert(mine.computer)
    }
    if let report, report.sums != other.report?.sums { found.insert(report.computer) }
    return found
  }
}

extension Set<Computer> {
  /// "w1, w2", of a few.
  var text: String {
    let names = Set<String>(map(\.name)).sorted()
    return names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
  }
}
