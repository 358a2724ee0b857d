// What a row of a reconstruction sheet shows, as plain data. No drawing, no model.

import Basics

/// One image of a pair, and what the model made of it.
package struct ImagePanels: Sendable {
  /// Red, green and blue in [0, 1], ready to show; see `StretchToDisplay`.
  package let image: [Float]  // (3, S, S)
  /// Which pixels hold data.
  package let valid: [Bool]  // (S, S)
  /// Which pixels the model was given.
  package let visible: [Bool]  // (S, S)
  /// What can be drawn without the model, stretched like the image; shown where the image is
  /// hidden.
  package let baseline: [Float]  // (3, S, S)
  /// The same with the model's part; shown where the image is hidden.
  package let prediction: [Float]  // (3, S, S)
  /// Which places the other image's input shows.
  package let crossVisible: [Bool]  // (S, S)
  /// Weights of the pixels' losses, in [0, 1].
  package let weight: [Float]  // (S, S)
  /// Where the image lies on the map.
  package let footprint: Footprint

  /// - Precondition: every plane has the size of `valid`, S·S.
  package init(
    image: [Float], valid: [Bool], visible: [Bool], baseline: [Float], prediction: [Float],
    crossVisible: [Bool], weight: [Float], footprint: Footprint
  ) {
    let count = valid.count
    precondition([image, baseline, prediction].allSatisfy { $0.count == 3 * count })
    precondition(visible.count == count && crossVisible.count == count && weight.count == count)
    self.image = image
    self.valid = valid
    self.visible = visible
    self.baseline = baseline
    self.prediction = prediction
    self.crossVisible = crossVisible
    self.weight = weight
    self.footprint = footprint
  }
}

/// Root mean square errors of what is drawn where images are hidden, in standard deviations of a
/// band.
package struct DrawingErrors: Sendable {
  package let baseline: Double
  package let prediction: Double

  package init(baseline: Double, prediction: Double) {
    self.baseline = baseline
    self.prediction = prediction
  }
}

/// A row: two neighbouring images.
package struct PairPanels: Sendable {
  package let title: String
  /// S: pixels along one side of each image.
  package let side: Int
  package let first: ImagePanels
  package let second: ImagePanels
  /// The pair's weighted loss per hidden pixel.
  package let loss: Double
  /// How far baseline and prediction are from the image where it is hidden.
  package let errors: DrawingErrors

  /// - Precondition: both images have `side` · `side` pixels.
  package init(
    title: String, side: Int, first: ImagePanels, second: ImagePanels, loss: Double,
    errors: DrawingErrors
  ) {
    precondition(side > 0)
    precondition(first.valid.count == side * side && second.valid.count == side * side)
    self.title = title
    self.side = side
    self.first = first
    self.second = second
    self.loss = loss
    self.errors = errors
  }

  /// Share of the pixels that the model was not given.
  var maskRatio: Double {
    let visible = (first.visible + second.visible).count { $0 }
    return 1 - Double(visible) / Double(2 * side * side)
  }

  var intersectionOverUnion: Double {
    first.footprint.intersectionOverUnion(second.footprint)
  }
}

extension ImagePanels {
  static func noDataPicture(side: Int) -> PixelImage {
    PixelImage(side: side) { NoDataHatch.color($0, side: side) }
  }

  private func color(of planes: [Float], _ index: Int) -> Color {
    Color(
      red: Double(planes[index]), green: Double(planes[valid.count + index]),
      blue: Double(planes[2 * valid.count + index]))
  }

  func imagePicture(side: Int) -> PixelImage {
    PixelImage(side: side) { valid[$0] ? color(of: image, $0) : NoDataHatch.color($0, side: side) }
  }

  func inputPicture(side: Int) -> PixelImage {
    PixelImage(side: side) { index in
      if !visible[index] { return crossVisible[index] ? .crossVisible : .hidden }
      return valid[index] ? color(of: image, index) : NoDataHatch.color(index, side: side)
    }
  }

  func baselinePicture(side: Int) -> PixelImage { filledPicture(side: side, from: baseline) }

  func predictionPicture(side: Int) -> PixelImage { filledPicture(side: side, from: prediction) }

  /// The image, and `planes` where it is hidden.
  private func filledPicture(side: Int, from planes: [Float]) -> PixelImage {
    PixelImage(side: side) { index in
      if !valid[index] { return NoDataHatch.color(index, side: side) }
      return color(of: visible[index] ? image : planes, index)
    }
  }

  func weightPicture(side: Int) -> PixelImage {
    PixelImage(side: side) { Viridis.color(Double(weight[$0])) }
  }
}
