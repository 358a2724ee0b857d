// Linear layers and layer norms over the threads of a pool, forward and backward.

import Basics
import Kernels
import Tensors

/// The parts of a transformer, for one vector of parameters.
struct Layers {
  let parameters: FloatBuffer
  let pool: ThreadPool
  let workspace: ProductWorkspace
  let clock: StepClock?

  func pointer(_ offset: Int) -> UnsafeMutablePointer<Float> { parameters.pointer + offset }

  /// output = input Wᵀ + b. (rows, inputs) → (rows, outputs)
  func linear(_ input: MatrixView, _ place: LinearPlace, into output: MatrixView) {
    MatrixProduct.multiply(
      input, place.weights(in: parameters), transposing: .second, into: output,
      finish: .bias(pointer(place.bias)), pool: pool, workspace: workspace)
    clock?.lap(.linearForward)
  }

  /// output = residual + input Wᵀ + b. (rows, inputs) → (rows, outputs)
  func linear(
    _ input: MatrixView, _ place: LinearPlace, addedTo residual: MatrixView,
    into output: MatrixView
  ) {
    MatrixProduct.multiply(
      input, place.weights(in: parameters), transposing: .second, into: output,
      finish: .residual(residual, bias: pointer(place.bias)), pool: pool, workspace: workspace)
    clock?.lap(.linearForward)
  }

  /// hidden = input Wᵀ + b and activation = GELU(hidden). (rows, inputs) → (rows, outputs)
  func linearGELU(
    _ input: MatrixView, _ place: LinearPlace, hidden: MatrixView, activation: MatrixView
  ) {
    MatrixProduct.multiply(
      input, place.weights(in: parameters), transposing: .second, into: hidden,
      finish: .gelu(bias: pointer(place.bias), activation: activation), pool: pool, workspace: workspace)
    clock?.lap(.linearForward)
  }

  /// The gradient of W and b, written to their place in `gradient`.
  /// - Parameters:
  ///   - input: (rows, inputs).
  ///   - outputGradient: (rows, outputs).
  func linearGradient(
    _ place: LinearPlace, input: MatrixView, outputGradient: MatrixView, gradient: FloatBuffer
  ) {
    MatrixProduct.multiply(
      outputGradient, input, transposing: .first, into: place.weights(in: gradient),
      rowSums: gradient.pointer + place.bias, pool: pool, workspace: workspace)
    clock?.lap(.linearBackward)
  }

  /// inputGradient = outputGradient W. (rows, outputs) → (rows, inputs)
  func linearInputGradient(
    _ outputGradient: MatrixView, _ place: LinearPlace, into inputGradient: MatrixView
  ) {
    MatrixProduct.multiply(
      outputGradient, place.weights(in: parameters), into: inputGradient, pool: pool, workspace: workspace)
    clock?.lap(.linearBackward)
  }

  /// hiddenGradient = (outputGradient W) ∘ GELU'(hidden), and activation = GELU(hidden) once more.
  func linearGELUInputGradient(
    _ outputGradient: MatrixView, _ place: LinearPlace, hidden: MatrixView,
    into hiddenGradient: MatrixView, activation: MatrixView
  ) {
    MatrixProduct.multiply(
      outputGradient, place.weights(in: parameters), into: hiddenGradient,
      finish: .geluGradient(hidden: hidden, activation: activation), pool: pool, workspace: workspace)
    clock?.lap(.linearBackward)
  }

  /// output = LayerNorm(input), its statistics kept. (rows, D) → (rows, D)
  func normalize(
    _ input: MatrixView, _ place: NormPlace, into output: MatrixView,
    statistics: UnsafeMutablePointer<Float>
  ) {
    let blocks = RowBlocks(rows: input.rows)
    pool.forEach(blocks.count) { block in
      let rows = blocks.range(block)
      LayerNorm.forward(
        input: input.slice(rows: rows), weight: pointer(place.weight), bias: pointer(place.bias),
        output: output.slice(rows: rows),
        statistics: statistics + rows.lowerBound * LayerNorm.statisticsPerRow)
    }
    clock?.lap(.norms)
  }

  /// The output of `normalize` once more.
  func renormalize(
    _ input: MatrixView, _ place: NormPlace, into output: MatrixView,
    statistics: UnsafeMutablePointer<Float>
  ) {
    let blocks = RowBlocks(rows: input.rows)
    pool.forEach(blocks.count) { block in
      let rows = blocks.range(block)
      LayerNorm.recompute(
        input: input.slice(rows: rows), weight: pointer(place.weight), bias: pointer(place.bias),
        output: output.slice(rows: rows),
        statistics: statistics + rows.lowerBound * LayerNorm.statisticsPerRow)
    }
    clock?.lap(.norms)
  }

  /// inputGradient += the gradient through `normalize`; weight's and bias's are written to
  /// `gradient`.
  ///
  /// - Parameter partialSums: scratch, (row blocks, 2·D) at least.
  func normalizeGradient(
    _ place: NormPlace, input: MatrixView, statistics: UnsafeMutablePointer<Float>,
    outputGradient: MatrixView, addedTo inputGradient: MatrixView, gradient: FloatBuffer,
    partialSums: FloatBuffer
  ) {
    let blocks = RowBlocks(rows: input.rows)
    let sums = MatrixView(partialSums, rows: blocks.count, columns: 2 * place.width)
    pool.forEach(blocks.count) { block in
      let rows = blocks.range(block)
      LayerNorm.backward(
        input: input.slice(rows: rows), weight: pointer(place.weight),
        statistics: statistics + rows.lowerBound * LayerNorm.statisticsPerRow,
        outputGradient: outputGradient.slice(rows: rows),
        gradient: inputGradient.slice(rows: rows), sums: sums.row(block))
    }
    ColumnSums.compute(sums, into: gradient.pointer + place.weight, pool: pool)
    clock?.lap(.norms)
  }
}
