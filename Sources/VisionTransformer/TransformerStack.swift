// A row of pre-norm transformer blocks over ragged sequences: an encoder or a decoder is one each.
// Not here: what its tokens are.

import Basics
import Kernels
import Tensors

/// The blocks and what each must save between forward and backward.
///
/// `@unchecked Sendable`: one forward or backward runs at a time; its threads write disjoint
/// blocks.
package final class TransformerStack: @unchecked Sendable {
  let width: Int
  let hidden: Int
  let blocks: [BlockParameters]
  /// Rows that fit.
  package let rowCapacity: Int
  /// Rows and sequences of the last forward.
  package private(set) var rows = 0
  private(set) var starts: [Int] = []

  private let attention: Attention
  private let stream: FloatBuffer  // (depth + 1, capacity, D): the blocks' inputs, the output
  private let middle: FloatBuffer  // (depth, capacity, D): after attention
  private let projections: FloatBuffer  // (depth, capacity, 3·D): queries, keys, values
  private let attended: FloatBuffer  // (depth, capacity, D)
  private let hiddenUnits: FloatBuffer  // (depth, capacity, hidden), before GELU
  private let normStatistics: FloatBuffer  // (depth, 2, capacity, 2)
  private let attentionStatistics: FloatBuffer  // (depth, heads, capacity, 2)
  private let streamGradient: FloatBuffer  // (capacity, D)

  /// - Parameters:
  ///   - rowCapacity: tokens of all sequences together, at most.
  ///   - slots: threads that may compute at once.
  ///   - loops: what attention computes with.
  /// - Precondition: there is a block, and all have one shape.
  package init(
    blocks: [BlockParameters], heads: Int, rowCapacity: Int, longestSequence: Int, slots: Int,
    loops: InnerLoops
  ) {
    self.blocks = blocks
    self.rowCapacity = rowCapacity
    width = blocks[0].norm1.width
    hidden = blocks[0].expansion.outputs
    attention = Attention(
      width: width, heads: heads, longestSequence: longestSequence, slots: slots, loops: loops)
    let depth = blocks.count
    stream = FloatBuffer(count: (depth + 1) * rowCapacity * width)
    middle = FloatBuffer(count: depth * rowCapacity * width)
    projections = FloatBuffer(count: depth * rowCapacity * 3 * width)
    attended = FloatBuffer(count: depth * rowCapacity * width)
    hiddenUnits = FloatBuffer(count: depth * rowCapacity * hidden)
    normStatistics = FloatBuffer(count: depth * 2 * rowCapacity * LayerNorm.statisticsPerRow)
    attentionStatistics = FloatBuffer(
      count: depth * heads * rowCapacity * Attention.statisticsPerRow)
    streamGradient = FloatBuffer(count: rowCapacity * width)
  }

  /// Sets the sequences of the coming forward; then write `input`.
  /// - Parameter starts: the first row of each sequence, and after the last one the number of rows.
  /// - Precondition: the rows fit.
  package func begin(starts: [Int]) {
    guard let end = starts.last, end <= rowCapacity else {
      preconditionFailure("more tokens than fit the stack")
    }
    self.starts = starts
    rows = end
  }

  /// (rows, D)
  package var input: MatrixView { level(0) }
  /// (rows, D)
  package var output: MatrixView { level(blocks.count) }
  /// (rows, D): before `backward` the output's gradient, of selected tokens in the first rows;
  /// after it the input's.
  package var gradient: MatrixView { MatrixView(streamGradient, rows: rows, columns: width) }

  /// `output` from `input`, with what the backward pass needs saved.
  package func forward(_ layers: Layers, workspace: TransformerWorkspace) {
    let normalised = MatrixView(workspace.normalised, rows: rows, columns: width)
    let activation = MatrixView(workspace.activation, rows: rows, columns: hidden)
    for (index, block) in blocks.enumerated() {
      let saved = savedActivations(of: index)
      layers.normalize(saved.input, block.norm1, into: normalised, statistics: saved.norm1)
      layers.linear(normalised, block.qkv, into: saved.projections)
      attention.forward(
        projections: saved.projections, starts: starts, output: saved.attended,
        statistics: saved.attention, pool: layers.pool)
      layers.stopwatch?.lap(.attentionForward)
      layers.linear(
        saved.attended, block.projection, addedTo: saved.input, into: saved.middle)
      layers.normalize(saved.middle, block.norm2, into: normalised, statistics: saved.norm2)
      layers.linearGELU(
        normalised, block.expansion, hidden: saved.hidden, activation: activation)
      layers.linear(
        activation, block.contraction, addedTo: saved.middle, into: level(index + 1))
    }
  }

  /// Turns `gradient` from the output's into the input's and writes the blocks' parameter
  /// gradients, the last block's first. `onFinal` hears of each place in `parameterGradient` from
  /// which on the blocks' part is final.
  ///
  /// - Parameter selected: the only tokens whose outputs have a gradient, if not all. `gradient`
  ///   then has theirs in its first rows, and the last block does for the others no more than
  ///   their keys and values ask for. What it saved is overwritten: one backward a forward.
  package func backward(
    _ layers: Layers, workspace: TransformerWorkspace, parameterGradient: FloatBuffer,
    selected: SelectedTokens? = nil, onFinal: (Int) -> Void
  ) {
    for index in blocks.indices.reversed() {
      let selected = index == blocks.count - 1 ? selected : nil
      let saved =
        selected.map { gather($0, savedActivations(of: index), layers.pool) }
        ?? savedActivations(of: index)
      layers.stopwatch?.lap(.tokens)
      backwardMLP(blocks[index], saved, layers, workspace, parameterGradient)
      onFinal(blocks[index].norm2.weight)
      backwardAttention(blocks[index], saved, selected, layers, workspace, parameterGradient)
      onFinal(blocks[index].norm1.weight)
    }
  }

  private func backwardMLP(
    _ block: BlockParameters, _ saved: SavedActivations, _ layers: Layers,
    _ workspace: TransformerWorkspace,
    _ parameterGradient: FloatBuffer
  ) {
    let rows = saved.middle.rows
    let gradient = gradient.slice(rows: 0..<rows)
    let normalised = MatrixView(workspace.normalised, rows: rows, columns: width)
    let hiddenGradient = MatrixView(workspace.wideGradient, rows: rows, columns: hidden)
    let activation = MatrixView(workspace.activation, rows: rows, columns: hidden)
    let rowGradient = MatrixView(workspace.rowGradient, rows: rows, columns: width)
    layers.linearGELUInputGradient(
      gradient, block.contraction, hidden: saved.hidden, into: hiddenGradient,
      activation: activation)
    layers.linearGradient(
      block.contraction, input: activation, outputGradient: gradient,
      gradient: parameterGradient)
    layers.renormalize(saved.middle, block.norm2, into: normalised, statistics: saved.norm2)
    layers.linearGradient(
      block.expansion, input: normalised, outputGradient: hiddenGradient,
      gradient: parameterGradient)
    layers.linearInputGradient(hiddenGradient, block.expansion, into: rowGradient)
    layers.normalizeGradient(
      block.norm2, input: saved.middle, statistics: saved.norm2, outputGradient: rowGradient,
      addedTo: gradient, gradient: parameterGradient, partialSums: workspace.partialSums)
  }

  private func backwardAttention(
    _ block: BlockParameters, _ saved: SavedActivations, _ selected: SelectedTokens?,
    _ layers: Layers,
    _ workspace: TransformerWorkspace, _ parameterGradient: FloatBuffer
  ) {
    let selectedRows = saved.queries.rows
    let outputGradient = gradient.slice(rows: 0..<selectedRows)
    let normalised = MatrixView(workspace.normalised, rows: rows, columns: width)
    let projectionGradient = MatrixView(workspace.wideGradient, rows: rows, columns: 3 * width)
    let queryGradient = projectionGradient.slice(rows: 0..<rows, columns: 0..<width)
    let attendedGradient = MatrixView(workspace.rowGradient, rows: selectedRows, columns: width)
    let rowGradient = MatrixView(workspace.rowGradient, rows: rows, columns: width)
    layers.linearGradient(
      block.projection, input: saved.attended, outputGradient: outputGradient,
      gradient: parameterGradient)
    layers.linearInputGradient(outputGradient, block.projection, into: attendedGradient)
    attention.backward(
      Attention.SelectedQueries(
        rows: saved.queries, starts: selected?.starts ?? starts, output: saved.attended,
        statistics: saved.attention, outputGradient: attendedGradient,
        gradient: queryGradient.slice(rows: 0..<selectedRows)),
      projections: saved.projections, starts: starts, gradient: projectionGradient,
      pool: layers.pool)
    layers.stopwatch?.lap(.attentionBackward)
    if let selected {
      RowGather.scatter(selected.rows, of: queryGradient, pool: layers.pool)
      RowGather.scatter(selected.rows, of: gradient, pool: layers.pool)
      layers.stopwatch?.lap(.tokens)
    }
    layers.renormalize(saved.input, block.norm1, into: normalised, statistics: saved.norm1)
    layers.linearGradient(
      block.qkv, input: normalised, outputGradient: projectionGradient, gradient: parameterGradient)
    layers.linearInputGradient(projectionGradient, block.qkv, into: rowGradient)
    layers.normalizeGradient(
      block.norm1, input: saved.input, statistics: saved.norm1, outputGradient: rowGradient,
      addedTo: gradient, gradient: parameterGradient, partialSums: workspace.partialSums)
  }

  /// What a block saved, of selected tokens brought together; input, keys and values stay those of
  /// all.
  private func gather(
    _ selected: SelectedTokens, _ saved: SavedActivations, _ pool: ThreadPool
  ) -> SavedActivations {
    func gathered(_ matrix: MatrixView) -> MatrixView {
      RowGather.gather(selected.rows, of: matrix, pool: pool)
    }
    var result = saved
    result.queries = gathered(saved.queries)
    result.attended = gathered(saved.attended)
    result.middle = gathered(saved.middle)
    result.hidden = gathered(saved.hidden)
    _ = gathered(MatrixView(saved.norm2, rows: rows, columns: LayerNorm.statisticsPerRow))
    // The heads' statistics then follow each other as `Attention.SelectedQueries` wants them.
    let perRow = Attention.statisticsPerRow
    for head in 0..<attention.heads {
      let statistics = gathered(
        MatrixView(saved.attention + head * rows * perRow, rows: rows, columns: perRow))
      let count = statistics.rows * perRow
      (saved.attention + head * count).update(from: statistics.pointer, count: count)
    }
    return result
  }

  private func savedActivations(of index: Int) -> SavedActivations {
    func view(_ buffer: FloatBuffer, _ columns: Int) -> MatrixView {
      MatrixView(buffer, offset: index * rowCapacity * columns, rows: rows, columns: columns)
    }
    let projections = view(projections, 3 * width)
    let norms = normStatistics.pointer + index * 2 * rowCapacity * LayerNorm.statisticsPerRow
    return SavedActivations(
      input: level(index), projections: projections,
      queries: projections.slice(rows: 0..<rows, columns: 0..<width),
      attended: view(attended, width), middle: view(middle, width),
      hidden: view(hiddenUnits, hidden),
      norm1: norms,
      norm2: norms + rowCapacity * LayerNorm.statisticsPerRow,
      attention: attentionStatistics.pointer
        + index * attention.heads * rowCapacity * Attention.statisticsPerRow)
  }

  private func level(_ index: Int) -> MatrixView {
    MatrixView(stream, offset: index * rowCapacity * width, rows: rows, columns: width)
  }
}
