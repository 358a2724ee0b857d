// Multi-head attention over ragged sequences that lie back to back. The T × T weights are never
// kept: a tile of query rows is scored, used and forgotten, and scored again in the backward pass.

import Foundations
import Tensors

/// The extents of an attention and its scratch memory.
///
/// The sequences' tokens are rows of one matrix of queries, keys and values, (rows, 3·D): columns
/// 0..<D are the queries, head by head, then keys, then values.
///
/// `@unchecked Sendable`: each thread writes the scratch of its own slot only.
public final class Attention: @unchecked Sendable {
  /// D: all heads together.
  public let width: Int
  public let heads: Int
  /// Floats that `forward` keeps of a query row and head: largest score and reciprocal sum.
  public static let statisticsPerRow = 2

  /// Query rows of a tile: with 400 keys the scores take 100 KB of a core's second-level cache.
  static let tileRows = 64

  private let longestSequence: Int
  private let scores: [FloatBuffer]  // per slot, (tileRows, longestSequence)
  private let scoreGradients: [FloatBuffer]  // per slot, (tileRows, longestSequence)

  /// - Precondition: `heads` divides `width`.
  public init(width: Int, heads: Int, longestSequence: Int, slots: Int) {
    precondition(width % heads == 0 && slots > 0)
    self.width = width
    self.heads = heads
    self.longestSequence = longestSequence
    scores = (0..<slots).map { _ in FloatBuffer(count: Self.tileRows * longestSequence) }
    scoreGradients = (0..<slots).map { _ in FloatBuffer(count: Self.tileRows * longestSequence) }
  }

  var headWidth: Int { width / heads }
  var scale: Float { 1 / Float(headWidth).squareRoot() }

  /// output = softmax(Q Kᵀ / √d) V for every sequence and head.
  ///
  /// - Parameters:
  ///   - projections: (rows, 3·D), queries, keys, values.
  ///   - starts: the first row of each sequence, and after the last one the number of rows.
  ///   - output: (rows, D).
  ///   - statistics: (heads, rows, 2), written.
  public func forward(
    projections: MatrixView, starts: [Int], output: MatrixView,
    statistics: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.forEach(
      (starts.count - 1) * heads,
      withSlot: { part, slot in
        let (sequence, head) = part.quotientAndRemainder(dividingBy: heads)
        let tokens = starts[sequence]..<starts[sequence + 1]
        precondition(tokens.count <= longestSequence)
        forwardHead(
          head, tokens, projections: projections, output: output,
          statistics: statistics + (head * projections.rows + tokens.lowerBound) * 2,
          scores: scores[slot].pointer)
      })
  }

  private func forwardHead(
    _ head: Int, _ tokens: Range<Int>, projections: MatrixView, output: MatrixView,
    statistics: UnsafeMutablePointer<Float>, scores: UnsafeMutablePointer<Float>
  ) {
    let (queries, keys, values) = slices(of: projections, head: head, tokens: tokens)
    let result = output.slice(rows: tokens, columns: columns(of: head))
    forEachTile(tokens.count) { rows in
      let tile = MatrixView(scores, rows: rows.count, columns: tokens.count)
      BLAS.multiply(
        queries.slice(rows: rows), keys, transposing: .second, into: tile, alpha: scale)
      for row in rows {
        let weights = Softmax.exponentials(tile.row(row - rows.lowerBound), count: tile.columns)
        statistics[2 * row] = weights.largest
        statistics[2 * row + 1] = weights.reciprocal
      }
      let tileResult = result.slice(rows: rows)
      BLAS.multiply(tile, values, into: tileResult)
      for row in rows {
        let reciprocal = statistics[2 * row + 1]
        let out = tileResult.row(row - rows.lowerBound)
        forEachVector(headWidth) { i, n in
          out.storeLanes(out.lanes(at: i, count: n) * reciprocal, at: i, count: n)
        }
      }
    }
  }

  /// The gradient of queries, keys and values.
  ///
  /// With weights P and their gradient dP = dO Vᵀ, the scores' gradient is P ∘ (dP − rowsum(dO ∘
  /// O)); the sum over a row of P ∘ dP equals rowsum(dO ∘ O) (Dao et al., "FlashAttention", 2022).
  /// - Parameters:
  ///   - projections, output, statistics: as `forward` had and left them.
  ///   - outputGradient: (rows, D).
  ///   - gradient: (rows, 3·D), overwritten.
  public func backward(
    projections: MatrixView, starts: [Int], output: MatrixView,
    statistics: UnsafePointer<Float>, outputGradient: MatrixView, gradient: MatrixView,
    pool: ThreadPool
  ) {
    pool.forEach(
      (starts.count - 1) * heads,
      withSlot: { part, slot in
        let (sequence, head) = part.quotientAndRemainder(dividingBy: heads)
        let tokens = starts[sequence]..<starts[sequence + 1]
        let columns = columns(of: head)
        backwardHead(
          operands: slices(of: projections, head: head, tokens: tokens),
          gradients: slices(of: gradient, head: head, tokens: tokens),
          output: output.slice(rows: tokens, columns: columns),
          outputGradient: outputGradient.slice(rows: tokens, columns: columns),
          statistics: statistics + (head * projections.rows + tokens.lowerBound) * 2, slot: slot)
      })
  }

  /// Queries, keys and values of one head, or their gradients: each (T, d).
  private typealias Projections = (queries: MatrixView, keys: MatrixView, values: MatrixView)

  private func backwardHead(
    operands: Projections, gradients: Projections, output: MatrixView, outputGradient: MatrixView,
    statistics: UnsafePointer<Float>, slot: Int
  ) {
    let count = output.rows
    forEachTile(count) { rows in
      let weights = MatrixView(scores[slot].pointer, rows: rows.count, columns: count)
      let weightGradient = MatrixView(
        scoreGradients[slot].pointer, rows: rows.count, columns: count)
      let queries = operands.queries.slice(rows: rows)
      let tileGradient = outputGradient.slice(rows: rows)
      BLAS.multiply(queries, operands.keys, transposing: .second, into: weights, alpha: scale)
      BLAS.multiply(tileGradient, operands.values, transposing: .second, into: weightGradient)
      for row in rows {
        let tileRow = row - rows.lowerBound
        Softmax.recompute(
          weights.row(tileRow), count: count,
          Softmax.Row(largest: statistics[2 * row], reciprocal: statistics[2 * row + 1]))
      }
      // Keys and values gather from every tile: the first one overwrites, the others add.
      let beta: Float = rows.lowerBound == 0 ? 0 : 1
      BLAS.multiply(weights, tileGradient, transposing: .first, into: gradients.values, beta: beta)
      for row in rows {
        let tileRow = row - rows.lowerBound
        Softmax.backward(
          weights: weights.row(tileRow), weightGradient: weightGradient.row(tileRow),
          product: Softmax.dot(output.row(row), outputGradient.row(row), count: headWidth),
          scale: scale, count: count)
      }
      BLAS.multiply(weightGradient, operands.keys, into: gradients.queries.slice(rows: rows))
      BLAS.multiply(weightGradient, queries, transposing: .first, into: gradients.keys, beta: beta)
    }
  }

  private func columns(of head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }

  private func slices(
    of projections: MatrixView, head: Int, tokens: Range<Int>
  ) -> Projections {
    func slice(_ part: Int) -> MatrixView {
      let start = part * width + head * headWidth
      return projections.slice(rows: tokens, columns: start..<start + headWidth)
    }
    return (slice(0), slice(1), slice(2))
  }

  @inline(__always)
  private func forEachTile(_ count: Int, _ body: (Range<Int>) -> Void) {
    var start = 0
    while start < count {
      body(start..<min(start + Self.tileRows, count))
      start += Self.tileRows
    }
  }
}
