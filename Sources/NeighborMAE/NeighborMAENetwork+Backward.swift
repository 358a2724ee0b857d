// Backward: the gradient of the weighted sum, from the end of the flat vector to its start.

import Basics
import Kernels
import Tensors
import VisionTransformer

extension NeighborMAENetwork {
  /// Writes the gradient of `scale` · (weighted sum of the last forward) to all of `gradient`.
  ///
  /// The sum is not divided by the hidden pixels: `scale` may do that.
  /// - Parameters:
  ///   - parameters: as the last forward had them.
  ///   - batch: that of the last forward; there is one backward pass per forward pass.
  ///   - gradient: overwritten, in the layout of the parameters.
  ///   - scale: of the sum, for example one over the hidden pixels.
  ///   - onFinal: called on the calling thread, with places that only go down: from there to the
  ///     end, `gradient` is final and may be sent while the rest is computed. The last call has 0.
  /// - Precondition: the last call was `forward` with this batch.
  public func backward(
    parameters: FloatBuffer, batch: PairBatch, gradient: FloatBuffer, scale: Float,
    onFinal: (_ lowerBound: Int) -> Void = { _ in }
  ) {
    precondition(lastBatch === batch && pairs == batch.count, "backward without its forward")
    precondition(parameters.count == map.count && gradient.count == map.count)
    guard let memory = encoder else { preconditionFailure("backward without a forward") }
    stopwatch?.begin()
    let layers = Layers(
      parameters: parameters, pool: pool, workspace: productWorkspace, stopwatch: stopwatch)
    differentiateObjective(batch, scale: scale)
    stopwatch?.lap(.objective)
    selectHidden(batch)
    backwardPrediction(layers, memory, gradient)
    onFinal(map.decoderNorm.weight)
    decoder.backward(
      layers, workspace: memory.workspace, parameterGradient: gradient, selected: hiddenTokens,
      onFinal: onFinal)
    gatherDecoderInputGradient(batch, memory, gradient)
    stopwatch?.lap(.tokens)
    backwardEmbedding(layers, memory, gradient)
    onFinal(map.norm.weight)
    memory.stack.backward(
      layers, workspace: memory.workspace, parameterGradient: gradient, onFinal: onFinal)
    backwardPatchEmbedding(memory, gradient)
    onFinal(0)
    lastBatch = nil
  }

  private func differentiateObjective(_ batch: PairBatch, scale: Float) {
    pool.forEach(
      images,
      withSlot: { index, slot in
        let start = index * configuration.valuesPerImage
        objectives[slot].predictionGradient(
          ImageInPair(index, of: batch), statistics(ofImage: index),
          prediction: predictions.pointer + start,
          weights: weights.pointer + index * configuration.pixelsPerImage, scale: scale,
          into: predictionGradients.pointer + start)
      })
  }

  /// The hidden patches: no other prediction has a gradient.
  private func selectHidden(_ batch: PairBatch) {
    hiddenPatches.removeAll(keepingCapacity: true)
    hiddenTokens.rows.removeAll(keepingCapacity: true)
    hiddenTokens.starts.removeAll(keepingCapacity: true)
    for pair in 0..<pairs {
      hiddenTokens.starts.append(hiddenPatches.count)
      let patches = predictionRows(of: pair)
      let firstToken = patchRows(of: pair).lowerBound
      for patch in patches where batch.visiblePatches.pointer[patch] == 0 {
        hiddenPatches.append(patch)
        hiddenTokens.rows.append(firstToken + patch - patches.lowerBound)
      }
    }
    hiddenTokens.starts.append(hiddenPatches.count)
  }

  /// From the predictions' gradient to the decoder's output's, of the hidden patches brought
  /// together.
  private func backwardPrediction(
    _ layers: Layers, _ memory: EncoderMemory, _ gradient: FloatBuffer
  ) {
    let width = configuration.decoderWidth
    func gathered(_ buffer: FloatBuffer, _ columns: Int) -> MatrixView {
      let all = MatrixView(buffer, rows: images * configuration.patchesPerImage, columns: columns)
      return RowGather.gather(hiddenPatches, of: all, pool: pool)
    }
    let outputGradient = gathered(predictionGradients, configuration.patchValues)
    let normalised = gathered(decoderNormalised, width)
    let statistics = gathered(decoderNormStatistics, LayerNorm.statisticsPerRow)
    let output = RowGather.gather(hiddenTokens.rows, of: decoder.output, pool: pool)
    stopwatch?.lap(.tokens)
    layers.linearGradient(
      map.decoderPrediction, input: normalised, outputGradient: outputGradient, gradient: gradient)
    // The normalised rows have served: their gradient takes their place.
    layers.linearInputGradient(outputGradient, map.decoderPrediction, into: normalised)
    let inputGradient = decoder.gradient.slice(rows: 0..<output.rows)
    inputGradient.pointer.update(repeating: 0, count: output.rows * width)
    layers.normalizeGradient(
      map.decoderNorm, input: output, statistics: statistics.pointer, outputGradient: normalised,
      addedTo: inputGradient, gradient: gradient, partialSums: memory.workspace.partialSums)
  }

  /// From the gradient of the decoder's input to that of the embedded tokens; the mask token and
  /// the decoder's image embeddings are summed on the way.
  private func gatherDecoderInputGradient(
    _ batch: PairBatch, _ memory: EncoderMemory, _ gradient: FloatBuffer
  ) {
    let width = configuration.decoderWidth
    let patches = configuration.patchesPerImage
    let tokens = decoder.gradient
    let embedded = MatrixView(memory.embedded, rows: memory.stack.rows, columns: width)
    let sums = MatrixView(tokenSums, rows: pairs, columns: 3 * width)
    pool.forEach(pairs) { pair in
      let sum = sums.row(pair)
      sum.update(repeating: 0, count: 3 * width)
      var target = encoderStarts[pair]
      embedded.row(target).update(from: tokens.row(decoderStarts[pair]), count: width)
      for image in 2 * pair...2 * pair + 1 {
        let first = patchRows(of: pair).lowerBound + image % 2 * patches
        let isVisible = batch.visiblePatches.pointer + image * patches
        for patch in 0..<patches {
          let token = tokens.row(first + patch)
          RowOperations.add(token, to: sum + image % 2 * width, count: width)
          if isVisible[patch] == 0 { RowOperations.add(token, to: sum + 2 * width, count: width) }
        }
        for patch in visiblePatches(ofImage: image, batch) {
          target += 1
          embedded.row(target).update(from: tokens.row(first + patch), count: width)
        }
      }
    }
    let totals = tokenSums.pointer + pairs * 3 * width
    ColumnSums.compute(sums, into: totals, pool: pool)
    (gradient.pointer + map.decoderImageEmbedding).update(from: totals, count: 2 * width)
    (gradient.pointer + map.maskToken).update(from: totals + 2 * width, count: width)
  }

  /// From the gradient of the embedded tokens to that of the encoder's output.
  private func backwardEmbedding(_ layers: Layers, _ memory: EncoderMemory, _ gradient: FloatBuffer)
  {
    let rows = memory.stack.rows
    let embedded = MatrixView(memory.embedded, rows: rows, columns: configuration.decoderWidth)
    let normalised = MatrixView(memory.normalised, rows: rows, columns: configuration.width)
    layers.linearGradient(
      map.decoderEmbedding, input: normalised, outputGradient: embedded, gradient: gradient)
    layers.linearInputGradient(embedded, map.decoderEmbedding, into: normalised)
    memory.stack.gradient.pointer.update(repeating: 0, count: rows * configuration.width)
    layers.normalizeGradient(
      map.norm, input: memory.stack.output, statistics: memory.normStatistics.pointer,
      outputGradient: normalised, addedTo: memory.stack.gradient, gradient: gradient,
      partialSums: memory.workspace.partialSums)
  }

  /// Patches are input: they need no gradient. Class token and image embeddings are summed on the
  /// way.
  private func backwardPatchEmbedding(_ memory: EncoderMemory, _ gradient: FloatBuffer) {
    let width = configuration.width
    let tokens = memory.stack.gradient
    let place = map.patchEmbedding
    let patches = MatrixView(memory.patches, rows: tokens.rows, columns: configuration.patchValues)
    MatrixProduct.multiply(
      tokens, patches, transposing: .first, into: place.weights(in: gradient), pool: pool,
      workspace: productWorkspace)
    stopwatch?.lap(.linearBackward)
    let sums = MatrixView(tokenSums, rows: pairs, columns: 3 * width)
    pool.forEach(pairs) { pair in
      let rows = encoderStarts[pair]..<encoderStarts[pair + 1]
      let sum = sums.row(pair)
      sum.update(from: tokens.row(rows.lowerBound), count: width)
      (sum + width).update(repeating: 0, count: 2 * width)
      let perImage = (rows.count - 1) / ModelConfiguration.imagesPerPair
      for row in rows.dropFirst() {
        let image = (row - rows.lowerBound - 1) / perImage
        RowOperations.add(tokens.row(row), to: sum + (1 + image) * width, count: width)
      }
    }
    let totals = tokenSums.pointer + pairs * 3 * width
    ColumnSums.compute(sums, into: totals, pool: pool)
    let bias = gradient.pointer + place.bias
    bias.update(from: totals + width, count: width)
    RowOperations.add(totals + 2 * width, to: bias, count: width)
    (gradient.pointer + map.classToken).update(from: totals, count: width)
    (gradient.pointer + map.imageEmbedding).update(from: totals + width, count: 2 * width)
    stopwatch?.lap(.tokens)
  }
}
