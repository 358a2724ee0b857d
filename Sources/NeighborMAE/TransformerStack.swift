// A row of pre-norm transformer blocks over ragged sequences: encoder and decoder are one each.

import Basics
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

/// Some tokens of ragged sequences.
struct SelectedTokens {
  /// Ascending rows.
  var rows: [Int] = []
  /// How many lie before each sequence's, and after the last one all.
  var starts: [Int] = []
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
  /// (rows, D): before `backward` the output's gradient, of selected tokens in the first rows; after
  /// it the input's.
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
  ///
  /// - Parameter selected: the only tokens whose outputs have a gradient, if not all. `gradient`
  ///   then has theirs in its first rows, and the last block does for the others no more than
  ///   their keys and values ask for. What it kept is overwritten: one backward a forward.
  func backward(
    _ layers: Layers, scratch: TransformerScratch, parameterGradient: FloatBuffer,
    selected: SelectedTokens? = nil, onFinal: (Int) -> Void
  ) {
    for index in blocks.indices.reversed() {
      let selected = index == blocks.count - 1 ? selected : nil
      let kept = selected.map { gather($0, memory(of: index), layers.pool) } ?? memory(of: index)
      layers.clock?.lap(.tokens)
      backwardMLP(blocks[index], kept, layers, scratch, parameterGradient)
      onFinal(blocks[index].norm2.weight)
      backwardAttention(blocks[index], kept, selected, layers, scratch, parameterGradient)
      onFinal(blocks[index].norm1.weight)
    }
  }

  private func backwardMLP(
    _ block: BlockPlace, _ kept: BlockMemory, _ layers: Layers, _ scratch: TransformerScratch,
    _ parameterGradient: FloatBuffer
  ) {
    let rows = kept.middle.rows
    let gradient = gradient.slice(rows: 0..<rows)
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
    _ block: BlockPlace, _ kept: BlockMemory, _ selected: SelectedTokens?, _ layers: Layers,
    _ scratch: TransformerScratch, _ parameterGradient: FloatBuffer
  ) {
    let asking = kept.queries.rows
    let outputGradient = gradient.slice(rows: 0..<asking)
    let normalised = MatrixView(scratch.normalised, rows: rows, columns: width)
    let projectionGradient = MatrixView(scratch.wideGradient, rows: rows, columns: 3 * width)
    let queryGradient = projectionGradient.slice(rows: 0..<rows, columns: 0..<width)
    let attendedGradient = MatrixView(scratch.rowGradient, rows: asking, columns: width)
    let rowGradient = MatrixView(scratch.rowGradient, rows: rows, columns: width)
    layers.linearGradient(
      block.projection, input: kept.attended, outputGradient: outputGradient,
      gradient: parameterGradient)
    layers.linearInputGradient(outputGradient, block.projection, into: attendedGradient)
    attention.backward(
      Attention.SelectedQueries(
        rows: kept.queries, starts: selected?.starts ?? starts, output: kept.attended,
        statistics: kept.attention, outputGradient: attendedGradient,
        gradient: queryGradient.slice(rows: 0..<asking)),
      projections: kept.projections, starts: starts, gradient: projectionGradient,
      pool: layers.pool)
    layers.clock?.lap(.attentionBackward)
    if let selected {
      RowGather.scatter(selected.rows, of: queryGradient, pool: layers.pool)
      RowGather.scatter(selected.rows, of: gradient, pool: layers.pool)
      layers.clock?.lap(.tokens)
    }
    layers.renormalize(kept.input, block.norm1, into: normalised, statistics: kept.norm1)
    layers.linearGradient(
      block.qkv, input: normalised, outputGradient: projectionGradient, gradient: parameterGradient)
    layers.linearInputGradient(projectionGradient, block.qkv, into: rowGradient)
    layers.normalizeGradient(
      block.norm1, input: kept.input, statistics: kept.norm1, outputGradient: rowGradient,
      addedTo: gradient, gradient: parameterGradient, partialSums: scratch.partialSums)
  }

  /// What a block keeps, of selected tokens brought together; input, keys and values stay those of
  /// all.
  private func gather(
    _ selected: SelectedTokens, _ kept: BlockMemory, _ pool: ThreadPool
  ) -> BlockMemory {
    func gathered(_ matrix: MatrixView) -> MatrixView {
      RowGather.gather(selected.rows, of: matrix, pool: pool)
    }
    var result = kept
    result.queries = gathered(kept.queries)
    result.attended = gathered(kept.attended)
    result.middle = gathered(kept.middle)
    result.hidden = gathered(kept.hidden)
    _ = gathered(MatrixView(kept.norm2, rows: rows, columns: LayerNorm.statisticsPerRow))
    // The heads' statistics then follow each other as `Attention.SelectedQueries` wants them.
    let perRow = Attention.statisticsPerRow
    for head in 0..<attention.heads {
      let statistics = gathered(
        MatrixView(kept.attention + head * rows * perRow, rows: rows, columns: perRow))
      let count = statistics.rows * perRow
      (kept.attention + head * count).update(from: statistics.pointer, count: count)
    }
    return result
  }

  /// What one block keeps; n are all rows or the selected ones.
  private struct BlockMemory {
    let input: MatrixView  // (rows, D)
    let projections: MatrixView  // (rows, 3·D)
    var queries: MatrixView  // (n, D), columns of the projections
    var attended: MatrixView  // (n, D)
    var middle: MatrixView  // (n, D)
    var hidden: MatrixView  // (n, hidden), before GELU
    let norm1: UnsafeMutablePointer<Float>  // (rows, 2)
    let norm2: UnsafeMutablePointer<Float>  // (rows, 2)
    let attention: UnsafeMutablePointer<Float>  // (heads, rows, 2)
  }

  private func memory(of index: Int) -> BlockMemory {
    func view(_ buffer: FloatBuffer, _ columns: Int) -> MatrixView {
      MatrixView(buffer, offset: index * rowCapacity * columns, rows: rows, columns: columns)
    }
    let projections = view(projections, 3 * width)
    let norms = normStatistics.pointer + index * 2 * rowCapacity * LayerNorm.statisticsPerRow
    return BlockMemory(
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
