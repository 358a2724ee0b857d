// The pictures of a probe: the confusion matrix, and the map beside its scene.

import Pictures
import Testing

@Suite("Pictures of probes") struct ProbeSheetTests {
  /// Whether no channel is off by more than rounding.
  private static func isNear(_ color: UInt32, _ wanted: UInt32) -> Bool {
    [0, 8, 16].allSatisfy { shift in
      abs(Int(color >> shift & 0xFF) - Int(wanted >> shift & 0xFF)) <= 1
    }
  }

  @Test("The diagonal of a confusion matrix is blue, mistakes are vermilion, nothing is white")
  func confusion() throws {
    let sheet = ConfusionSheet(
      headline: "Headline", subtitle: "Subtitle", names: ["water", "a long name of a class", "c"],
      counts: [50, 0, 50, 0, 7, 0, 0, 0, 0], notes: ["A note."])
    let canvas = try sheet.draw()
    func corner(_ truth: Int, _ prediction: Int) -> UInt32 {
      let square = sheet.square(truth: truth, prediction: prediction)
      return canvas.pixel(x: Int(square.x) + 4, y: Int(square.y) + 4)
    }
    // 0.9 · √0.5 of the way from white to each colour, and 0.9 of it.
    #expect(Self.isNear(corner(0, 0), 0x5DA5CE) && Self.isNear(corner(0, 2), 0xE4995D))
    #expect(Self.isNear(corner(1, 1), 0x1980BA))
    #expect(corner(0, 1) == 0xFFFFFF && corner(2, 2) == 0xFFFFFF)
  }

  @Test("A matrix of a hundred classes is drawn too")
  func manyClasses() throws {
    let names = (0..<100).map { "class \($0)" }
    let sheet = ConfusionSheet(
      headline: "H", subtitle: "S", names: names,
      counts: (0..<10_000).map { $0 / 100 == $0 % 100 ? 3 : 0 }, notes: [])
    let square = sheet.square(truth: 99, prediction: 99)
    let canvas = try sheet.draw()
    let corner = canvas.pixel(x: Int(square.x) + 4, y: Int(square.y) + 4)
    #expect(Self.isNear(corner, 0x1980BA))
    #expect(canvas.width < 2000 && canvas.height < 2000)
  }

  @Test("Scene and map lie beside each other, with marks on the scene and hatches where nothing is")
  func map() throws {
    let scene = ClassMapSheet.Panel(
      title: "scene", width: 40, height: 20, pixels: Array(repeating: 0x204060, count: 800))
    let map = ClassMapSheet.Panel(
      title: "map", width: 4, height: 2,
      pixels: [0x2F6DB5, 0x2F6DB5, 0xE0B64A, nil, 0x2F6DB5, 0x2F6DB5, 0xE0B64A, 0xE0B64A])
    let sheet = ClassMapSheet(
      headline: "Headline", subtitle: "Subtitle", scene: scene, map: map,
      legend: [
        .init(name: "water", color: 0x2F6DB5, share: 0.57),
        .init(name: "crop", color: 0xE0B64A, share: 0.43),
      ], marks: [(x: 0.5, y: 0.5, entry: 1)], notes: ["A note."])
    let canvas = try sheet.draw()
    func pixel(_ panel: Int, _ x: Double, _ y: Double) -> UInt32 {
      let rectangle = sheet.panel(panel)
      return canvas.pixel(
        x: Int(rectangle.x + x * rectangle.width), y: Int(rectangle.y + y * rectangle.height))
    }
    #expect(pixel(0, 0.1, 0.1) == 0x204060 && pixel(0, 0.5, 0.5) == 0xE0B64A)
    #expect(pixel(1, 0.1, 0.1) == 0x2F6DB5 && pixel(1, 0.9, 0.9) == 0xE0B64A)
    #expect([0xD2D5D9, 0xBCC0C5].contains(pixel(1, 0.9, 0.2)))
  }

  @Test(
    "No two classes have colours that are taken for one, whatever they are called",
    arguments: [
      ["land", "salt", "water"], ["field", "a", "b", "c"], ["grass", "x", "y", "cropland"],
      ["city", "1", "2", "3", "4"], ["snow", "cloud", "ice", "sea", "lake", "other"],
      [
        "water", "crop", "tree", "urban", "grass", "shrub", "bare", "snow", "wetland", "cloud", "a",
        "b", "c", "d", "e", "f",
      ],
      (1...24).map { "class \($0)" },
    ])
  func distances(names: [String]) {
    let colors = ClassColors.colors(of: names)
    for (index, color) in colors.enumerated() {
      for (other, before) in colors[..<index].enumerated() {
        // OKLab: the nearest of Okabe and Ito's eight are 0.15 apart.
        let distance = ClassColors.distance(color, before)
        #expect(distance >= 0.09, "\(names[other]) and \(names[index])")
      }
    }
  }

  @Test("Differences of colours are those of OKLab's definition")
  func colorDistances() {
    // Black and white are 0 and 1 on its axis of lightness.
    #expect(abs(ClassColors.distance(0x000000, 0xFFFFFF) - 1) < 1e-6)
    // Its author's value of red: (0.62796, 0.22486, 0.12585).
    let red = (0.62796 * 0.62796 + 0.22486 * 0.22486 + 0.12585 * 0.12585).squareRoot()
    #expect(abs(ClassColors.distance(0x000000, 0xFF0000) - red) < 1e-4)
  }

  @Test("Classes of known names have the colours of maps, and no two of the others are alike")
  func colors() {
    let colors = ClassColors.colors(of: ["water", "Open Water", "crop land", "kind 7", "8"])
    #expect(colors[0] == 0x2F6DB5 && colors[2] == 0xE0B64A)
    #expect(Set(colors).count == 5)
    let many = ClassColors.colors(of: (0..<255).map { "\($0)" })
    #expect(many.count == 255 && Set(many).count == 255)
  }
}
