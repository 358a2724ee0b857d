// Multi-head attention over ragged sequences that lie back to back. The T × T weights are never
// kept: a tile of query rows is scored, used and forgotten, and scored again in the backward pass.

import Basics
import CProcessor
import Tensors
import WideKernels

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
  private let rooms: [AttentionRoom]  // one a slot
  private let isWide: Bool
  private let exponentials: Exponentials
  private let softmaxGradient: SoftmaxGradient

  private typealias Exponentials = (
    _ scores: UnsafePointer<Float>, _ stride: Int, _ count: Int,
    _ blocks: UnsafeMutablePointer<Float>, _ statistics: UnsafeMutablePointer<Float>
  ) -> Void
  private typealias SoftmaxGradient = (
    _ scores: UnsafeMutablePointer<Float>, _ weightGradient: UnsafeMutablePointer<Float>,
    _ count: Int, _ largest: Float, _ reciprocal: Float, _ product: Float,
    _ blocks: UnsafeMutablePointer<Float>
  ) -> Void

  /// - Precondition: `heads` divides `width`.
  package convenience init(width: Int, heads: Int, longestSequence: Int, slots: Int) {
    self.init(
      width: width, heads: heads, longestSequence: longestSequence, slots: slots,
      onWideRegisters: WideRegisters.arePresent)
  }

  /// The same with registers of choice, which choose no bit of the result.
  package init(
    width: Int, heads: Int, longestSequence: Int, slots: Int, onWideRegisters isWide: Bool
  ) {
    self.isWide = isWide
    if isWide {
      exponentials = WideKernels.RowFunctions.exponentials(_:stride:count:blocks:statistics:)
      softmaxGradient =
        WideKernels.RowFunctions.softmaxGradient(
          scores:weightGradient:count:largest:reciprocal:product:blocks:)
    } else {
      exponentials = RowFunctions.exponentials(_:stride:count:blocks:statistics:)
      softmaxGradient =
        RowFunctions.softmaxGradient(
          scores:weightGradient:count:largest:reciprocal:product:blocks:)
    }
    precondition(width % heads == 0 && slots > 0)
    self.width = width
    self.heads = heads
    self.longestSequence = longestSequence
    rooms = (0..<slots).map { _ in
      AttentionRoom(headWidth: width / heads, longestSequence: longestSequence)
    }
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
          room: rooms[slot], comingHead: comingHead(after: head, of: tokens, pool))
      })
  }

  private func forwardHead(
    _ operands: Projections, output: MatrixView, statistics: UnsafeMutablePointer<Float>,
    room: AttentionRoom, comingHead: Int?
  ) {
    let count = output.rows
    Packing.transposedPanels(
      of: operands.keys, into: room.keysAcross, panelStride: StripProduct.panelWidth * headWidth)
    Packing.panels(
      of: operands.values, into: room.tokens, panelStride: StripProduct.panelWidth * count)
    forEachTile(count) { rows in
      let queries = room.copyRows(of: operands.queries.slice(rows: rows), factor: scale)
      Packing.strips(of: queries, into: room.queryStrips, stripStride: room.rowStride)
      let tile = AttentionTile(
        room: room, rows: rows.count, tokens: count, headWidth: headWidth, isWide: isWide)
      tile.score(room.queryStrips, room.keysAcross, into: room.scores)
      // The last four rows may be more than there are.
      for row in stride(from: 0, to: rows.count, by: 4) {
        let (place, weights) = tile.place(of: row)
        fetch(comingHead, of: operands, row: rows.lowerBound + row)
        exponentials(
          room.scores + place, room.scoreWidth, count, weights, room.statistics + 2 * row)
      }
      (statistics + 2 * rows.lowerBound).update(from: room.statistics, count: 2 * rows.count)
      tile.average(room.tokens)
      room.copyOut(room.rows, to: output.slice(rows: rows)) {
        room.statistics[2 * $0 + 1]
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
    _ queries: Queries, projections: MatrixView, starts: [Int], gradient: MatrixView,
    pool: ThreadPool
  ) {
    precondition(queries.starts.count == starts.count && queries.rows.columns == width)
    pool.forEach(
      (starts.count - 1) * heads,
      withSlot: { part, slot in
        let (sequence, head) = part.quotientAndRemainder(dividingBy: heads)
        let tokens = starts[sequence]..<starts[sequence + 1]
        let asking = queries.starts[sequence]..<queries.starts[sequence + 1]
        precondition(tokens.count <= longestSequence)
        let columns = columns(of: head)
        var operands = slices(of: projections, head: head, tokens: tokens)
        operands.queries = queries.rows.slice(rows: asking, columns: columns)
        var gradients = slices(of: gradient, head: head, tokens: tokens)
        gradients.queries = queries.gradient.slice(rows: asking, columns: columns)
        backwardHead(
          operands: operands, gradients: gradients,
          output: queries.output.slice(rows: asking, columns: columns),
          outputGradient: queries.outputGradient.slice(rows: asking, columns: columns),
          statistics: queries.statistics + (head * queries.rows.rows + asking.lowerBound) * 2,
          room: rooms[slot], comingHead: comingHead(after: head, of: tokens, pool))
      })
  }

  /// Queries, keys and values of one head, or their gradients: (T, d), of queries maybe
  /// fewer rows.
  private typealias Projections = (queries: MatrixView, keys: MatrixView, values: MatrixView)

  private func backwardHead(
    operands: Projections, gradients: Projections, output: MatrixView, outputGradient: MatrixView,
    statistics: UnsafePointer<Float>, room: AttentionRoom, comingHead: Int?
  ) {
    let count = operands.keys.rows
    let panelStride = StripProduct.panelWidth * headWidth
    Packing.transposedPanels(of: operands.keys, into: room.keysAcross, panelStride: panelStride)
    Packing.transposedPanels(of: operands.values, into: room.valuesAcross, panelStride: panelStride)
    Packing.panels(
      of: operands.keys, into: room.tokens, panelStride: StripProduct.panelWidth * count)
    if output.rows == 0 { room.clearGradients(tokens: count) }
    forEachTile(output.rows) { rows in
      let tile = AttentionTile(
        room: room, rows: rows.count, tokens: count, headWidth: headWidth, isWide: isWide)
      let outer = outputGradient.slice(rows: rows)
      tile.pack(outer, intoStrips: room.outputStrips, panels: room.outputPanels)
      tile.pack(
        room.copyRows(of: operands.queries.slice(rows: rows), factor: scale),
        intoStrips: room.queryStrips, panels: room.queryPanels)
      tile.score(room.queryStrips, room.keysAcross, into: room.scores)
      tile.score(room.outputStrips, room.valuesAcross, into: room.scoreGradients)
      for row in rows {
        if row % 4 == 0 {
          fetch(comingHead, of: operands, row: row)
          if let comingHead {
            fetch(output, row: row, from: comingHead)
            fetch(outputGradient, row: row, from: comingHead)
          }
          fetch(0, of: gradients, row: row)  // written when this head ends
        }
        let (place, weights) = tile.place(of: row - rows.lowerBound)
        softmaxGradient(
          room.scores + place, room.scoreGradients + place, count, statistics[2 * row],
          statistics[2 * row + 1],
          RowOperations.dot(output.row(row), outputGradient.row(row), count: headWidth), weights)
      }
      // Keys and values gather from every tile: the first one overwrites, the others add. The
      // queries are scaled, and so is what keys gather from them.
      let adding = rows.lowerBound > 0
      tile.gather(room.scores, room.outputPanels, into: room.valueGradients, adding: adding)
      tile.gather(room.scoreGradients, room.queryPanels, into: room.keyGradients, adding: adding)
      tile.average(room.tokens)
      room.copyOut(room.rows, to: gradients.queries.slice(rows: rows)) { _ in scale }
    }
    room.copyOut(room.keyGradients, to: gradients.keys) { _ in 1 }
    room.copyOut(room.valueGradients, to: gradients.values) { _ in 1 }
  }

  /// How many floats further in its rows the head lies that this thread will probably take next: all
  /// threads take one at a time. Nil when that is another sequence's, and when the sequence is so long
  /// that its head would take this one's place in the cache.
  private func comingHead(
    after head: Int, of tokens: Range<Int>, _ pool: ThreadPool
  ) -> Int? {
    tokens.count <= 160 && head + pool.threadCount < heads
      ? pool.threadCount * headWidth : nil
  }

  /// Asks for four rows of a head, from `row` on, that lie `distance` floats further than the operands.
  @inline(__always)
  private func fetch(_ distance: Int?, of operands: Projections, row: Int) {
    guard let distance else { return }
    fetch(operands.queries, row: row, from: distance)
    fetch(operands.keys, row: row, from: distance)
    fetch(operands.values, row: row, from: distance)
  }

  @inline(__always)
  private func fetch(_ matrix: MatrixView, row: Int, from distance: Int) {
    for row in row..<min(row + 4, matrix.rows) {
      for line in stride(from: distance, to: distance + headWidth, by: 16) {
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
      body(start..<min(start + AttentionRoom.tileRows, count))
      start += AttentionRoom.tileRows
    }
  }
}
