// A row of pre-norm transformer blocks over ragged sequences: encoder and decoder are one each.

import Foundations
import Kernels
import Tensors

/// Memory that blocks need while they run and not between.
///
/// `@unchecked Sendable`: used by one stack at a time.
final class TransformerScratch: @unchecked Sendable {
  let normalised: FloatBuffer  // (rows, D)
  let rowGradient: FloatBuffer  // (rows, D)
  let wideGradient: FloatBuffer  // (rows, max(hidden, 3·D))
  let activation: FloatBuffer  // (rows, hidden), after GELU
  let partialSums: FloatBuffer  // (row blocks, 2·D)

  /// Enough for each of the given stacks.
  init(_ extents: [(rows: Int, width: Int, hidden: Int)]) {
    func largest(_ count: ((rows: Int, width: Int, hidden: Int)) -> Int) -> FloatBuffer {
      FloatBuffer(count: extents.map(count).max()!)
    }
    normalised = largest { $0.rows * $0.width }
    rowGradient = largest { $0.rows * $0.width }
    wideGradient = largest { $0.rows * max($0.hidden, 3 * $0.width) }
    activation = largest { $0.rows * $0.hidden }
    partialSums = largest { RowBlocks(rows: $0.rows).count * 2 * $0.width }
  }
}

/// The blocks and what each must remember between forward and backward.
///
/// `@unchecked Sendable`: one forward or backward runs at a time; its threads write disjoint
/// blocks.
final class TransformerStack: @unchecked Sendable {
  let width: Int
  let hidden: Int
  let blocks: [BlockPlace]
  let rowCapacity: Int
  /// Rows and sequences of the last forward.
  private(set) var rows = 0
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

  init(
    blocks: [BlockPlace], heads: Int, rowCapacity: Int, longestSequence: Int, slots: Int
  ) {
    self.blocks = blocks
    self.rowCapacity = rowCapacity
    width = blocks[0].norm1.width
    hidden = blocks[0].expansion.outputs
    attention = Attention(
      width: width, heads: heads, longestSequence: longestSequence, slots: slots)
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
  func begin(starts: [Int]) {
    precondition(starts.last! <= rowCapacity)
    self.starts = starts
    rows = starts.last!
  }

  /// (rows, D)
  var input: MatrixView { level(0) }
  /// (rows, D)
  var output: MatrixView { level(blocks.count) }
  /// (rows, D): before `backward` the output's gradient, after it the input's.
  var gradient: MatrixView { MatrixView(streamGradient, rows: rows, columns: width) }

  func forward(_ layers: Layers, scratch: TransformerScratch) {
    let normalised = MatrixView(scratch.normalised, rows: rows, columns: width)
    let activation = MatrixView(scratch.activation, rows: rows, columns: hidden)
    for (index, block) in blocks.enumerated() {
      let kept = memory(of: index)
      layers.normalize(kept.input, block.norm1, into: normalised, statistics: kept.norm1)
      layers.linear(normalised, block.qkv, into: kept.projections)
      attention.forward(
        projections: kept.projections, starts: starts, output: kept.attended,
        statistics: kept.attention, pool: layers.pool)
      layers.clock?.lap(.attentionForward)
      layers.linear(
        kept.attended, block.projection, addedTo: kept.input, into: kept.middle)
      layers.normalize(kept.middle, block.norm2, into: normalised, statistics: kept.norm2)
      layers.linearGELU(
        normalised, block.expansion, hidden: kept.hidden, activation: activation)
      layers.linear(
        activation, block.contraction, addedTo: kept.middle, into: level(index + 1))
    }
  }

  /// Turns `gradient` from the output's into the input's and writes the blocks' parameter
  /// gradients, the last block's first. `onFinal` hears of each place in `parameterGradient` from
  /// which on the blocks' part is final.
  func backward(
    _ layers: Layers, scratch: TransformerScratch, parameterGradient: FloatBuffer,
    onFinal: (Int) -> Void
  ) {
    for index in blocks.indices.reversed() {
      backwardMLP(index, layers, scratch, parameterGradient)
      onFinal(blocks[index].norm2.weight)
      backwardAttention(index, layers, scratch, parameterGradient)
      onFinal(blocks[index].norm1.weight)
    }
  }

  private func backwardMLP(
    _ index: Int, _ layers: Layers, _ scratch: TransformerScratch, _ parameterGradient: FloatBuffer
  ) {
    let block = blocks[index]
    let kept = memory(of: index)
    let normalised = MatrixView(scratch.normalised, rows: rows, columns: width)
    let hiddenGradient = MatrixView(scratch.wideGradient, rows: rows, columns: hidden)
    let activation = MatrixView(scratch.activation, rows: rows, columns: hidden)
    let rowGradient = MatrixView(scratch.rowGradient, rows: rows, columns: width)
    layers.linearGELUInputGradient(
      gradient, block.contraction, hidden: kept.hidden, into: hiddenGradient,
      activation: activation)
    layers.linearGradient(
      block.contraction, input: activation, outputGradient: gradient,
      gradient: parameterGradient)
    layers.renormalize(kept.middle, block.norm2, into: normalised, statistics: kept.norm2)
    layers.linearGradient(
      block.expansion, input: normalised, outputGradient: hiddenGradient,
      gradient: parameterGradient)
    layers.linearInputGradient(hiddenGradient, block.expansion, into: rowGradient)
    layers.normalizeGradient(
      block.norm2, input: kept.middle, statistics: kept.norm2, outputGradient: rowGradient,
      addedTo: gradient, gradient: parameterGradient, partialSums: scratch.partialSums)
  }

  private func backwardAttention(
    _ index: Int, _ layers: Layers, _ scratch: TransformerScratch, _ parameterGradient: FloatBuffer
  ) {
    let block = blocks[index]
    let kept = memory(of: index)
    let normalised = MatrixView(scratch.normalised, rows: rows, columns: width)
    let projectionGradient = MatrixView(scratch.wideGradient, rows: rows, columns: 3 * width)
    let rowGradient = MatrixView(scratch.rowGradient, rows: rows, columns: width)
    layers.linearGradient(
      block.projection, input: kept.attended, outputGradient: gradient, gradient: parameterGradient)
    layers.linearInputGradient(gradient, block.projection, into: rowGradient)
    attention.backward(
      projections: kept.projections, starts: starts, output: kept.attended,
      statistics: kept.attention, outputGradient: rowGradient, gradient: projectionGradient,
      pool: layers.pool)
    layers.clock?.lap(.attentionBackward)
    layers.renormalize(kept.input, block.norm1, into: normalised, statistics: kept.norm1)
    layers.linearGradient(
      block.qkv, input: normalised, outputGradient: projectionGradient, gradient: parameterGradient)
    layers.linearInputGradient(projectionGradient, block.qkv, into: rowGradient)
    layers.normalizeGradient(
      block.norm1, input: kept.input, statistics: kept.norm1, outputGradient: rowGradient,
      addedTo: gradient, gradient: parameterGradient, partialSums: scratch.partialSums)
  }

  /// What one block keeps.
  private struct BlockMemory {
    let input: MatrixView  // (rows, D)
    let projections: MatrixView  // (rows, 3·D)
    let attended: MatrixView  // (rows, D)
    let middle: MatrixView  // (rows, D)
    let hidden: MatrixView  // (rows, hidden), before GELU
    let norm1: UnsafeMutablePointer<Float>  // (rows, 2)
    let norm2: UnsafeMutablePointer<Float>  // (rows, 2)
    let attention: UnsafeMutablePointer<Float>  // (heads, rows, 2)
  }

  private func memory(of index: Int) -> BlockMemory {
    func view(_ buffer: FloatBuffer, _ columns: Int) -> MatrixView {
      MatrixView(buffer, offset: index * rowCapacity * columns, rows: rows, columns: columns)
    }
    let norms = normStatistics.pointer + index * 2 * rowCapacity * LayerNorm.statisticsPerRow
    return BlockMemory(
      input: level(index), projections: view(projections, 3 * width),
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
