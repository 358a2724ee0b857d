// Linear layers and layer norms over the threads of a pool, forward and backward. Not here: attention,
// which is one of the kernels, and what comes after what.

import Basics
import Kernels
import Tensors

/// The layers of a transformer, for one vector of parameters.
package struct Layers {
  package let parameters: FloatBuffer
  package let pool: ThreadPool
  package let workspace: ProductWorkspace
  package let stopwatch: StepStopwatch?

  package init(
    parameters: FloatBuffer, pool: ThreadPool, workspace: ProductWorkspace,
    stopwatch: StepStopwatch?
  ) {
    self.parameters = parameters
    self.pool = pool
    self.workspace = workspace
    self.stopwatch = stopwatch
  }

  /// The address of a parameter by its place in the layout.
  package func pointer(_ offset: Int) -> UnsafeMutablePointer<Float> { parameters.pointer + offset }

  /// output = input Wᵀ + b. (rows, inputs) → (rows, outputs)
  package func linear(_ input: MatrixView, _ slice: LinearParameters, into output: MatrixView) {
    MatrixProduct.multiply(
      input, slice.weights(in: parameters), transposing: .second, into: output,
      finish: .bias(pointer(slice.bias)), pool: pool, workspace: workspace)
    stopwatch?.lap(.linearForward)
  }

  /// output = residual + input Wᵀ + b. (rows, inputs) → (rows, outputs)
  package func linear(
    _ input: MatrixView, _ slice: LinearParameters, addedTo residual: MatrixView,
    into output: MatrixView
  ) {
    MatrixProduct.multiply(
      input, slice.weights(in: parameters), transposing: .second, into: output,
      finish: .residual(residual, bias: pointer(slice.bias)), pool: pool, workspace: workspace)
    stopwatch?.lap(.linearForward)
  }

  /// hidden = input Wᵀ + b and activation = GELU(hidden). (rows, inputs) → (rows, outputs)
  package func linearGELU(
    _ input: MatrixView, _ slice: LinearParameters, hidden: MatrixView, activation: MatrixView
  ) {
    MatrixProduct.multiply(
      input, slice.weights(in: parameters), transposing: .second, into: hidden,
      finish: .gelu(bias: pointer(slice.bias), activation: activation), pool: pool,
      workspace: workspace)
    stopwatch?.lap(.linearForward)
  }

  /// The gradient of W and b, written to their place in `gradient`.
  /// - Parameters:
  ///   - input: (rows, inputs).
  ///   - outputGradient: (rows, outputs).
  package func linearGradient(
    _ slice: LinearParameters, input: MatrixView, outputGradient: MatrixView, gradient: FloatBuffer
  ) {
    MatrixProduct.multiply(
      outputGradient, input, transposing: .first, into: slice.weights(in: gradient),
      rowSums: gradient.pointer + slice.bias, pool: pool, workspace: workspace)
    stopwatch?.lap(.linearBackward)
  }

  /// inputGradient = outputGradient W. (rows, outputs) → (rows, inputs)
  package func linearInputGradient(
    _ outputGradient: MatrixView, _ slice: LinearParameters, into inputGradient: MatrixView
  ) {
    MatrixProduct.multiply(
      outputGradient, slice.weights(in: parameters), into: inputGradient, pool: pool,
      workspace: workspace)
    stopwatch?.lap(.linearBackward)
  }

  /// hiddenGradient = (outputGradient W) ∘ GELU'(hidden), and activation = GELU(hidden) once more.
  package func linearGELUInputGradient(
    _ outputGradient: MatrixView, _ slice: LinearParameters, hidden: MatrixView,
    into hiddenGradient: MatrixView, activation: MatrixView
  ) {
    MatrixProduct.multiply(
      outputGradient, slice.weights(in: parameters), into: hiddenGradient,
      finish: .geluGradient(hidden: hidden, activation: activation), pool: pool,
      workspace: workspace)
    stopwatch?.lap(.linearBackward)
  }

  /// output = LayerNorm(input), its statistics kept. (rows, D) → (rows, D)
  package func normalize(
    _ input: MatrixView, _ slice: NormParameters, into output: MatrixView,
    statistics: UnsafeMutablePointer<Float>
  ) {
    let blocks = RowBlocks(rows: input.rows)
    pool.forEach(blocks.count) { block in
      let rows = blocks.range(block)
      LayerNorm.forward(
        input: input.slice(rows: rows), weight: pointer(slice.weight), bias: pointer(slice.bias),
        output: output.slice(rows: rows),
        statistics: statistics + rows.lowerBound * LayerNorm.statisticsPerRow)
    }
    stopwatch?.lap(.norms)
  }

  /// The output of `normalize` once more.
  package func renormalize(
    _ input: MatrixView, _ slice: NormParameters, into output: MatrixView,
    statistics: UnsafeMutablePointer<Float>
  ) {
    let blocks = RowBlocks(rows: input.rows)
    pool.forEach(blocks.count) { block in
      let rows = blocks.range(block)
      LayerNorm.recompute(
        input: input.slice(rows: rows), weight: pointer(slice.weight), bias: pointer(slice.bias),
        output: output.slice(rows: rows),
        statistics: statistics + rows.lowerBound * LayerNorm.statisticsPerRow)
    }
    stopwatch?.lap(.norms)
  }

  /// inputGradient += the gradient through `normalize`; weight's and bias's are written to
  /// `gradient`.
  ///
  /// - Parameter partialSums: scratch, (row blocks, 2·D) at least.
  package func normalizeGradient(
    _ slice: NormParameters, input: MatrixView, statistics: UnsafeMutablePointer<Float>,
    outputGradient: MatrixView, addedTo inputGradient: MatrixView, gradient: FloatBuffer,
    partialSums: FloatBuffer
  ) {
    let blocks = RowBlocks(rows: input.rows)
    let sums = MatrixView(partialSums, rows: blocks.count, columns: 2 * slice.width)
    pool.forEach(blocks.count) { block in
      let rows = blocks.range(block)
      LayerNorm.backward(
        input: input.slice(rows: rows), weight: pointer(slice.weight),
        statistics: statistics + rows.lowerBound * LayerNorm.statisticsPerRow,
        outputGradient: outputGradient.slice(rows: rows),
        gradient: inputGradient.slice(rows: rows), sums: sums.row(block))
    }
    ColumnSums.compute(sums, into: gradient.pointer + slice.weight, pool: pool)
    stopwatch?.lap(.norms)
  }
}
