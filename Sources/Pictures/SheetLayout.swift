// Where everything on a reconstruction sheet goes. Numbers only; nothing is drawn here.

/// All lengths in pixels; they grow with the side of a panel.
package struct SheetLayout {
  /// Images are enlarged by whole numbers to at least this, and reduced to at most that.
  static let panelSides = 144...512

  let panelSide: Double
  let rowCount: Int
  /// 2 of pairs, 1 of images alone.
  let imagesPerRow: Int
  /// Scales beyond the base.
  let largerScales: Int

  /// Images that are alone are as wide as a pair: the legends have to fit below them.
  package init(imageSide: Int, rowCount: Int, imagesPerRow: Int = 2, largerScales: Int = 0) {
    precondition(imagesPerRow == 1 || imagesPerRow == 2)
    self.imagesPerRow = imagesPerRow
    self.largerScales = largerScales
    let least = Self.panelSides.lowerBound * 2 / imagesPerRow
    let enlarged = imageSide * max(1, (least + imageSide - 1) / imageSide)
    panelSide = Double(min(enlarged, Self.panelSides.upperBound))
    self.rowCount = rowCount
  }

  /// What the columns show; weights differ in pairs alone.
  var groups: [String] {
    ["Image", "Input", "Baseline", "Prediction"] + (imagesPerRow > 1 ? ["Loss weight"] : [])
      + (0..<largerScales).map { "Prediction, \(2 << $0)×" }
  }

  /// Whole pixels, so that edges are sharp.
  private func share(_ share: Double) -> Double {
    (panelSide * Double(imagesPerRow) / 2 * share).rounded()
  }

  var margin: Double { share(0.22) }
  var headlineSize: Double { share(0.21) }
  var headingSize: Double { share(0.135) }
  var textSize: Double { share(0.11) }
  var lineHeight: Double { share(0.165) }
  var hairline: Double { max(1, share(0.008)) }

  var headlineBaseline: Double { margin + share(0.17) }
  var subtitleBaseline: Double { headlineBaseline + share(0.19) }
  var headingBaseline: Double { subtitleBaseline + share(0.36) }
  var letterBaseline: Double { headingBaseline + (imagesPerRow > 1 ? share(0.17) : 0) }

  private var panelGap: Double { share(0.04) }
  private var groupGap: Double { share(0.16) }
  private var rowGap: Double { share(0.12) }
  var captionWidth: Double { share(0.96) }
  private var glyphSide: Double { share(0.72) }
  private var panelsLeft: Double {
    margin + captionWidth + (imagesPerRow > 1 ? glyphSide : 0) + share(0.14)
  }
  private var panelsTop: Double { letterBaseline + share(0.08) }

  /// The panel of an image (0 or 1) in a group.
  package func panel(row: Int, group: Int, image: Int) -> Rectangle {
    let groupLeft = panelsLeft + Double(group) * groupPitch
    return Rectangle(
      x: groupLeft + Double(image) * (panelSide + panelGap),
      y: panelsTop + Double(row) * (panelSide + rowGap), width: panelSide, height: panelSide)
  }

  private var groupWidth: Double {
    Double(imagesPerRow) * panelSide + Double(imagesPerRow - 1) * panelGap
  }
  private var groupPitch: Double { groupWidth + groupGap }

  /// The panels of a group in all rows.
  func column(_ group: Int) -> Rectangle {
    let top = panel(row: 0, group: group, image: 0)
    let height = Double(rowCount) * panelSide + Double(max(0, rowCount - 1)) * rowGap
    return Rectangle(x: top.x, y: top.y, width: groupWidth, height: height)
  }

  /// The square of the map glyph beside a row.
  func glyph(row: Int) -> Rectangle {
    let panel = panel(row: row, group: 0, image: 0)
    return Rectangle(
      x: margin + captionWidth, y: panel.center.y - glyphSide / 2, width: glyphSide,
      height: glyphSide)
  }

  /// The base line of a line of a row's caption, of `lineCount`, centred on the row.
  func captionBaseline(row: Int, line: Int, of lineCount: Int) -> Point {
    let center = panel(row: row, group: 0, image: 0).center.y
    let first = center - Double(lineCount - 1) / 2 * lineHeight + textSize * 0.36
    return Point(x: margin, y: first + Double(line) * lineHeight)
  }

  var legendTop: Double { column(0).bottom + share(0.16) }
  var swatchSide: Double { share(0.1) }
  var colorBarHeight: Double { share(0.11) }

  /// Lines of the note below the legends.
  static let noteLines = 2

  func noteBaseline(line: Int) -> Double {
    legendTop + (3.6 + Double(line)) * lineHeight + textSize
  }

  var footerRule: Double { noteBaseline(line: Self.noteLines - 1) + share(0.2) }
  var footerBaseline: Double { footerRule + share(0.24) }

  var width: Double { column(groups.count - 1).right + margin }
  var height: Double { footerBaseline + margin * 0.85 }
}
