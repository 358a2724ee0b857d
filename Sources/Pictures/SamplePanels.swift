// What a row of a reconstruction sheet shows, as plain data. No drawing, no model.

import Basics

/// One image, and what the model made of it.
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
  /// What it has as one of a pair; nil where it is alone.
  package let beside: PanelsBesideAnother?
  /// What was made of it at larger scales, from the smaller to the largest.
  package let larger: [LargerPanel]

  /// - Precondition: every plane has the size of `valid`, S·S.
  package init(
    image: [Float], valid: [Bool], visible: [Bool], baseline: [Float], prediction: [Float],
    beside: PanelsBesideAnother? = nil, larger: [LargerPanel] = []
  ) {
    let count = valid.count
    precondition([image, baseline, prediction].allSatisfy { $0.count == 3 * count })
    precondition(visible.count == count)
    if let beside {
      precondition(beside.crossVisible.count == count && beside.weight.count == count)
    }
    self.image = image
    self.valid = valid
    self.visible = visible
    self.baseline = baseline
    self.prediction = prediction
    self.beside = beside
    self.larger = larger
  }
}

/// What was made of an image at twice its side, or more: all of it, not of hidden patches alone.
package struct LargerPanel: Sendable {
  /// S
  package let side: Int
  /// Red, green and blue in [0, 1], stretched like the image.
  package let prediction: [Float]  // (3, S, S)

  /// - Precondition: the plane has the side.
  package init(side: Int, prediction: [Float]) {
    precondition(side > 0 && prediction.count == 3 * side * side)
    self.side = side
    self.prediction = prediction
  }

  var picture: PixelImage {
    let count = side * side
    return PixelImage(side: side) { index in
      Color(
        red: Double(prediction[index]), green: Double(prediction[count + index]),
        blue: Double(prediction[2 * count + index]))
    }
  }
}

/// What an image of a pair has beside what an image alone has.
package struct PanelsBesideAnother: Sendable {
  /// Which places the other image's input shows.
  package let crossVisible: [Bool]  // (S, S)
  /// Weights of the pixels' losses, in [0, 1].
  package let weight: [Float]  // (S, S)
  /// Where the image lies on the map.
  package let footprint: Footprint

  /// Nothing is checked.
  package init(crossVisible: [Bool], weight: [Float], footprint: Footprint) {
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

/// A row: two neighbouring images, or one that is alone.
package struct SamplePanels: Sendable {
  package let title: String
  /// S: pixels along one side of each image.
  package let side: Int
  package let images: [ImagePanels]
  /// The sample's loss per hidden pixel, as it is minimised.
  package let loss: Double
  /// How far baseline and prediction are from the image where it is hidden.
  package let errors: DrawingErrors

  /// - Precondition: every image has `side` · `side` pixels; there are two of a pair, or one that
  ///   is alone.
  package init(
    title: String, side: Int, images: [ImagePanels], loss: Double, errors: DrawingErrors
  ) {
    precondition(side > 0 && images.allSatisfy { $0.valid.count == side * side })
    let besides = images.compactMap(\.beside)
    precondition((images.count, besides.count) == (2, 2) || (images.count, besides.count) == (1, 0))
    self.title = title
    self.side = side
    self.images = images
    self.loss = loss
    self.errors = errors
  }

  /// Share of the pixels that the model was not given.
  var maskRatio: Double {
    let visible = images.reduce(0) { $0 + $1.visible.count { $0 } }
    return 1 - Double(visible) / Double(images.count * side * side)
  }

  /// Where the two images of a pair lie; nil where there is one.
  var footprints: (first: Footprint, second: Footprint)? {
    let footprints = images.compactMap { $0.beside?.footprint }
    return footprints.count == 2 ? (footprints[0], footprints[1]) : nil
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
      if !visible[index] { return beside?.crossVisible[index] == true ? .crossVisible : .hidden }
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

  /// Nil where there is none.
  func weightPicture(side: Int) -> PixelImage? {
    beside.map { beside in PixelImage(side: side) { Viridis.color(Double(beside.weight[$0])) } }
  }
}
