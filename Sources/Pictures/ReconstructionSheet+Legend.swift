// What the colours of a reconstruction sheet mean: under each column that needs it.

import Foundation

extension ReconstructionSheet {
  func drawLegend(on canvas: Canvas, _ layout: SheetLayout) throws(PictureError) {
    let isOfPairs = layout.imagesPerRow > 1
    if isOfPairs { drawOutlineKey(under: layout.column(0), on: canvas, layout) }
    drawText(bands, line: isOfPairs ? 2 : 0, under: layout.column(0), on: canvas, layout)
    drawSwatch(.hidden, "hidden from the model", line: 0, under: 1, on: canvas, layout)
    if isOfPairs {
      drawSwatch(
        .crossVisible, "hidden here, shown by the other", line: 1, under: 1, on: canvas, layout)
    }
    let last = isOfPairs ? 2 : 1
    drawSwatch(.noData.0, "no data in the scene", line: last, under: 1, on: canvas, layout)
    let hatched = swatch(line: last, under: 1, layout).inset(by: layout.hairline)
    try canvas.image(ImagePanels.noDataPicture(side: 9), in: hatched)
    for (group, lines) in [
      (2, ["hidden patches without the model:", "means estimated from visible ones"]),
      (3, ["hidden patches with the model;", "error: baseline → prediction"]),
    ] {
      for (line, text) in lines.enumerated() {
        drawText(text, line: line, under: layout.column(group), on: canvas, layout)
      }
    }
    for scale in 0..<layout.largerScales {
      let column = layout.column(layout.groups.count - layout.largerScales + scale)
      drawText("all patches, visible ones too", line: 0, under: column, on: canvas, layout)
    }
    if isOfPairs { drawColorBar(under: layout.column(4), on: canvas, layout) }
    drawNote(on: canvas, layout)
  }

  /// In the largest size up to that of the legends in which it fits its lines.
  private func drawNote(on canvas: Canvas, _ layout: SheetLayout) {
    let width = layout.width - 2 * layout.margin
    var size = layout.textSize
    while canvas.lines(of: note, size: size, width: width).count > SheetLayout.noteLines {
      size *= 0.97
    }
    for (line, text) in canvas.lines(of: note, size: size, width: width).enumerated() {
      canvas.text(
        text, at: Point(x: layout.margin, y: layout.noteBaseline(line: line)), size: size,
        color: .faintInk)
    }
  }

  /// Base line of a line of the legend.
  private func baseline(_ line: Int, _ layout: SheetLayout) -> Double {
    layout.legendTop + Double(line) * layout.lineHeight + layout.textSize
  }

  /// The square of colour before a line of the legend.
  private func swatch(line: Int, under group: Int, _ layout: SheetLayout) -> Rectangle {
    let side = layout.swatchSide
    let y = baseline(line, layout) - layout.textSize * 0.36 - side / 2
    return Rectangle(x: layout.column(group).x, y: y.rounded(), width: side, height: side)
  }

  private func drawSwatch(
    _ color: Color, _ text: String, line: Int, under group: Int, on canvas: Canvas,
    _ layout: SheetLayout
  ) {
    let swatch = swatch(line: line, under: group, layout)
    canvas.fill(swatch, color)
    canvas.stroke(swatch.inset(by: layout.hairline / 2), .rule, width: layout.hairline)
    canvas.text(
      text, at: Point(x: swatch.right + swatch.width * 0.6, y: baseline(line, layout)),
      size: layout.textSize, color: .faintInk)
  }

  private func drawText(
    _ text: String, line: Int, under column: Rectangle, on canvas: Canvas, _ layout: SheetLayout
  ) {
    canvas.text(
      text, at: Point(x: column.x, y: baseline(line, layout)),
      size: canvas.fittingSize(
        text, size: layout.textSize, weight: .normal, width: column.width),
      color: .faintInk)
  }

  private func drawOutlineKey(
    under column: Rectangle, on canvas: Canvas, _ layout: SheetLayout
  ) {
    for (line, (color, text)) in [
      (Color.second, "outline of B, over A"), (Color.first, "outline of A, over B"),
    ].enumerated() {
      let width = 2.5 * layout.hairline
      let y = baseline(line, layout) - layout.textSize * 0.36
      let length = layout.swatchSide * 2
      for start in [0, 0.6] {
        canvas.fill(
          Rectangle(
            x: column.x + start * length, y: y - width / 2, width: length * 0.4, height: width),
          color)
      }
      canvas.text(
        text, at: Point(x: column.x + length * 1.3, y: baseline(line, layout)),
        size: layout.textSize, color: .faintInk)
    }
  }

  private func drawColorBar(
    under column: Rectangle, on canvas: Canvas, _ layout: SheetLayout
  ) {
    let bar = Rectangle(
      x: column.x, y: layout.legendTop, width: column.width, height: layout.colorBarHeight)
    let count = Int(bar.width)
    for index in 0..<count {
      canvas.fill(
        Rectangle(x: bar.x + Double(index), y: bar.y, width: 1, height: bar.height),
        Viridis.color((Double(index) + 0.5) / Double(count)))
    }
    let ticks: [(value: Double, anchor: Canvas.Anchor)] = [
      (0, .left), (0.25, .center), (0.5, .center), (0.75, .center), (1, .right),
    ]
    for (value, anchor) in ticks {
      let text = String(format: value == value.rounded() ? "%.0f" : "%.2g", value)
      canvas.text(
        text, at: Point(x: bar.x + value * bar.width, y: bar.bottom + layout.textSize * 1.15),
        size: layout.textSize, color: .faintInk, anchor: anchor)
    }
    let note = "0 where visible, low where copying works"
    canvas.text(
      note, at: Point(x: bar.x, y: bar.bottom + layout.textSize * 1.15 + layout.lineHeight),
      size: canvas.fittingSize(
        note, size: layout.textSize, weight: .normal, width: bar.width),
      color: .faintInk)
  }
}
