// A confusion matrix as a picture: how often which class was taken for which. Draws; what is
// counted, and how, is not decided here.

import Basics

/// Counts of places by class and predicted class.
package struct ConfusionSheet: Sendable, DrawnPicture {
  package let headline: String
  package let subtitle: String
  package let names: [String]
  /// (true classes, predicted classes)
  package let counts: [Int]
  /// Sentences below the matrix.
  package let notes: [String]

  /// - Precondition: a count for every two classes, and at least one class.
  package init(
    headline: String, subtitle: String, names: [String], counts: [Int], notes: [String]
  ) {
    precondition(!names.isEmpty && counts.count == names.count * names.count)
    self.headline = headline
    self.subtitle = subtitle
    self.names = names
    self.counts = counts
    self.notes = notes
  }

  // MARK: Where things go, in pixels

  private static let margin = 48.0
  private static let top = 190.0
  private static let labelWidth = 190.0
  private static let textSize = 16.0
  private static let noteSize = 16.0
  private static let noteHeight = 24.0
  private static let leastWidth = 760.0
  /// The columns at the right for recalls, and the row below for precisions.
  private static let shareWidth = 84.0

  private var count: Int { names.count }

  /// Few classes have large cells; of many only the colours are seen.
  private var cell: Double {
    count <= 8 ? 88 : max(12, (880 / Double(count)).rounded(.down))
  }

  private var hasNumbers: Bool { cell >= 36 }

  private var matrixLeft: Double { Self.margin + Self.labelWidth }
  private var width: Double {
    max(matrixLeft + Double(count) * cell + Self.shareWidth + Self.margin, Self.leastWidth)
  }

  /// The square of a true and a predicted class.
  package func square(truth: Int, prediction: Int) -> Rectangle {
    Rectangle(
      x: matrixLeft + Double(prediction) * cell, y: Self.top + Double(truth) * cell, width: cell,
      height: cell)
  }

  private func sum(ofTruth truth: Int) -> Int {
    (0..<count).reduce(0) { $0 + counts[truth * count + $1] }
  }

  private func sum(ofPrediction prediction: Int) -> Int {
    (0..<count).reduce(0) { $0 + counts[$1 * count + prediction] }
  }

  /// The whole picture.
  package func draw() throws(PictureError) -> Canvas {
    let ruler = try Canvas(width: Int(width), height: 1, background: .paper)
    let end = drawNotes(on: ruler)
    let canvas = try Canvas(width: Int(width), height: Int(end + 36), background: .paper)
    let room = width - 2 * Self.margin
    canvas.text(
      headline, at: Point(x: Self.margin, y: 62),
      size: canvas.fittingSize(headline, size: 30, weight: .bold, width: room), weight: .bold)
    canvas.text(
      subtitle, at: Point(x: Self.margin, y: 96),
      size: canvas.fittingSize(subtitle, size: 18, weight: .normal, width: room),
      color: .faintInk)
    drawHeadings(on: canvas)
    for truth in 0..<count {
      for prediction in 0..<count { draw(truth, prediction, on: canvas) }
    }
    drawShares(on: canvas)
    _ = drawNotes(on: canvas)
    return canvas
  }

  private func drawHeadings(on canvas: Canvas) {
    let matrix = Double(count) * cell
    canvas.text(
      "predicted", at: Point(x: matrixLeft + matrix / 2, y: Self.top - 44), size: Self.textSize,
      weight: .bold, anchor: .center)
    canvas.text(
      "true class", at: Point(x: matrixLeft - 14, y: Self.top - 14), size: Self.textSize,
      weight: .bold, anchor: .right)
    let size = min(Self.textSize, cell * 0.8)
    for (index, name) in names.enumerated() {
      let row = square(truth: index, prediction: 0)
      let label = canvas.elided(
        name, size: size, weight: .normal, width: Self.labelWidth - (hasNumbers ? 14 : 40))
      canvas.text(
        hasNumbers ? label : "\(label)  \(index + 1)",
        at: Point(x: row.x - 14, y: row.center.y + size * 0.36), size: size, anchor: .right)
      let column = square(truth: 0, prediction: index)
      // A name that is a little too wide is written smaller; its middle is left out after that.
      let headingSize =
        hasNumbers
        ? max(
          size * 0.75, canvas.fittingSize(name, size: size, weight: .normal, width: cell - 6))
        : size * 0.8
      let heading =
        hasNumbers
        ? canvas.elided(name, size: headingSize, weight: .normal, width: cell - 6)
        : "\(index + 1)"
      if hasNumbers || index % max(1, Int(24 / cell)) == 0 {
        canvas.text(
          heading, at: Point(x: column.center.x, y: Self.top - 12), size: headingSize,
          anchor: .center)
      }
    }
  }

  /// A square as dark as the share of its row; the diagonal blue, what is off it vermilion.
  private func draw(_ truth: Int, _ prediction: Int, on canvas: Canvas) {
    let square = square(truth: truth, prediction: prediction)
    let number = counts[truth * count + prediction]
    let row = sum(ofTruth: truth)
    let share = row == 0 ? 0 : Double(number) / Double(row)
    let color: Color = truth == prediction ? .first : .second
    // The root lets rare mistakes be seen.
    canvas.fill(square, Color.paper.mixed(with: color, 0.9 * share.squareRoot()))
    canvas.stroke(square, .rule, width: 1)
    guard hasNumbers, number > 0 else { return }
    let text = HumanFormat.count(number)
    let size = canvas.fittingSize(
      text, size: min(20, cell * 0.28), weight: .bold, width: cell - 8)
    canvas.text(
      text, at: Point(x: square.center.x, y: square.center.y + size * 0.36), size: size,
      weight: .bold, color: share > 0.3 ? .paper : .ink, anchor: .center)
  }

  private func drawShares(on canvas: Canvas) {
    let right = matrixLeft + Double(count) * cell
    let bottom = Self.top + Double(count) * cell
    let size = min(Self.textSize, cell * 0.7)
    canvas.text(
      "found", at: Point(x: right + 12, y: Self.top - 12), size: Self.textSize, weight: .bold)
    func percent(_ part: Int, _ whole: Int) -> String {
      whole == 0 ? "–" : HumanFormat.percent(Double(part) / Double(whole), places: 0)
    }
    for index in 0..<count {
      let square = square(truth: index, prediction: index)
      let right = counts[index * count + index]
      canvas.text(
        percent(right, sum(ofTruth: index)),
        at: Point(x: matrixLeft + Double(count) * cell + 12, y: square.center.y + size * 0.36),
        size: size, color: .faintInk)
      if hasNumbers {
        canvas.text(
          percent(right, sum(ofPrediction: index)),
          at: Point(x: square.center.x, y: bottom + 24), size: size, color: .faintInk,
          anchor: .center)
      }
    }
    if hasNumbers {
      canvas.text(
        "right", at: Point(x: matrixLeft - 14, y: bottom + 24), size: Self.textSize,
        weight: .bold, anchor: .right)
    }
  }

  /// Returns where the notes end.
  private func drawNotes(on canvas: Canvas) -> Double {
    var y = Self.top + Double(count) * cell + 66
    for note in notes {
      for line in canvas.lines(of: note, size: Self.noteSize, width: width - 2 * Self.margin) {
        canvas.text(line, at: Point(x: Self.margin, y: y), size: Self.noteSize, color: .faintInk)
        y += Self.noteHeight
      }
      y += 4
    }
    return y
  }
}
