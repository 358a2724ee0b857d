// Multi-head attention over ragged sequences that lie back to back. The T × T weights are never
// kept: a tile of query rows is scored, used and forgotten, and scored again in the backward pass.

import Basics
import CProcessor
import Tensors

/// The extents of an attention and its scratch memory.
///
/// The sequences' tokens are rows of one matrix of queries, keys and values, (rows, 3·D): columns
/// 0..<D are the queries, head by head, then keys, then values.
///
/// `@unchecked Sendable`: each thread writes the scratch of its own slot only.
package final class Attention: @unchecked Sendable {
  /// D: all heads together.
  package let width: Int
  package let heads: Int
  /// Floats that `forward` keeps of a query row and head: largest score and reciprocal sum.
  package static let statisticsPerRow = 2

  private let longestSequence: Int
  private let workspaces: [AttentionWorkspace]  // one per slot
  private let loops: InnerLoops

  /// - Parameter loops: what to compute with, which chooses no bit of the result.
  /// - Precondition: `heads` divides `width`.
  package init(
    width: Int, heads: Int, longestSequence: Int, slots: Int, loops: InnerLoops = .ofThisMachine
  ) {
    precondition(width % heads == 0 && slots > 0)
    self.width = width
    self.heads = heads
    self.longestSequence = longestSequence
    self.loops = loops
    workspaces = (0..<slots).map { _ in
      AttentionWorkspace(headWidth: width / heads, longestSequence: longestSequence)
    }
  }

  /// Rows whose softmax is computed, and whose successors' operands are prefetched, together.
  @inline(__always)
  private var rowsAtATime: Int { 4 }

  var headWidth: Int { width / heads }
  var scale: Float { 1 / Float(headWidth).squareRoot() }

  /// output = softmax(Q Kᵀ / √d) V for every sequence and head.
  ///
  /// - Parameters:
  ///   - projections: (rows, 3·D), queries, keys, values.
  ///   - starts: the first row of each sequence, and after the last one the number of rows.
  ///   - output: (rows, D).
  ///   - statistics: (heads, rows, 2), written.
  package func forward(
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
          slices(of: projections, head: head, tokens: tokens),
          output: output.slice(rows: tokens, columns: columns(of: head)),
          statistics: statistics + (head * projections.rows + tokens.lowerBound) * 2,
          workspace: workspaces[slot], comingHead: comingHead(after: head, of: tokens, pool))
      })
  }

  private func forwardHead(
    _ operands: Projections, output: MatrixView, statistics: UnsafeMutablePointer<Float>,
    workspace: AttentionWorkspace, comingHead: Int?
  ) {
    let (count, form) = (output.rows, loops.form)
    form.transposedPanelsOfB(
      operands.keys, into: workspace.transposedKeys,
      panelStride: MicroTile.nr * form.places(depth: headWidth))
    form.panelsOfB(
      operands.values, into: workspace.tokens,
      panelStride: MicroTile.nr * form.places(depth: count))
    forEachTile(count) { rows in
      let queries = workspace.copyRows(of: operands.queries.slice(rows: rows), factor: scale)
      form.panelsOfA(queries, into: workspace.queriesA, panelStride: workspace.rowStride)
      let tile = AttentionTile(
        workspace: workspace, rows: rows.count, tokens: count, headWidth: headWidth, loops: loops)
      tile.score(workspace.queriesA, workspace.transposedKeys, into: workspace.scores)
      // The last four rows may be more than there are.
      for row in stride(from: 0, to: rows.count, by: rowsAtATime) {
        let (place, weights) = tile.place(of: row)
        prefetchRows(of: operands, row: rows.lowerBound + row, distance: comingHead)
        loops.exponentials(
          workspace.scores + place, workspace.scoreWidth, count, weights,
          workspace.statistics + 2 * row)
      }
      (statistics + 2 * rows.lowerBound).update(from: workspace.statistics, count: 2 * rows.count)
      tile.average(workspace.tokens)
      workspace.copyOut(workspace.rows, to: output.slice(rows: rows)) {
        workspace.statistics[2 * $0 + 1]
      }
    }
  }

  /// The gradient of queries, keys and values.
  ///
  /// With weights P and their gradient dP = dO Vᵀ, the scores' gradient is P ∘ (dP − rowsum(dO ∘
  /// O)); the sum over a row of P ∘ dP equals rowsum(dO ∘ O) (Dao et al., "FlashAttention", 2022).
  /// - Parameters:
  ///   - projections, starts: as `forward` had them.
  ///   - gradient: (rows, 3·D), whose columns of keys and values are overwritten.
  package func backward(
    _ queries: SelectedQueries, projections: MatrixView, starts: [Int], gradient: MatrixView,
    pool: ThreadPool
  ) {
    precondition(queries.starts.count == starts.count && queries.rows.columns == width)
    pool.forEach(
      (starts.count - 1) * heads,
      withSlot: { part, slot in
        let (sequence, head) = part.quotientAndRemainder(dividingBy: heads)
        let tokens = starts[sequence]..<starts[sequence + 1]
        let selected = queries.starts[sequence]..<queries.starts[sequence + 1]
        precondition(tokens.count <= longestSequence)
        let columns = columns(of: head)
        var operands = slices(of: projections, head: head, tokens: tokens)
        operands.queries = queries.rows.slice(rows: selected, columns: columns)
        var gradients = slices(of: gradient, head: head, tokens: tokens)
        gradients.queries = queries.gradient.slice(rows: selected, columns: columns)
        backwardHead(
          operands: operands, gradients: gradients,
          output: queries.output.slice(rows: selected, columns: columns),
          outputGradient: queries.outputGradient.slice(rows: selected, columns: columns),
          statistics: queries.statistics + (head * queries.rows.rows + selected.lowerBound) * 2,
          workspace: workspaces[slot], comingHead: comingHead(after: head, of: tokens, pool))
      })
  }

  /// Queries, keys and values of one head, or their gradients: (T, d), of queries maybe
  /// fewer rows.
  private typealias Projections = (queries: MatrixView, keys: MatrixView, values: MatrixView)

  private func backwardHead(
    operands: Projections, gradients: Projections, output: MatrixView, outputGradient: MatrixView,
    statistics: UnsafePointer<Float>, workspace: AttentionWorkspace, comingHead: Int?
  ) {
    let (count, form) = (operands.keys.rows, loops.form)
    let panelStride = MicroTile.nr * form.places(depth: headWidth)
    form.transposedPanelsOfB(
      operands.keys, into: workspace.transposedKeys, panelStride: panelStride)
    form.transposedPanelsOfB(
      operands.values, into: workspace.transposedValues, panelStride: panelStride)
    form.panelsOfB(
      operands.keys, into: workspace.tokens,
      panelStride: MicroTile.nr * form.places(depth: count))
    if output.rows == 0 { workspace.clearGradients(tokens: count) }
    forEachTile(output.rows) { rows in
      let tile = AttentionTile(
        workspace: workspace, rows: rows.count, tokens: count, headWidth: headWidth, loops: loops)
      let outer = outputGradient.slice(rows: rows)
      tile.pack(outer, asA: workspace.outputGradientA, asB: workspace.outputGradientB)
      tile.pack(
        workspace.copyRows(of: operands.queries.slice(rows: rows), factor: scale),
        asA: workspace.queriesA, asB: workspace.queriesB)
      tile.score(workspace.queriesA, workspace.transposedKeys, into: workspace.scores)
      tile.score(
        workspace.outputGradientA, workspace.transposedValues, into: workspace.scoreGradients)
      for row in rows {
        if row % rowsAtATime == 0 {
          prefetchRows(of: operands, row: row, distance: comingHead)
          if let comingHead {
            prefetchRows(of: output, row: row, distance: comingHead)
            prefetchRows(of: outputGradient, row: row, distance: comingHead)
          }
          prefetchRows(of: gradients, row: row, distance: 0)  // written when this head ends
        }
        let (place, weights) = tile.place(of: row - rows.lowerBound)
        loops.softmaxGradient(
          workspace.scores + place, workspace.scoreGradients + place, count, statistics[2 * row],
          statistics[2 * row + 1],
          RowOperations.dot(output.row(row), outputGradient.row(row), count: headWidth), weights)
      }
      // Keys and values gather from every tile: the first one overwrites, the others add. The
      // queries are scaled, and so is what keys gather from them.
      let adding = rows.lowerBound > 0
      tile.gather(
        workspace.scores, workspace.outputGradientB, into: workspace.valueGradients, adding: adding)
      tile.gather(
        workspace.scoreGradients, workspace.queriesB, into: workspace.keyGradients, adding: adding)
      tile.average(workspace.tokens)
      workspace.copyOut(workspace.rows, to: gradients.queries.slice(rows: rows)) { _ in scale }
    }
    workspace.copyOut(workspace.keyGradients, to: gradients.keys) { _ in 1 }
    workspace.copyOut(workspace.valueGradients, to: gradients.values) { _ in 1 }
  }

  /// How many floats further in its rows the head lies that this thread will probably take next:
  /// all threads take one at a time. Nil when that is another sequence's, and when the sequence is
  /// so long that its head would take this one's place in the cache.
  private func comingHead(
    after head: Int, of tokens: Range<Int>, _ pool: ThreadPool
  ) -> Int? {
    tokens.count <= 160 && head + pool.threadCount < heads
      ? pool.threadCount * headWidth : nil
  }

  /// Prefetches four rows of a head, from `row` on, that lie `distance` floats further than the
  /// operands.
  @inline(__always)
  private func prefetchRows(of operands: Projections, row: Int, distance: Int?) {
    guard let distance else { return }
    prefetchRows(of: operands.queries, row: row, distance: distance)
    prefetchRows(of: operands.keys, row: row, distance: distance)
    prefetchRows(of: operands.values, row: row, distance: distance)
  }

  @inline(__always)
  private func prefetchRows(of matrix: MatrixView, row: Int, distance: Int) {
    for row in row..<min(row + rowsAtATime, matrix.rows) {
      for line in stride(
        from: distance, to: distance + headWidth, by: CacheBlocking.lineFloats)
      {
        prefetch(matrix.row(row) + line)
      }
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
      body(start..<min(start + AttentionWorkspace.tileRows, count))
      start += AttentionWorkspace.tileRows
    }
  }
}
