// What came of the microbatches of one step, of which one may be under recheck.

import Basics
import Wire

struct MicrobatchWatch: Sendable {
  /// By the microbatches' numbers.
  private var results: [MicrobatchResult]
  /// Microbatches whose norm stood out and that are as they should be.
  private var confirmed: Set<Int> = []
  /// At most one at a time.
  var recheck: Recheck?

  init(microbatches: Int, chunkCount: Int) {
    results = Array(repeating: MicrobatchResult(chunkCount: chunkCount), count: microbatches)
  }

  mutating func note(_ chunk: ChunkIndex, of microbatch: Int, by computer: Computer) {
    results[microbatch].note(chunk, by: computer)
  }

  mutating func note(_ measure: ChunkMeasure, of chunk: ChunkIndex, of microbatch: Int) {
    results[microbatch].note(measure, of: chunk)
  }

  mutating func note(_ sums: LossSums, of microbatch: Int, by computer: Computer) {
    results[microbatch].note(sums, by: computer)
  }

  /// Names of those who had a part in each microbatch.
  var names: [Int: Set<String>] {
    Dictionary(
      uniqueKeysWithValues: results.enumerated().map { ($0, Set($1.computers.map(\.name))) })
  }

  /// Of all microbatches, in order.
  var norms: [Double] { results.map(\.norm) }

  /// The first microbatch whose norm stands out, beside those that were confirmed, and what it
  /// stands out from.
  func suspect(_ watch: NormWatch) -> (microbatch: Int, references: [Double])? {
    let norms = norms
    // Almost all end here.
    let suspects = results.indices.filter { microbatch in
      !confirmed.contains(microbatch)
        && watch.ordinary.map { NormWatch.standsOut(norms[microbatch], from: [$0]) } ?? true
    }
    if suspects.isEmpty { return nil }
    let owners = results.map { Set($0.computers.map(\.owner)) }
    var references: [Set<Substring>: [Double]] = [:]
    for microbatch in suspects {
      let own = owners[microbatch]
      let known =
        references[own]
        ?? watch.references(
          among: results.indices.filter { owners[$0].isDisjoint(with: own) }.map { norms[$0] })
      references[own] = known
      if NormWatch.standsOut(norms[microbatch], from: known) { return (microbatch, known) }
    }
    return nil
  }

  mutating func beginRecheck(
    of microbatch: Int, unlike references: [Double], at now: Instant
  ) {
    recheck = Recheck(of: microbatch, results[microbatch], unlike: references, at: now)
  }

  /// The result in the sum is right.
  mutating func confirm(_ microbatch: Int) {
    confirmed.insert(microbatch)
    recheck = nil
  }

  subscript(microbatch: Int) -> MicrobatchResult { results[microbatch] }
}
