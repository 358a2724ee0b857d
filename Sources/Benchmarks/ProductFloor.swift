// The naive products of a step and nothing else, as OpenBLAS computes them: every linear layer's
// three and every attention's six, on all tokens, each pair with the most visible patches that its
// mask ratio may leave. A step that computes less than that, or faster, can be below it.

import Basics
import Kernels
import MaskedAutoencoding
import Tensors

/// The products of one model and batch size.
package struct ProductFloor: Sendable {
  package let preset: ModelPreset
  package let pairs: Int
  package let threads: Int

  /// - Precondition: all are positive.
  package init(preset: ModelPreset, pairs: Int, threads: Int) {
    precondition(pairs > 0 && threads > 0)
    self.preset = preset
    self.pairs = pairs
    self.threads = threads
  }

  /// Who shares a large product among the threads.
  package enum Spread: String, CaseIterable, Sendable {
    /// A grid of single-threaded calls.
    case grid
    /// OpenBLAS itself.
    case openBLAS
  }

  package struct Report: Sendable {
    /// (rounds) of each way, measured in turn.
    package var seconds: [Spread: [Double]] = [:]
    package var operations = 0.0
    /// Operations a second that a large product of ours reaches.
    package var productSpeeds: [ProductArithmetic: Double] = [:]

    /// The faster way by its median.
    package var fastest: (spread: Spread, seconds: Double) {
      Spread.allCases.map { ($0, (seconds[$0] ?? []).median ?? .nan) }.min { $0.1 < $1.1 }!
    }
  }

  /// All products `rounds` times in both ways, after once to warm up.
  /// - Throws: `OpenBLASError` where it is not installed.
  package func run(rounds: Int) throws -> Report {
    let library = try OpenBLAS()
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    let configuration = preset.configuration(channels: 3)
    let visible = configuration.mostVisiblePatches(bounds: .paper)
    let work = StepOperations(
      configuration, visibleCounts: Array(repeating: visible, count: pairs))
    let operands = FloorOperands(work, library, slots: threads)
    var report = Report()
    report.operations = work.operations
    for arithmetic in ProductArithmetic.allCases {
      report.productSpeeds[arithmetic] = ProductSpeed.measure(arithmetic, pool: pool)
    }
    for round in 0...rounds {
      for spread in Spread.allCases {
        let start = Instant.monotonicNow()
        operands.multiplyAll(work, spread, pool)
        if round > 0 {
          report.seconds[spread, default: []].append((Instant.monotonicNow() - start).seconds)
        }
      }
    }
    return report
  }
}

/// Operands large enough for every product; what is in them does not matter.
private struct FloorOperands {
  let library: OpenBLAS
  let rows: FloatBuffer  // input of a layer
  let outputs: FloatBuffer  // output of a layer
  let weights: FloatBuffer
  let scores: [FloatBuffer]  // per slot, (2, T, T)

  init(_ work: StepOperations, _ library: OpenBLAS, slots: Int) {
    self.library = library
    func buffer(_ count: Int) -> FloatBuffer {
      let buffer = FloatBuffer(count: count)
      buffer.fill(0.01)
      return buffer
    }
    rows = buffer(work.linears.map { $0.rows * $0.inputs }.max()!)
    outputs = buffer(work.linears.map { $0.rows * $0.outputs }.max()!)
    weights = buffer(work.linears.map { $0.inputs * $0.outputs }.max()!)
    let longest = work.attentions.flatMap(\.sequences).max()!
    scores = (0..<slots).map { _ in buffer(2 * longest * longest) }
  }

  func multiplyAll(_ work: StepOperations, _ spread: ProductFloor.Spread, _ pool: ThreadPool) {
    for linear in work.linears { multiply(linear, spread, pool) }
    for attention in work.attentions { multiply(attention, pool) }
  }

  private func multiply(
    _ linear: StepOperations.Linear, _ spread: ProductFloor.Spread, _ pool: ThreadPool
  ) {
    let input = MatrixView(rows, rows: linear.rows, columns: linear.inputs)
    let weight = MatrixView(weights, rows: linear.outputs, columns: linear.inputs)
    let output = MatrixView(outputs, rows: linear.rows, columns: linear.outputs)
    switch spread {
    case .grid:
      library.multiply(input, weight, transposing: .second, into: output, pool: pool)
      library.multiply(output, input, transposing: .first, into: weight, pool: pool)
      library.multiply(output, weight, transposing: .none, into: input, pool: pool)
    case .openBLAS:
      library.withOwnThreads(pool.threadCount) {
        library.multiply(input, weight, transposing: .second, into: output)
        library.multiply(output, input, transposing: .first, into: weight)
        library.multiply(output, weight, into: input)
      }
    }
  }

  /// Scores and output; then the gradients of weights, values, queries and keys. One head of one
  /// sequence is one thread's.
  private func multiply(_ attention: StepOperations.Attending, _ pool: ThreadPool) {
    let (heads, width) = (attention.heads, attention.heads * attention.headWidth)
    var starts: [Int] = [0]
    for length in attention.sequences { starts.append(starts.last! + length) }
    let projections = MatrixView(outputs, rows: starts.last!, columns: 3 * width)
    let attended = MatrixView(rows, rows: starts.last!, columns: width)
    pool.forEach(
      attention.sequences.count * heads,
      withSlot: { part, slot in
        let (sequence, head) = part.quotientAndRemainder(dividingBy: heads)
        let tokens = starts[sequence]..<starts[sequence + 1]
        func slice(_ matrix: MatrixView, _ part: Int) -> MatrixView {
          let start = part * width + head * attention.headWidth
          return matrix.slice(rows: tokens, columns: start..<start + attention.headWidth)
        }
        let (queries, keys, values) = (
          slice(projections, 0), slice(projections, 1), slice(projections, 2)
        )
        let output = slice(attended, 0)
        let weights = MatrixView(scores[slot], rows: tokens.count, columns: tokens.count)
        let gradient = MatrixView(
          scores[slot], offset: tokens.count * tokens.count, rows: tokens.count,
          columns: tokens.count)
        library.multiply(queries, keys, transposing: .second, into: weights)
        library.multiply(weights, values, into: output)
        library.multiply(output, values, transposing: .second, into: gradient)
        library.multiply(weights, output, transposing: .first, into: values)
        library.multiply(gradient, keys, into: queries)
        library.multiply(gradient, queries, transposing: .first, into: keys)
      })
  }
}
