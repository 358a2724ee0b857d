// A picture of what a model reconstructs: a row a pair of neighbouring images, or an image. Draws;
// computes nothing about the model.

import Basics
import Foundation

/// A sheet with a row for each sample: images, inputs, what can be drawn without the model and with
/// it, loss weights.
package struct ReconstructionSheet: Sendable, DrawnPicture {
  /// A loss over all held-out samples.
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
  package let samples: [SamplePanels]
  package let step: Step
  package let losses: [NamedLoss]
  /// Over all held-out samples.
  package let errors: DrawingErrors

  /// - Precondition: there is a sample, and all have one side and as many images.
  package init(
    headline: String, subtitle: String, bands: String, note: String, samples: [SamplePanels],
    step: Step, losses: [NamedLoss], errors: DrawingErrors
  ) {
    precondition(!samples.isEmpty && samples.allSatisfy { $0.side == samples[0].side })
    precondition(samples.allSatisfy { $0.images.count == samples[0].images.count })
    self.headline = headline
    self.subtitle = subtitle
    self.bands = bands
    self.note = note
    self.samples = samples
    self.step = step
    self.losses = losses
    self.errors = errors
  }

  package func draw() throws(PictureError) -> Canvas {
    let layout = SheetLayout(
      imageSide: samples[0].side, rowCount: samples.count, imagesPerRow: samples[0].images.count,
      largerScales: samples[0].images[0].larger.count)
    let canvas = try Canvas(
      width: Int(layout.width), height: Int(layout.height), background: .paper)
    drawHeadings(on: canvas, layout)
    for (row, sample) in samples.enumerated() {
      drawCaption(of: sample, row: row, on: canvas, layout)
      try drawPanels(of: sample, row: row, on: canvas, layout)
      if let (first, second) = sample.footprints {
        drawGlyph(first, second, in: layout.glyph(row: row), on: canvas, layout)
        outline(second, .second, over: first, row, image: 0, canvas, layout)
        outline(first, .first, over: second, row, image: 1, canvas, layout)
      }
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
    for (group, name) in layout.groups.enumerated() {
      canvas.text(
        name, at: Point(x: layout.column(group).center.x, y: layout.headingBaseline),
        size: layout.headingSize, weight: .bold, anchor: .center)
      if layout.imagesPerRow == 1 { continue }
      for (image, (letter, color)) in [("A", Color.first), ("B", Color.second)].enumerated() {
        let x = layout.panel(row: 0, group: group, image: image).center.x
        canvas.text(
          letter, at: Point(x: x, y: layout.letterBaseline), size: layout.headingSize,
          weight: .bold, color: color, anchor: .center)
      }
    }
  }

  private func drawCaption(
    of sample: SamplePanels, row: Int, on canvas: Canvas, _ layout: SheetLayout
  ) {
    let overlap = sample.footprints.map {
      String(format: "IoU %.2f", $0.first.intersectionOverUnion($0.second))
    }
    let lines = [
      sample.title, overlap, String(format: "masked %.0f %%", sample.maskRatio * 100),
      String(format: "loss %.3f", sample.loss),
      String(format: "error %.2f → %.2f", sample.errors.baseline, sample.errors.prediction),
    ].compactMap { $0 }
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
    of sample: SamplePanels, row: Int, on canvas: Canvas, _ layout: SheetLayout
  ) throws(PictureError) {
    for (image, panels) in sample.images.enumerated() {
      let pictures =
        [
          panels.imagePicture(side: sample.side), panels.inputPicture(side: sample.side),
          panels.baselinePicture(side: sample.side), panels.predictionPicture(side: sample.side),
          panels.weightPicture(side: sample.side),
        ].compactMap { $0 } + panels.larger.map(\.picture)
      for (group, picture) in pictures.enumerated() {
        try canvas.image(picture, in: layout.panel(row: row, group: group, image: image))
      }
    }
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
  private func drawGlyph(
    _ first: Footprint, _ second: Footprint, in square: Rectangle, on canvas: Canvas,
    _ layout: SheetLayout
  ) {
    let glyph = FootprintGlyph(first, second, in: square)
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
