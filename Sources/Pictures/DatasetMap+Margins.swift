// What stands around the map of a dataset: title, legend, scale bar, notes.

import Basics
import Foundation
import Imagery

extension DatasetMap {
  func drawTitle(on canvas: Canvas) {
    let width = Double(canvas.width) - 2 * Size.margin
    canvas.text(
      headline, at: Point(x: Size.margin, y: 70),
      size: canvas.fittingSize(headline, size: Size.headline, weight: .bold, width: width),
      weight: .bold)
    canvas.text(
      subtitle, at: Point(x: Size.margin, y: 106),
      size: canvas.fittingSize(subtitle, size: Size.text, weight: .normal, width: width),
      color: .faintInk)
  }

  /// Draws legend and notes.
  /// - Returns: the base line of the last one.
  func drawMargins(_ drawn: Drawn, below top: Double, _ frame: MapFrame, on canvas: Canvas)
    -> Double
  {
    let right = Double(canvas.width) - Size.margin
    var pen = Point(x: Size.margin, y: top + Size.lineHeight)
    for entry in legend(drawn, frame) {
      let width = entry.width + 12 + canvas.textWidth(entry.text, size: Size.text)
      if pen.x > Size.margin && pen.x + width > right {
        pen = Point(x: Size.margin, y: pen.y + Size.lineHeight * 1.2)
      }
      entry.symbol(canvas, Point(x: pen.x, y: pen.y - Size.text * 0.36))
      canvas.text(
        entry.text, at: Point(x: pen.x + entry.width + 12, y: pen.y), size: Size.text)
      pen.x += width + 34
    }
    pen = Point(x: Size.margin, y: pen.y + Size.lineHeight * 1.5)
    func write(_ text: String, _ color: Color) {
      for line in canvas.lines(of: text, size: Size.label, width: right - Size.margin) {
        canvas.text(line, at: pen, size: Size.label, color: color)
        pen.y += Size.lineHeight * 0.9
      }
    }
    if let warning { write(warning, .ink) }
    write(notes.joined(separator: " "), .faintInk)
    write(frame.projection.name + ".", .faintInk)
    return pen.y - Size.lineHeight * 0.9
  }

  /// A symbol, drawn from its left end, and what it means.
  private struct LegendEntry {
    let text: String
    let width: Double
    let symbol: (Canvas, Point) -> Void
  }

  private func legend(_ drawn: Drawn, _ frame: MapFrame) -> [LegendEntry] {
    var entries: [LegendEntry] = []
    if chips.contains(where: { !$0.isHeldOut }) {
      entries.append(Self.swatches(ShardTints.training, "for training, a tint a shard"))
    }
    if chips.contains(where: \.isHeldOut) {
      entries.append(Self.swatches(ShardTints.heldOut, "held out"))
    }
    if drawn.hasScenes {
      entries.append(
        LegendEntry(text: "scene", width: 26) { canvas, start in
          let box = Rectangle(x: start.x + 1, y: start.y - 8, width: 24, height: 16)
          canvas.fill(box, .ink, opacity: 0.06)
          canvas.stroke(box, .ink, width: 1.8)
        })
    }
    if drawn.linkLines {
      entries.append(
        LegendEntry(text: "link between scenes", width: 30) { canvas, start in
          canvas.stroke([start, Point(x: start.x + 30, y: start.y)], .ink, width: 1.4)
        })
    }
    if drawn.linksOfLargestDot > 0 {
      let count = HumanFormat.counted(drawn.linksOfLargestDot, "link")
      let radius = LinkDrawing.largestRadius
      entries.append(
        LegendEntry(text: "\(count) between scenes", width: 2 * radius) {
          $0.dot(
            at: Point(x: $1.x + radius, y: $1.y), radius: radius, .ink,
            opacity: LinkDrawing.opacity)
        })
    }
    entries.append(Self.scaleBar(frame))
    return entries
  }

  private static func swatches(_ colors: [Color], _ text: String) -> LegendEntry {
    let side = 16.0
    return LegendEntry(text: text, width: side * Double(colors.count)) { canvas, start in
      for (index, color) in colors.enumerated() {
        canvas.fill(
          Rectangle(
            x: start.x + Double(index) * side, y: start.y - side / 2, width: side, height: side),
          color)
      }
    }
  }

  /// A length that reads well, up to a sixth of the map.
  private static func scaleBar(_ frame: MapFrame) -> LegendEntry {
    var perMetre = frame.pixelsPerMetre
    var place = ""
    if case .world(let meridian) = frame.projection {
      // A degree of the equator is shorter on this map than its metres.
      let end = frame.projection.place(GeographicPoint(longitude: meridian + 1, latitude: 0))
      perMetre *= end.x / (Earth.equalAreaRadius * .pi / 180)
      place = " along the equator"
    }
    let most = frame.rectangle.width / 6 / perMetre
    let power = pow(10, log10(most).rounded(.down))
    let metres = power * ([5.0, 2].first { $0 * power <= most } ?? 1)
    let length = metres * perMetre
    let text =
      metres >= 1000
      ? "\(HumanFormat.count(Int(metres / 1000))) km"
      : metres >= 1 ? "\(Int(metres)) m" : "\(HumanFormat.decimal(metres, places: 3)) m"
    return LegendEntry(text: text + place, width: length) { canvas, start in
      canvas.fill(Rectangle(x: start.x, y: start.y - 1.5, width: length, height: 3), .ink)
      for x in [start.x, start.x + length - 2] {
        canvas.fill(Rectangle(x: x, y: start.y - 7, width: 2, height: 14), .ink)
      }
    }
  }
}
