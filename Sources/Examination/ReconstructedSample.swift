// One sample of a batch and what a model made of it: numbers, before they become colours.

import Basics
import Foundation
import MAE
import MaskedAutoencoding
import NeighborMAE
import Pictures
import SatMAEpp

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

struct ReconstructedSample {
  /// One of its images, or its only one.
  struct Image {
    let pixels: [Float]  // (C, S, S), normalised, as the next two
    let valid: [Bool]  // (S, S), as the other flags
    let visible: [Bool]
    let baseline: [Float]
    let prediction: [Float]
    let beside: PanelsBesideAnother?
    /// At larger scales, each (C, S, S) of its side.
    let larger: [(side: Int, prediction: [Float])]
  }

  let images: [Image]
  /// Of a pair's images; 0 of an image that is alone.
  let overlap: Float
  let loss: Double
  let errors: HiddenErrors

  /// A pair of a batch.
  /// - Parameter network: what its last forward had the batch for.
  init(_ pair: Int, of batch: PairBatch, reconstructedBy network: NeighborMAENetwork) {
    let images = (0..<ModelConfiguration.imagesPerPair).map { image in
      let estimate = PatchEstimate(of: batch, pair: pair, image: image)
      let footprints = batch.footprints[pair]
      return Image(
        pair * ModelConfiguration.imagesPerPair + image, of: batch.images, estimate,
        prediction: network.predictedPixels(pair: pair, image: image, given: estimate),
        beside: PanelsBesideAnother(
          crossVisible: network.seenInNeighbour(pair: pair, image: image).map { $0 != 0 },
          weight: network.pixelWeights(pair: pair, image: image),
          footprint: image == 0 ? footprints.first : footprints.second))
    }
    self.init(
      images, overlap: batch.intersectionsOverUnion[pair], loss: network.loss(ofPair: pair))
  }

  /// An image of a batch.
  /// - Parameter network: what its last forward had the batch for.
  init(_ image: Int, of batch: ImageBatch, reconstructedBy network: MAENetwork) {
    let estimate = PatchEstimate(of: batch.images[image])
    let prediction = estimate.pixels(of: network.prediction(image: image), batch.configuration)
    self.init(
      [Image(image, of: batch.images, estimate, prediction: prediction)], overlap: 0,
      loss: network.loss(ofImage: image))
  }

  /// An image of a batch at several scales.
  /// - Parameter network: what its last forward had the batch for.
  init(_ image: Int, of batch: MultiScaleBatch, reconstructedBy network: SatMAEppNetwork) {
    let images = batch.base.images
    let estimate = PatchEstimate(of: images[image])
    let prediction = estimate.pixels(of: network.prediction(image: image), batch.configuration)
    let larger = (0..<batch.configuration.upsamplings).map { scale in
      let shown = batch.image(image, scale: scale)
      let made = network.made(image: image, scale: scale)
      let pixels = PatchEstimate(of: shown).pixels(
        ofMade: made, shown.grid, normalizes: batch.configuration.normalizesPatches)
      return (side: shown.grid.imageSide, prediction: pixels)
    }
    self.init(
      [Image(image, of: images, estimate, prediction: prediction, larger: larger)], overlap: 0,
      loss: network.loss(ofImage: image))
  }

  private init(_ images: [Image], overlap: Float, loss: Double) {
    self.images = images
    self.overlap = overlap
    self.loss = loss
    errors = images.reduce(into: HiddenErrors()) { errors, image in
      errors.add(
        pixels: image.pixels, baseline: image.baseline, prediction: image.prediction,
        where: zip(image.valid, image.visible).map { $0 && !$1 })
    }
  }

  /// The sample as a row of a sheet.
  func panels(
    title: String, _ stretch: StretchToDisplay, _ model: ModelConfiguration
  ) -> SamplePanels {
    let panels = images.map { image in
      func shown(_ pixels: [Float]) -> [Float] {
        stretch.display(pixels, pixelCount: model.pixelsPerImage)
      }
      return ImagePanels(
        image: shown(image.pixels), valid: image.valid, visible: image.visible,
        baseline: shown(image.baseline), prediction: shown(image.prediction),
        beside: image.beside,
        larger: image.larger.map { larger in
          LargerPanel(
            side: larger.side,
            prediction: stretch.display(
              larger.prediction, pixelCount: larger.side * larger.side))
        })
    }
    return SamplePanels(
      title: title, side: model.imageSide, images: panels, loss: loss, errors: errors.forDrawing)
  }
}

extension ReconstructedSample.Image {
  /// - Parameters:
  ///   - index: among the images.
  ///   - estimate: of its hidden patches.
  ///   - prediction: (C, S, S), as normalised pixels.
  fileprivate init(
    _ index: Int, of images: MaskedImages, _ estimate: PatchEstimate, prediction: [Float],
    beside: PanelsBesideAnother? = nil, larger: [(side: Int, prediction: [Float])] = []
  ) {
    let (model, image) = (images.configuration, images[index])
    let grid = image.grid
    self.init(
      pixels: Array(UnsafeBufferPointer(start: image.pixels, count: grid.valueCount)),
      valid: (0..<grid.pixelCount).map { image.validity[$0] != 0 },
      visible: (0..<grid.pixelCount).map { image.visible[grid.patch(ofPixel: $0)] != 0 },
      baseline: estimate.flatPixels(of: model), prediction: prediction, beside: beside,
      larger: larger)
  }
}
