// A probe's pictures: the confusion matrix, and the map of a scene beside the scene itself.

import Basics
import Examination
import Imagery
import Pictures
import Scenes

package enum ProbePictures {
  /// The confusion matrix of the best method on the encoder's own features; nil for numbers.
  package static func confusion(of report: ProbeReport) -> ConfusionSheet? {
    guard let best = report.best, let confusion = best.confusion,
      let classes = report.labels.classes, let accuracy = best.accuracy
    else { return nil }
    return ConfusionSheet(
      headline: "\(best.features), \(best.method): which class is taken for which",
      subtitle: "\(report.encoder.run), \(report.encoder.place) · \(report.probeProtocol) · "
        + "accuracy \(HumanFormat.decimal(accuracy.value, places: 3)) "
        + "(\(HumanFormat.decimal(accuracy.low, places: 3)) to "
        + "\(HumanFormat.decimal(accuracy.high, places: 3)))",
      names: classes.map(\.name), counts: confusion.flatMap { $0 },
      notes: [
        "Rows are true classes, columns what the probe says; numbers are places. Found: the share of a "
          + "class's places that is recognised. Right: the share of what is said to be a class that is."
      ])
  }

  /// Pixels along the longer side of the scene's picture.
  private static let longest = 1360

  /// A map of a scene beside the scene.
  /// - Parameters:
  ///   - reader: of the same scene, with the run's bands.
  ///   - bands: of the run.
  ///   - places: labelled ones in this scene, which are marked.
  /// - Throws: `SceneError`.
  package static func sheet(
    of map: ProbedMap, _ outcome: ProbeOutcome, method: String, reader: SceneReader,
    bands: [BandDescription], places: [ProbePlace]
  ) throws -> ClassMapSheet {
    let report = outcome.report
    let scene = try picture(of: reader, bands: bands)
    let legend: [ClassMapSheet.Entry]
    let pixels: [UInt32?]
    var marks: [(x: Double, y: Double, entry: Int)] = []
    switch outcome.target {
    case .classes(_, let names):
      (legend, pixels) = classes(map, names: names)
      marks = Self.marks(places, on: map, names: names)
    case .numbers: (legend, pixels) = numbers(map)
    }
    let name = reader.recipe.name
    let what = report.labels.classes == nil ? "numbers" : "classes"
    return ClassMapSheet(
      headline: "What a probe (\(method)) makes of \(name)",
      subtitle: "features of \(report.encoder.run), \(report.encoder.place) · "
        + "\(HumanFormat.counted(report.labels.places, "labelled place")) · patches of "
        + ProbeText.distance(report.patchGround), scene: scene,
      map: ClassMapSheet.Panel(
        title: "The probe's \(what)", width: map.grid.width,
        height: map.grid.height, pixels: pixels), legend: legend, marks: marks,
      notes: [note(report, method: method)])
  }

  private static func note(_ report: ProbeReport, method: String) -> String {
    let result = report.results.first { $0.method == method }
    let places = HumanFormat.counted(report.splits.test.reduce(0, +), "place")
    guard let result else { return "" }
    let score =
      result.accuracy.map { "accuracy \(HumanFormat.decimal($0.value, places: 2))" }
      ?? result.determination.map { "R² \(HumanFormat.decimal($0.value, places: 2))" } ?? ""
    return
      "The map's probe was fitted to all labelled places. Fitted to a part, it had \(score) on "
      + "\(places) kept apart."
      + (result.accuracy == nil ? "" : " A patch may hold several classes; the map has one for it.")
  }

  private static func classes(
    _ map: ProbedMap, names: [String]
  ) -> ([ClassMapSheet.Entry], [UInt32?]) {
    let colors = ClassColors.colors(of: names)
    var counts = [Int](repeating: 0, count: names.count)
    let pixels = map.values.map { value -> UInt32? in
      guard value.isFinite else { return nil }
      counts[Int(value)] += 1
      return colors[Int(value)]
    }
    let total = Double(max(1, counts.reduce(0, +)))
    let legend = names.indices.map {
      ClassMapSheet.Entry(
        name: names[$0], color: colors[$0], share: Double(counts[$0]) / total)
    }
    return (legend, pixels)
  }

  private static let legendSteps = 5

  /// From the 2nd to the 98th of a hundred values, in viridis.
  private static func numbers(_ map: ProbedMap) -> ([ClassMapSheet.Entry], [UInt32?]) {
    let sorted = map.values.filter(\.isFinite).sorted()
    let low = sorted.isEmpty ? 0 : sorted[sorted.count / 50]
    let high = sorted.isEmpty ? 1 : sorted[sorted.count - 1 - sorted.count / 50]
    let range = high > low ? high - low : 1
    let pixels = map.values.map { value in
      value.isFinite ? ColorScale.color(Double((value - low) / range)) : nil
    }
    let legend = (0..<legendSteps).map { step -> ClassMapSheet.Entry in
      let share = Double(step) / Double(legendSteps - 1)
      return ClassMapSheet.Entry(
        name: HumanFormat.significant(Double(low) + share * Double(range)),
        color: ColorScale.color(share), share: nil)
    }
    return (legend, pixels)
  }

  private static func marks(
    _ places: [ProbePlace], on map: ProbedMap, names: [String]
  ) -> [(x: Double, y: Double, entry: Int)] {
    places.compactMap { place in
      names.firstIndex(of: ProbeTarget.name(of: place.patch.label)).map {
        (
          (Double(place.patch.column) + 0.5) / Double(map.grid.width),
          (Double(place.patch.row) + 0.5) / Double(map.grid.height), $0
        )
      }
    }
  }

  /// Every n-th pixel of the scene, stretched as all pictures are.
  private static func picture(
    of reader: SceneReader, bands: [BandDescription]
  ) throws -> ClassMapSheet.Panel {
    let (width, height) = (reader.grid.width, reader.grid.height)
    let step = max(1, (max(width, height) + longest - 1) / longest)
    let (columns, rows) = ((width + step - 1) / step, (height + step - 1) / step)
    let count = columns * rows
    var pixels = [Float](repeating: 0, count: reader.bandCount * count)
    var valid = [Bool](repeating: false, count: count)
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: width * reader.bandCount * reader.pixelType.byteCount, alignment: 16)
    defer { buffer.deallocate() }
    var values = [Float](repeating: 0, count: width * reader.bandCount)
    var mask = [UInt8](repeating: 0, count: width)
    for row in 0..<rows {
      let window = PixelWindow(
        column: 0, row: min(row * step + step / 2, height - 1), width: width, height: 1)
      try mask.withUnsafeMutableBufferPointer {
        try reader.read(window, pixels: buffer, validity: $0)
      }
      reader.pixelType.copyValues(buffer.baseAddress!, count: values.count, into: &values)
      for column in 0..<columns {
        let source = min(column * step + step / 2, width - 1)
        valid[row * columns + column] = mask[source] != 0
        for band in 0..<reader.bandCount {
          pixels[band * count + row * columns + column] = values[band * width + source]
        }
      }
    }
    let channels = DisplayBands(of: bands).channels
    let stretch = StretchToDisplay(images: [(pixels, valid)], bands: channels)
    let shown = stretch.display(pixels, pixelCount: count)
    func byte(_ value: Float) -> UInt32 { UInt32((value * 255).rounded()) }
    return ClassMapSheet.Panel(
      title: reader.recipe.name, width: columns, height: rows,
      pixels: (0..<count).map { index in
        valid[index]
          ? byte(shown[index]) << 16 | byte(shown[count + index]) << 8
            | byte(shown[2 * count + index]) : nil
      })
  }
}
