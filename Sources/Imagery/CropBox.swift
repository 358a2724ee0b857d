// Which part of a chip an image shows.

import Basics

/// A box of whole pixels in a chip.
package struct CropBox: Hashable, Sendable {
  package var column: Int
  package var row: Int
  package var width: Int
  package var height: Int

  package init(column: Int, row: Int, width: Int, height: Int) {
    self.column = column
    self.row = row
    self.width = width
    self.height = height
  }

  /// Area of a crop over the area of its chip.
  static let areaShares = 0.2...1.0
  /// Mean area of a random crop over the area of its chip.
  package static let meanAreaShare = (areaShares.lowerBound + areaShares.upperBound) / 2
  /// Width over height.
  static let aspects = 3.0 / 4.0...4.0 / 3.0
  private static let tries = 10

  /// The whole of a chip.
  package static func whole(side: Int) -> CropBox {
    CropBox(column: 0, row: 0, width: side, height: side)
  }

  /// A random box as torchvision's `RandomResizedCrop` draws it: area share uniform in [0.2, 1],
  /// the logarithm of the aspect uniform between those of 3/4 and 4/3, edges rounded to pixels, the
  /// place uniform; the whole chip when ten boxes in a row do not fit.
  /// - Parameter side: of the chip, in pixels.
  package static func random(side: Int, using random: inout CounterRandom) -> CropBox {
    let area = Double(side * side)
    let shortest = PortableMath.log(aspects.lowerBound)
    let longest = PortableMath.log(aspects.upperBound)
    for _ in 0..<tries {
      let share =
        areaShares.lowerBound + (areaShares.upperBound - areaShares.lowerBound) * random.uniform()
      let aspect = PortableMath.exp(shortest + (longest - shortest) * random.uniform())
      let width = Int((share * area * aspect).squareRoot().rounded(.toNearestOrEven))
      let height = Int((share * area / aspect).squareRoot().rounded(.toNearestOrEven))
      if width > 0 && height > 0 && width <= side && height <= side {
        let row = random.index(below: side - height + 1)
        let column = random.index(below: side - width + 1)
        return CropBox(column: column, row: row, width: width, height: height)
      }
    }
    return whole(side: side)
  }

  /// Whether the box holds a pixel and lies in a chip of this side.
  func isInside(side: Int) -> Bool {
    column >= 0 && row >= 0 && width > 0 && height > 0 && column <= side - width
      && row <= side - height
  }

  /// The box in map coordinates.
  /// - Parameters:
  ///   - footprint: of the whole chip.
  ///   - side: of the chip, in pixels.
  package func footprint(in footprint: Footprint, side: Int) -> Footprint {
    let perColumn = footprint.width / Double(side)
    let perRow = footprint.height / Double(side)
    return Footprint(
      left: footprint.left + perColumn * Double(column),
      top: footprint.top - perRow * Double(row),
      right: footprint.left + perColumn * Double(column + width),
      bottom: footprint.top - perRow * Double(row + height))
  }
}
