// Forward: pairs to predictions, weights and sums.

import Basics
import Kernels
import Tensors
import VisionTransformer

extension NeighborMAENetwork {
  /// Runs the network on a prepared batch.
  ///
  /// Until the next forward, the accessors tell of this batch's predictions and weights.
  /// - Precondition: the batch has the network's configuration, is prepared and fits; `parameters`
  ///   has the layout of the configuration.
  public func forward(parameters: FloatBuffer, batch: PairBatch) -> LossSums {
    precondition(batch.configuration == configuration && parameters.count == map.count)
    precondition(batch.count > 0 && batch.count <= capacity, "the batch is not prepared")
    lastBatch = batch
    pairs = batch.count
    stopwatch?.begin()
    let layers = Layers(
      parameters: parameters, pool: pool, workspace: productWorkspace, stopwatch: stopwatch)
    let memory = reserveEncoder(visiblePerImage: mostVisible(batch))
    beginSequences(batch, memory)
    fillPositionTables(batch)
    assembleEncoderInput(batch, layers, memory)
    memory.stack.forward(layers, workspace: memory.workspace)
    embedForDecoder(layers, memory)
    assembleDecoderInput(batch, layers, memory)
    stopwatch?.lap(.tokens)
    decoder.forward(layers, workspace: memory.workspace)
    predict(layers)
    defer { stopwatch?.lap(.objective) }
    return measure(batch)
  }

  /// The largest visible count that the batch's bounds allow, so that batches of equal bounds fit
  /// equal memory.
  private func mostVisible(_ batch: PairBatch) -> Int {
    configuration.mostVisiblePatches(bounds: batch.bounds)
  }

  private func beginSequences(_ batch: PairBatch, _ memory: EncoderMemory) {
    encoderStarts.removeAll(keepingCapacity: true)
    decoderStarts.removeAll(keepingCapacity: true)
    var end = 0
    for pair in 0..<pairs {
      encoderStarts.append(end)
      decoderStarts.append(pair * configuration.longestSequence)
      end += 1 + ModelConfiguration.imagesPerPair * batch.visibleCounts[pair]
    }
    encoderStarts.append(end)
    decoderStarts.append(pairs * configuration.longestSequence)
    memory.stack.begin(starts: encoderStarts)
    decoder.begin(starts: decoderStarts)
  }

  private func fillPositionTables(_ batch: PairBatch) {
    pool.forEach(images) { image in
      encoderPosition.fillTable(
        encoderTables.pointer + image * encoderPosition.tableCount, box: batch.boxes[image])
      decoderPosition.fillTable(
        decoderTables.pointer + image * decoderPosition.tableCount, box: batch.boxes[image])
    }
  }

  /// Tokens of a pair: class token, visible patches of the first image, of the second; in the order
  /// of the permutation.
  private func assembleEncoderInput(
    _ batch: PairBatch, _ layers: Layers, _ memory: EncoderMemory
  ) {
    let (width, values) = (configuration.width, configuration.patchValues)
    let tokens = memory.stack.input
    let patches = MatrixView(memory.patches, rows: tokens.rows, columns: values)
    let place = map.patchEmbedding
    pool.forEach(pairs) { pair in
      var row = encoderStarts[pair]
      patches.row(row).update(repeating: 0, count: values)
      tokens.row(row).update(from: layers.pointer(map.classToken), count: width)
      for image in 2 * pair...2 * pair + 1 {
        let source = ImageInPair(image, of: batch)
        let table = encoderTables.pointer + image * encoderPosition.tableCount
        for patch in visiblePatches(ofImage: image, batch) {
          row += 1
          source.copyPatch(patch, into: patches.row(row))
          encoderPosition.write(
            tokens.row(row), patch: patch, table: table,
            addend: layers.pointer(map.imageEmbedding + image % 2 * width))
          RowOperations.add(layers.pointer(place.bias), to: tokens.row(row), count: width)
        }
      }
    }
    layers.stopwatch?.lap(.tokens)
    MatrixProduct.multiply(
      patches, place.weights(in: layers.parameters), transposing: .second, into: tokens,
      adding: true, pool: pool, workspace: productWorkspace)
    layers.stopwatch?.lap(.linearForward)
  }

  /// The visible patches of an image, in the order of their tokens.
  func visiblePatches(
    ofImage image: Int, _ batch: PairBatch
  ) -> some RandomAccessCollection<Int> {
    let start = image * configuration.patchesPerImage
    return batch.order[start..<start + batch.visibleCounts[image / 2]].lazy.map { Int($0) }
  }

  private func embedForDecoder(_ layers: Layers, _ memory: EncoderMemory) {
    let rows = memory.stack.rows
    let normalised = MatrixView(memory.normalised, rows: rows, columns: configuration.width)
    layers.normalize(
      memory.stack.output, map.norm, into: normalised, statistics: memory.normStatistics.pointer)
    layers.linear(
      normalised, map.decoderEmbedding,
      into: MatrixView(memory.embedded, rows: rows, columns: configuration.decoderWidth))
  }

  /// Tokens of a pair: class token, all patches of the first image, of the second; each in the
  /// order of the grid.
  private func assembleDecoderInput(
    _ batch: PairBatch, _ layers: Layers, _ memory: EncoderMemory
  ) {
    let width = configuration.decoderWidth
    let patches = configuration.patchesPerImage
    let tokens = decoder.input
    let embedded = MatrixView(memory.embedded, rows: memory.stack.rows, columns: width)
    pool.forEach(pairs) { pair in
      var source = encoderStarts[pair]
      let start = decoderStarts[pair]
      tokens.row(start).update(from: embedded.row(source), count: width)
      for image in 2 * pair...2 * pair + 1 {
        let first = start + 1 + image % 2 * patches
        let table = decoderTables.pointer + image * decoderPosition.tableCount
        let isVisible = batch.visiblePatches.pointer + image * patches
        for patch in 0..<patches {
          decoderPosition.write(
            tokens.row(first + patch), patch: patch, table: table,
            addend: layers.pointer(map.decoderImageEmbedding + image % 2 * width))
          if isVisible[patch] == 0 {
            RowOperations.add(
              layers.pointer(map.maskToken), to: tokens.row(first + patch), count: width)
          }
        }
        for patch in visiblePatches(ofImage: image, batch) {
          source += 1
          RowOperations.add(embedded.row(source), to: tokens.row(first + patch), count: width)
        }
      }
    }
  }

  /// The rows of the decoder's output that are patches of a pair: all but the class token.
  func patchRows(of pair: Int) -> Range<Int> { decoderStarts[pair] + 1..<decoderStarts[pair + 1] }

  /// Rows of a pair in (B, 2, L, …).
  func predictionRows(of pair: Int) -> Range<Int> {
    let count = ModelConfiguration.imagesPerPair * configuration.patchesPerImage
    return pair * count..<(pair + 1) * count
  }

  private func predict(_ layers: Layers) {
    let rows = images * configuration.patchesPerImage
    let normalised = MatrixView(
      decoderNormalised, rows: rows, columns: configuration.decoderWidth)
    pool.forEach(pairs) { pair in
      let target = predictionRows(of: pair)
      LayerNorm.forward(
        input: decoder.output.slice(rows: patchRows(of: pair)),
        weight: layers.pointer(map.decoderNorm.weight), bias: layers.pointer(map.decoderNorm.bias),
        output: normalised.slice(rows: target),
        statistics: decoderNormStatistics.pointer
          + target.lowerBound * LayerNorm.statisticsPerRow)
    }
    stopwatch?.lap(.norms)
    layers.linear(
      normalised, map.decoderPrediction,
      into: MatrixView(predictions, rows: rows, columns: configuration.patchValues))
  }

  private func measure(_ batch: PairBatch) -> LossSums {
    let area = configuration.pixelsPerImage
    let valuesPerImage = configuration.valuesPerImage
    pixelSums.withUnsafeMutableBufferPointer { pixelSums in
      // Each part writes the element of its own image.
      let pixelSums = pixelSums.baseAddress!
      pool.forEach(
        images,
        withSlot: { index, slot in
          let objective = objectives[slot]
          let image = ImageInPair(index, of: batch)
          let statistics = statistics(ofImage: index)
          let seen = seen.pointer + index * area
          statistics.measure(image)
          objective.measureError(
            of: predictions.pointer + index * valuesPerImage, image, statistics)
          objective.projectNeighbour(image, statistics, seen: seen)
          pixelSums[index] = objective.weigh(
            image, seen: seen, weights: weights.pointer + index * area)
        })
    }
    return LossSums(pixelSums[0..<images], of: batch)
  }
}
