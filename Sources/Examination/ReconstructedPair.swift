// One pair of a batch and what a model made of it: numbers, before they become colours.

import Basics
import Foundation
import NeighborMAE
import Pictures

/// Squared errors of what is drawn where images are hidden, over pixels that were measured.
struct HiddenErrors {
  private var baseline = 0.0
  private var prediction = 0.0
  private var values = 0

  /// - Parameters:
  ///   - pixels, baseline, prediction: (C, S, S), normalised.
  ///   - isCounted: (S, S).
  mutating func add(
    pixels: [Float], baseline: [Float], prediction: [Float], where isCounted: [Bool]
  ) {
    func square(_ a: Float, _ b: Float) -> Double { Double(a - b) * Double(a - b) }
    for index in pixels.indices where isCounted[index % isCounted.count] {
      self.baseline += square(baseline[index], pixels[index])
      self.prediction += square(prediction[index], pixels[index])
      values += 1
    }
  }

  static func += (sum: inout HiddenErrors, other: HiddenErrors) {
    sum.baseline += other.baseline
    sum.prediction += other.prediction
    sum.values += other.values
  }

  /// Root mean squares; 0 of nothing.
  var forDrawing: DrawingErrors {
    let count = Double(max(values, 1))
    return DrawingErrors(
      baseline: (baseline / count).squareRoot(), prediction: (prediction / count).squareRoot())
  }
}

struct ReconstructedPair {
  struct Image {
    let pixels: [Float]  // (C, S, S), normalised, as the next two
    let valid: [Bool]  // (S, S), as the other flags
    let visible: [Bool]
    let baseline: [Float]
    let prediction: [Float]
    let seen: [Bool]
    let weight: [Float]  // (S, S)
    let footprint: Footprint
  }

  let images: [Image]
  let overlap: Float
  let loss: Double
  let errors: HiddenErrors

  /// - Parameter network: what its last forward had the batch for.
  init(_ pair: Int, of batch: PairBatch, reconstructedBy network: NeighborMAENetwork) {
    images = (0..<2).map { Self.image($0, ofPair: pair, batch, network) }
    overlap = batch.intersectionsOverUnion[pair]
    loss = network.loss(ofPair: pair)
    errors = images.reduce(into: HiddenErrors()) { errors, image in
      errors.add(
        pixels: image.pixels, baseline: image.baseline, prediction: image.prediction,
        where: zip(image.valid, image.visible).map { $0 && !$1 })
    }
  }

  private static func image(
    _ index: Int, ofPair pair: Int, _ batch: PairBatch, _ network: NeighborMAENetwork
  ) -> Image {
    let model = batch.configuration
    let patches = model.patchesPerImage
    let first = (pair * 2 + index) * patches
    let flags = batch.visiblePatches[first..<first + patches]
    let grid = model.patchGrid
    let visible = (0..<grid.pixelCount).map { flags[grid.patch(ofPixel: $0)] != 0 }
    let estimate = PatchEstimate(of: batch, pair: pair, image: index)
    return Image(
      pixels: Array(batch.pixels[batch.pixelRange(pair: pair, image: index)]),
      valid: batch.validity[batch.validityRange(pair: pair, image: index)].map { $0 != 0 },
      visible: visible, baseline: estimate.flatPixels(of: model),
      prediction: network.predictedPixels(pair: pair, image: index, given: estimate),
      seen: network.seenInNeighbour(pair: pair, image: index).map { $0 != 0 },
      weight: Array(network.pixelWeights(pair: pair, image: index)),
      footprint: index == 0 ? batch.footprints[pair].first : batch.footprints[pair].second)
  }

  /// The pair as a row of a sheet.
  func panels(
    title: String, _ stretch: StretchToDisplay, _ model: ModelConfiguration
  ) -> PairPanels {
    let panels = images.map { image in
      func shown(_ pixels: [Float]) -> [Float] {
        stretch.display(pixels, pixelCount: model.pixelsPerImage)
      }
      return ImagePanels(
        image: shown(image.pixels), valid: image.valid, visible: image.visible,
        baseline: shown(image.baseline), prediction: shown(image.prediction),
        crossVisible: image.seen, weight: image.weight, footprint: image.footprint)
    }
    return PairPanels(
      title: title, side: model.imageSide, first: panels[0], second: panels[1], loss: loss,
      errors: errors.forDrawing)
  }
}
