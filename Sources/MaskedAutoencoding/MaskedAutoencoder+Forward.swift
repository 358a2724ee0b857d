// Forward: from visible patches to a prediction of all.

import Basics
import Kernels
import Tensors
import VisionTransformer

extension MaskedAutoencoder {
  /// Fills `predictions` for the images in use.
  /// - Parameters:
  ///   - images: (B, S) one after the other, masked.
  ///   - boxes: (B, S): where each lies in the frame of its sequence.
  ///   - mostVisible: the largest visible count that the masking allows, so that batches of equal
  ///     bounds fit equal memory.
  /// - Precondition: the images have the model's configuration and fit; there is one at least;
  ///   `parameters` has the layout.
  package func forward(
    parameters: FloatBuffer, images: MaskedImages, boxes: [FrameBox], mostVisible: Int
  ) {
    precondition(images.configuration == configuration && parameters.count == map.count)
    precondition(images.count > 0 && images.count <= capacity * imagesPerSequence)
    precondition(images.count % imagesPerSequence == 0 && boxes.count == images.count)
    stopwatch?.begin()
    let layers = Layers(
      parameters: parameters, pool: pool, workspace: productWorkspace, stopwatch: stopwatch)
    let memory = reserveEncoder(visiblePerImage: mostVisible)
    beginSequences(images, memory)
    fillPositionTables(boxes)
    assembleEncoderInput(images, layers, memory)
    memory.stack.forward(layers, workspace: memory.workspace)
    embedForDecoder(layers, memory)
    assembleDecoderInput(images, layers, memory)
    stopwatch?.lap(.tokens)
    decoder.forward(layers, workspace: memory.workspace)
    predict(layers)
  }

  private func fillPositionTables(_ boxes: [FrameBox]) {
    pool.forEach(boxes.count) { image in
      encoderPosition.fillTable(
        encoderTables.pointer + image * encoderPosition.tableCount, box: boxes[image])
      decoderPosition.fillTable(
        decoderTables.pointer + image * decoderPosition.tableCount, box: boxes[image])
    }
  }

  /// Tokens of a sequence: class token, visible patches of the first image, of the second; in the
  /// order of the permutation.
  private func assembleEncoderInput(
    _ images: MaskedImages, _ layers: Layers, _ memory: EncoderMemory
  ) {
    let (width, values) = (configuration.width, configuration.patchValues)
    let tokens = memory.stack.input
    let patches = MatrixView(memory.patches, rows: tokens.rows, columns: values)
    let place = map.patchEmbedding
    pool.forEach(sequences) { sequence in
      var row = encoderStarts[sequence]
      patches.row(row).update(repeating: 0, count: values)
      tokens.row(row).update(from: layers.pointer(map.classToken), count: width)
      for (slot, image) in self.images(of: sequence).enumerated() {
        let source = images[image]
        let table = encoderTables.pointer + image * encoderPosition.tableCount
        for patch in visiblePatches(ofImage: image, images) {
          row += 1
          source.copyPatch(patch, into: patches.row(row))
          encoderPosition.write(
            tokens.row(row), patch: patch, table: table,
            addend: layers.pointer(map.imageEmbedding + slot * width))
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
    ofImage image: Int, _ images: MaskedImages
  ) -> some RandomAccessCollection<Int> {
    let start = image * configuration.patchesPerImage
    return images.order[start..<start + images.visibleCounts[image]].lazy.map { Int($0) }
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

  /// Tokens of a sequence: class token, all patches of the first image, of the second; each in the
  /// order of the grid.
  private func assembleDecoderInput(
    _ images: MaskedImages, _ layers: Layers, _ memory: EncoderMemory
  ) {
    let width = configuration.decoderWidth
    let patches = configuration.patchesPerImage
    let tokens = decoder.input
    let embedded = MatrixView(memory.embedded, rows: memory.stack.rows, columns: width)
    pool.forEach(sequences) { sequence in
      var source = encoderStarts[sequence]
      let start = decoderStarts[sequence]
      tokens.row(start).update(from: embedded.row(source), count: width)
      for (slot, image) in self.images(of: sequence).enumerated() {
        let first = start + 1 + slot * patches
        let table = decoderTables.pointer + image * decoderPosition.tableCount
        let isVisible = images.visiblePatches.pointer + image * patches
        for patch in 0..<patches {
          decoderPosition.write(
            tokens.row(first + patch), patch: patch, table: table,
            addend: layers.pointer(map.decoderImageEmbedding + slot * width))
          if isVisible[patch] == 0 {
            RowOperations.add(
              layers.pointer(map.maskToken), to: tokens.row(first + patch), count: width)
          }
        }
        for patch in visiblePatches(ofImage: image, images) {
          source += 1
          RowOperations.add(embedded.row(source), to: tokens.row(first + patch), count: width)
        }
      }
    }
  }

  /// The rows of the decoder's output that are patches of a sequence: all but the class token.
  func patchRows(of sequence: Int) -> Range<Int> {
    decoderStarts[sequence] + 1..<decoderStarts[sequence + 1]
  }

  /// Rows of a sequence in (B, S, L, …).
  func predictionRows(of sequence: Int) -> Range<Int> {
    let count = imagesPerSequence * configuration.patchesPerImage
    return sequence * count..<(sequence + 1) * count
  }

  private func predict(_ layers: Layers) {
    let rows = images * configuration.patchesPerImage
    let normalised = MatrixView(
      decoderNormalised, rows: rows, columns: configuration.decoderWidth)
    pool.forEach(sequences) { sequence in
      let target = predictionRows(of: sequence)
      LayerNorm.forward(
        input: decoder.output.slice(rows: patchRows(of: sequence)),
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
}
