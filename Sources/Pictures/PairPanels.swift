// What a row of a reconstruction sheet shows, as plain data. No drawing, no model.

import Foundations

/// One image of a pair, and what the model made of it.
public struct ImagePanels: Sendable {
  /// Red, green and blue in [0, 1], ready to show; see `StretchToDisplay`.
  public let image: [Float]  // (3, S, S)
  /// Which pixels hold data.
  public let valid: [Bool]  // (S, S)
  /// Which pixels the model was given.
  public let visible: [Bool]  // (S, S)
  /// The model's pixels, stretched like the image; shown where the image is hidden.
  public let prediction: [Float]  // (3, S, S)
  /// Which places the other image's input shows.
  public let crossVisible: [Bool]  // (S, S)
  /// Weights of the pixels' losses, in [0, 1].
  public let weight: [Float]  // (S, S)
  /// Where the image lies on the map.
  public let footprint: Footprint

  /// - Precondition: every plane has the size of `valid`, S·S.
  public init(
    image: [Float], valid: [Bool], visible: [Bool], prediction: [Float], crossVisible: [Bool],
    weight: [Float], footprint: Footprint
  ) {
    let count = valid.count
    precondition(image.count == 3 * count && prediction.count == 3 * count)
    precondition(visible.count == count && crossVisible.count == count && weight.count == count)
    self.image = image
    self.valid = valid
    self.visible = visible
    self.prediction = prediction
    self.crossVisible = crossVisible
    self.weight = weight
    self.footprint = footprint
  }
}

/// A row: two neighbouring images.
public struct PairPanels: Sendable {
  public let title: String
  /// S: pixels along one side of each image.
  public let side: Int
  public let first: ImagePanels
  public let second: ImagePanels
  /// The pair's weighted loss per hidden pixel.
  public let loss: Double

  /// - Precondition: both images have `side` · `side` pixels.
  public init(title: String, side: Int, first: ImagePanels, second: ImagePanels, loss: Double) {
    precondition(side > 0)
    precondition(first.valid.count == side * side && second.valid.count == side * side)
    self.title = title
    self.side = side
    self.first = first
    self.second = second
    self.loss = loss
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
  /// A hatch of stripes three pixels wide.
  private static func stripe(_ index: Int, _ side: Int) -> Color {
    (index / side + index % side) % 6 < 3 ? Color.noData.0 : Color.noData.1
  }

  static func noDataPicture(side: Int) -> PixelImage {
    PixelImage(side: side) { stripe($0, side) }
  }

  private func color(of planes: [Float], _ index: Int) -> Color {
    Color(
      red: Double(planes[index]), green: Double(planes[valid.count + index]),
      blue: Double(planes[2 * valid.count + index]))
  }

  func imagePicture(side: Int) -> PixelImage {
    PixelImage(side: side) { valid[$0] ? color(of: image, $0) : Self.stripe($0, side) }
  }

  func inputPicture(side: Int) -> PixelImage {
    PixelImage(side: side) { index in
      if !visible[index] { return .hidden }
      return valid[index] ? color(of: image, index) : Self.stripe(index, side)
    }
  }

  func predictionPicture(side: Int) -> PixelImage {
    PixelImage(side: side) { index in
      if !valid[index] { return Self.stripe(index, side) }
      return color(of: visible[index] ? image : prediction, index)
    }
  }

  func crossVisiblePicture(side: Int) -> PixelImage {
    PixelImage(side: side) { index in
      if visible[index] { return .visible }
      return crossVisible[index] ? .crossVisible : .hidden
    }
  }

  func weightPicture(side: Int) -> PixelImage {
    PixelImage(side: side) { Viridis.color(Double(weight[$0])) }
  }
}
