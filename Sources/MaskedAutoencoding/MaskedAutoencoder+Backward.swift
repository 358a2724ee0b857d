// Backward: from the predictions' gradient to that of the parameters, from the end of the flat
// vector to its start.

import Basics
import Kernels
import Tensors
import VisionTransformer

extension MaskedAutoencoder {
  /// Which patches' predictions have a gradient that is not 0.
  package enum Predictions: Sendable {
    /// Those of hidden patches alone.
    case ofHidden
    case ofAll
  }

  /// Writes the gradient of what `predictionGradients` holds the predictions' gradient of.
  ///
  /// - Parameters:
  ///   - parameters, images: as the last forward had them; there is one backward pass per forward
  ///     pass.
  ///   - predictions: which ones have a gradient; what is held of others is not read.
  ///   - gradient: overwritten from the class token to `decoder_pred`, in the layout.
  ///   - onFinal: called on the calling thread, with places that only go down: from there to the
  ///     end, `gradient` is final and may be sent while the rest is computed. The last call has 0.
  package func backward(
    parameters: FloatBuffer, images: MaskedImages, of predictions: Predictions,
    gradient: FloatBuffer, onFinal: (_ lowerBound: Int) -> Void
  ) {
    precondition(parameters.count == map.count && gradient.count == map.count)
    guard let memory = encoder else { preconditionFailure("backward without a forward") }
    let layers = Layers(
      parameters: parameters, pool: pool, workspace: productWorkspace, stopwatch: stopwatch)
    select(predictions, images)
    backwardPrediction(layers, memory, gradient)
    onFinal(map.decoderNorm.weight)
    decoder.backward(
      layers, workspace: memory.workspace, parameterGradient: gradient, selected: selectedTokens,
      onFinal: onFinal)
    gatherDecoderInputGradient(images, memory, gradient)
    stopwatch?.lap(.tokens)
    backwardEmbedding(layers, memory, gradient)
    onFinal(map.norm.weight)
    memory.stack.backward(
      layers, workspace: memory.workspace, parameterGradient: gradient, onFinal: onFinal)
    backwardPatchEmbedding(images, memory, gradient)
    onFinal(0)
  }

  private func select(_ predictions: Predictions, _ images: MaskedImages) {
    selectedPatches.removeAll(keepingCapacity: true)
    selectedTokens.rows.removeAll(keepingCapacity: true)
    selectedTokens.starts.removeAll(keepingCapacity: true)
    for sequence in 0..<sequences {
      selectedTokens.starts.append(selectedPatches.count)
      let patches = predictionRows(of: sequence)
      let firstToken = patchRows(of: sequence).lowerBound
      for patch in patches
      where predictions == .ofAll || images.visiblePatches.pointer[patch] == 0 {
        selectedPatches.append(patch)
        selectedTokens.rows.append(firstToken + patch - patches.lowerBound)
      }
    }
    selectedTokens.starts.append(selectedPatches.count)
  }

  /// From the predictions' gradient to the decoder's output's, of the selected patches
  /// brought together.
  private func backwardPrediction(
    _ layers: Layers, _ memory: EncoderMemory, _ gradient: FloatBuffer
  ) {
    let width = configuration.decoderWidth
    func gathered(_ buffer: FloatBuffer, _ columns: Int) -> MatrixView {
      let all = MatrixView(buffer, rows: images * configuration.patchesPerImage, columns: columns)
      return RowGather.gather(selectedPatches, of: all, pool: pool)
    }
    let outputGradient = gathered(predictionGradients, configuration.patchValues)
    let normalised = gathered(decoderNormalised, width)
    let statistics = gathered(decoderNormStatistics, LayerNorm.statisticsPerRow)
    let output = RowGather.gather(selectedTokens.rows, of: decoder.output, pool: pool)
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
    _ images: MaskedImages, _ memory: EncoderMemory, _ gradient: FloatBuffer
  ) {
    let width = configuration.decoderWidth
    let patches = configuration.patchesPerImage
    let tokens = decoder.gradient
    let embedded = MatrixView(memory.embedded, rows: memory.stack.rows, columns: width)
    let sums = MatrixView(tokenSums, rows: sequences, columns: 3 * width)
    pool.forEach(sequences) { sequence in
      let sum = sums.row(sequence)
      sum.update(repeating: 0, count: 3 * width)
      var target = encoderStarts[sequence]
      embedded.row(target).update(from: tokens.row(decoderStarts[sequence]), count: width)
      for (slot, image) in self.images(of: sequence).enumerated() {
        let first = patchRows(of: sequence).lowerBound + slot * patches
        let isVisible = images.visiblePatches.pointer + image * patches
        for patch in 0..<patches {
          let token = tokens.row(first + patch)
          RowOperations.add(token, to: sum + slot * width, count: width)
          if isVisible[patch] == 0 { RowOperations.add(token, to: sum + 2 * width, count: width) }
        }
        for patch in visiblePatches(ofImage: image, images) {
          target += 1
          embedded.row(target).update(from: tokens.row(first + patch), count: width)
        }
      }
    }
    let totals = tokenSums.pointer + sequences * 3 * width
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
  private func backwardPatchEmbedding(
    _ images: MaskedImages, _ memory: EncoderMemory, _ gradient: FloatBuffer
  ) {
    let width = configuration.width
    let tokens = memory.stack.gradient
    let place = map.patchEmbedding
    let patches = MatrixView(memory.patches, rows: tokens.rows, columns: configuration.patchValues)
    MatrixProduct.multiply(
      tokens, patches, transposing: .first, into: place.weights(in: gradient), pool: pool,
      workspace: productWorkspace)
    stopwatch?.lap(.linearBackward)
    let sums = MatrixView(tokenSums, rows: sequences, columns: 3 * width)
    pool.forEach(sequences) { sequence in
      var row = encoderStarts[sequence]
      let sum = sums.row(sequence)
      sum.update(from: tokens.row(row), count: width)
      (sum + width).update(repeating: 0, count: 2 * width)
      for (slot, image) in self.images(of: sequence).enumerated() {
        for _ in 0..<images.visibleCounts[image] {
          row += 1
          RowOperations.add(tokens.row(row), to: sum + (1 + slot) * width, count: width)
        }
      }
    }
    let totals = tokenSums.pointer + sequences * 3 * width
    ColumnSums.compute(sums, into: totals, pool: pool)
    let bias = gradient.pointer + place.bias
    bias.update(from: totals + width, count: width)
    RowOperations.add(totals + 2 * width, to: bias, count: width)
    (gradient.pointer + map.classToken).update(from: totals, count: width)
    (gradient.pointer + map.imageEmbedding).update(from: totals + width, count: 2 * width)
    stopwatch?.lap(.tokens)
  }
}
