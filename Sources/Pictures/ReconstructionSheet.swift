// A picture of what a model reconstructs: a row a pair of neighbouring images. Draws; computes
// nothing about the model.

import Basics
import Foundation

/// A sheet with a row for each pair: images, inputs, what can be drawn without the model and with
/// it, loss weights.
package struct ReconstructionSheet: Sendable, DrawnPicture {
  /// A loss over all held-out pairs.
  package struct NamedLoss: Sendable {
    package let name: String
    package let value: Double

    package init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  package let headline: String
  package let subtitle: String
  /// Which bands the colours show: "red, green, blue: B4, B3, B2".
  package let bands: String
  /// Where baseline and prediction come from: some sentences below the legends.
  package let note: String
  package let pairs: [PairPanels]
  package let step: Step
  package let losses: [NamedLoss]
  /// Over all held-out pairs.
  package let errors: DrawingErrors

  /// - Precondition: there is a pair, and all have one side.
  package init(
    headline: String, subtitle: String, bands: String, note: String, pairs: [PairPanels],
    step: Step, losses: [NamedLoss], errors: DrawingErrors
  ) {
    precondition(!pairs.isEmpty && pairs.allSatisfy { $0.side == pairs[0].side })
    self.headline = headline
    self.subtitle = subtitle
    self.bands = bands
    self.note = note
    self.pairs = pairs
    self.step = step
    self.losses = losses
    self.errors = errors
  }

  package func draw() throws(PictureError) -> Canvas {
    let layout = SheetLayout(imageSide: pairs[0].side, rowCount: pairs.count)
    let canvas = try Canvas(
      width: Int(layout.width), height: Int(layout.height), background: .paper)
    drawHeadings(on: canvas, layout)
    for (row, pair) in pairs.enumerated() {
      drawCaption(of: pair, row: row, on: canvas, layout)
      drawFootprints(of: pair, in: layout.glyph(row: row), on: canvas, layout)
      try drawPanels(of: pair, row: row, on: canvas, layout)
    }
    try drawLegend(on: canvas, layout)
    drawFooter(on: canvas, layout)
    return canvas
  }

  private func drawHeadings(on canvas: Canvas, _ layout: SheetLayout) {
    let left = layout.margin
    let width = layout.width - 2 * left
    canvas.text(
      headline, at: Point(x: left, y: layout.headlineBaseline),
      size: canvas.fittingSize(headline, size: layout.headlineSize, weight: .bold, width: width),
      weight: .bold)
    canvas.text(
      subtitle, at: Point(x: left, y: layout.subtitleBaseline),
      size: canvas.fittingSize(subtitle, size: layout.headingSize, weight: .normal, width: width),
      color: .faintInk)
    for (group, name) in SheetLayout.groups.enumerated() {
      canvas.text(
        name, at: Point(x: layout.column(group).center.x, y: layout.headingBaseline),
        size: layout.headingSize, weight: .bold, anchor: .center)
      for (image, (letter, color)) in [("A", Color.first), ("B", Color.second)].enumerated() {
        let x = layout.panel(row: 0, group: group, image: image).center.x
        canvas.text(
          letter, at: Point(x: x, y: layout.letterBaseline), size: layout.headingSize,
          weight: .bold, color: color, anchor: .center)
      }
    }
  }

  private func drawCaption(
    of pair: PairPanels, row: Int, on canvas: Canvas, _ layout: SheetLayout
  ) {
    let lines = [
      pair.title,
      String(format: "IoU %.2f", pair.intersectionOverUnion),
      String(format: "masked %.0f %%", pair.maskRatio * 100),
      String(format: "loss %.3f", pair.loss),
      String(format: "error %.2f → %.2f", pair.errors.baseline, pair.errors.prediction),
    ]
    for (line, text) in lines.enumerated() {
      let weight: Canvas.Weight = line == 0 ? .bold : .normal
      canvas.text(
        text, at: layout.captionBaseline(row: row, line: line, of: lines.count),
        size: canvas.fittingSize(
          text, size: layout.textSize, weight: weight, width: layout.captionWidth * 0.94),
        weight: weight,
        color: line == 0 ? .ink : .faintInk)
    }
  }

  private func drawPanels(
    of pair: PairPanels, row: Int, on canvas: Canvas, _ layout: SheetLayout
  ) throws(PictureError) {
    for (image, panels) in [pair.first, pair.second].enumerated() {
      let pictures = [
        panels.imagePicture(side: pair.side), panels.inputPicture(side: pair.side),
        panels.baselinePicture(side: pair.side), panels.predictionPicture(side: pair.side),
        panels.weightPicture(side: pair.side),
      ]
      for (group, picture) in pictures.enumerated() {
        try canvas.image(picture, in: layout.panel(row: row, group: group, image: image))
      }
    }
    outline(
      pair.second.footprint, .second, over: pair.first.footprint, row, image: 0, canvas, layout)
    outline(
      pair.first.footprint, .first, over: pair.second.footprint, row, image: 1, canvas, layout)
  }

  /// Where the other image lies, drawn over this one.
  private func outline(
    _ other: Footprint, _ color: Color, over this: Footprint, _ row: Int, image: Int,
    _ canvas: Canvas, _ layout: SheetLayout
  ) {
    let panel = layout.panel(row: row, group: 0, image: image)
    let xScale = panel.width / this.width
    let yScale = panel.height / this.height
    let box = Rectangle(
      x: panel.x + (other.left - this.left) * xScale, y: panel.y + (this.top - other.top) * yScale,
      width: other.width * xScale, height: other.height * yScale)
    let width = 2.5 * layout.hairline
    canvas.clipped(to: panel) {
      canvas.stroke(box, .paper, width: width)
      canvas.stroke(box, color, width: width, dash: [4 * width, 2.5 * width])
    }
  }

  /// A small map of how the two images lie to each other.
  private func drawFootprints(
    of pair: PairPanels, in square: Rectangle, on canvas: Canvas, _ layout: SheetLayout
  ) {
    let glyph = FootprintGlyph(pair.first.footprint, pair.second.footprint, in: square)
    let size = layout.textSize
    for (box, color) in [(glyph.first, Color.first), (glyph.second, Color.second)] {
      canvas.fill(box, color, opacity: 0.16)
      canvas.stroke(box, color, width: 2.5 * layout.hairline)
    }
    canvas.text(
      "A", at: glyph.firstLetter(size: size), size: size, weight: .bold, color: .first,
      anchor: .center)
    canvas.text(
      "B", at: glyph.secondLetter(size: size), size: size, weight: .bold, color: .second,
      anchor: .center)
  }

  private func drawFooter(on canvas: Canvas, _ layout: SheetLayout) {
    let left = layout.margin
    canvas.fill(
      Rectangle(
        x: left, y: layout.footerRule, width: layout.width - 2 * left, height: layout.hairline),
      .rule)
    var pen = Point(x: left, y: layout.footerBaseline)
    func write(_ text: String, _ weight: Canvas.Weight, _ color: Color) {
      canvas.text(text, at: pen, size: layout.headingSize, weight: weight, color: color)
      pen.x += canvas.textWidth(text, size: layout.headingSize, weight: weight)
    }
    write("Step \(step)", .bold, .ink)
    let shownErrors = [
      NamedLoss("error of the baseline", errors.baseline),
      NamedLoss("of the prediction", errors.prediction),
    ]
    for number in losses + shownErrors {
      write("    \(number.name) ", .normal, .faintInk)
      write(String(format: "%.3f", number.value), .bold, .ink)
    }
  }
}
