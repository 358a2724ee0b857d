// The sheet of reconstructions as a picture, panel by panel.

import Basics
import Foundation
import Pictures
import TestSupport
import Testing

@Suite("Reconstruction sheet") struct ReconstructionSheetTests {
  private static let side = 8
  private static let count = 64

  /// Pixels of three equal planes: the left half `left`, the right half `right`.
  private static func planes(_ left: Float, _ right: Float) -> [Float] {
    (0..<3 * count).map { $0 % side < 4 ? left : right }
  }

  /// The upper half is visible; of the lower, the left half is cross-visible; the last pixel has no
  /// data.
  private static func panels(left: Double?) -> ImagePanels {
    ImagePanels(
      image: planes(0, 1), valid: (0..<count).map { $0 != count - 1 },
      visible: (0..<count).map { $0 < count / 2 }, baseline: planes(0.6, 0.8),
      prediction: planes(0.2, 0.4),
      beside: left.map { left in
        PanelsBesideAnother(
          crossVisible: (0..<count).map { $0 % side < 4 },
          weight: (0..<count).map { $0 < 32 ? 0 : 1 },
          footprint: Footprint(left: left, top: 1000, right: left + 1000, bottom: 0))
      })
  }

  private static func sheet(
    rows: Int, title: String = "Pair", note: String = "A note.", lefts: [Double?] = [0, 5000]
  ) -> ReconstructionSheet {
    let sample = SamplePanels(
      title: title, side: side, images: lefts.map(panels), loss: 0.5,
      errors: DrawingErrors(baseline: 0.6, prediction: 0.5))
    return ReconstructionSheet(
      headline: "Headline", subtitle: "Subtitle", bands: "grey: B8", note: note,
      samples: Array(repeating: sample, count: rows), step: Step(40),
      losses: [.init("weighted loss", 0.57)],
      errors: DrawingErrors(baseline: 0.7, prediction: 0.6))
  }

  private let layout = SheetLayout(imageSide: side, rowCount: 2)

  /// The colour in the middle of image pixel (x, y) of a panel.
  private func probe(
    _ canvas: Canvas, group: Int, row: Int = 1, image: Int, _ x: Int, _ y: Int,
    of layout: SheetLayout? = nil
  ) -> UInt32 {
    let panel = (layout ?? self.layout).panel(row: row, group: group, image: image)
    let scale = panel.width / Double(Self.side)
    return canvas.pixel(
      x: Int(panel.x + (Double(x) + 0.5) * scale), y: Int(panel.y + (Double(y) + 0.5) * scale))
  }

  @Test("Panels are enlarged by whole numbers to at least 144 pixels, and reduced to 512")
  func panelSide() {
    for (imageSide, panelSide) in [
      (8, 144), (48, 144), (96, 192), (144, 144), (224, 224), (600, 512),
    ] {
      let panel = SheetLayout(imageSide: imageSide, rowCount: 1).panel(row: 0, group: 0, image: 0)
      #expect(panel.width == Double(panelSide) && panel.height == Double(panelSide))
    }
  }

  @Test("Every panel shows its own", arguments: [0, 1])
  func panels(image: Int) throws {
    let canvas = try Self.sheet(rows: 2).draw()
    func row(group: Int, _ y: Int) -> [UInt32] {
      [1, 5].map { probe(canvas, group: group, image: image, $0, y) }
    }
    #expect(row(group: 0, 1) == [0x000000, 0xFFFFFF] && row(group: 0, 6) == [0x000000, 0xFFFFFF])
    // The input: visible above; below hidden, and on the left shown by the other image.
    #expect(row(group: 1, 1) == [0x000000, 0xFFFFFF] && row(group: 1, 6) == [0xE3C47A, 0x8A929C])
    // The baseline (0.6 and 0.8 of 255) and the prediction (0.2 and 0.4) below, the visible pixels
    // above.
    #expect(row(group: 2, 1) == [0x000000, 0xFFFFFF] && row(group: 2, 6) == [0x999999, 0xCCCCCC])
    #expect(row(group: 3, 1) == [0x000000, 0xFFFFFF] && row(group: 3, 6) == [0x333333, 0x666666])
    // Viridis of 0 and 1.
    #expect(row(group: 4, 1) == [0x440154, 0x440154] && row(group: 4, 6) == [0xFDE725, 0xFDE725])
  }

  @Test("An image that is alone has panels as wide as a pair's, and no loss weights")
  func alone() throws {
    let canvas = try Self.sheet(rows: 2, lefts: [nil]).draw()
    let layout = SheetLayout(imageSide: Self.side, rowCount: 2, imagesPerRow: 1)
    func row(group: Int, _ y: Int) -> [UInt32] {
      [1, 5].map { probe(canvas, group: group, image: 0, $0, y, of: layout) }
    }
    #expect(layout.panel(row: 0, group: 0, image: 0).width == 288)
    #expect(row(group: 0, 6) == [0x000000, 0xFFFFFF] && row(group: 1, 1) == [0x000000, 0xFFFFFF])
    #expect(row(group: 1, 6) == [0x8A929C, 0x8A929C])
    #expect(row(group: 2, 6) == [0x999999, 0xCCCCCC] && row(group: 3, 6) == [0x333333, 0x666666])
    // The prediction is the last column.
    let last = layout.panel(row: 0, group: 3, image: 0)
    #expect(Double(canvas.width) < last.x + 2 * last.width)
  }

  @Test("Pixels without data are hatched where they would be shown")
  func noData() throws {
    let canvas = try Self.sheet(rows: 2).draw()
    // The last pixel of 8 × 8 lies on diagonal 14, the first stripe of three: 14 % 6 < 3.
    #expect(probe(canvas, group: 0, image: 0, 7, 7) == 0xD2D5D9)
    #expect(probe(canvas, group: 1, image: 0, 7, 7) == 0x8A929C)
    #expect(probe(canvas, group: 2, image: 0, 7, 7) == 0xD2D5D9)
  }

  @Test("Each row is drawn, on white paper")
  func rows() throws {
    let canvas = try Self.sheet(rows: 2).draw()
    for row in 0..<2 { #expect(probe(canvas, group: 4, row: row, image: 1, 1, 6) == 0xFDE725) }
    #expect(canvas.pixel(x: 0, y: 0) == 0xFFFFFF)
    #expect(canvas.pixel(x: canvas.width - 1, y: canvas.height - 1) == 0xFFFFFF)
  }

  @Test("The picture is written as a PNG of its size, the same each time")
  func png() throws {
    let folder = try TemporaryFolder()
    let sheet = Self.sheet(rows: 1)
    try sheet.write(to: folder.file("sheet.png"))
    let bytes = try MappedFile(folder.file("sheet.png")).withBytes { Array($0) }
    #expect(Array(bytes[0..<8]) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    func extent(at offset: Int) -> Int {
      bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let canvas = try sheet.draw()
    #expect(extent(at: 16) == canvas.width && extent(at: 20) == canvas.height)
    #expect(try sheet.png() == bytes)
    #expect(try folder.names() == ["sheet.png"])
  }

  @Test("A place that cannot be written to is named")
  func unwritable() {
    let error = #expect(throws: FileError.self) {
      try Self.sheet(rows: 1).write(to: "/nowhere/at/all/sheet.png")
    }
    #expect(error?.description.contains("/nowhere/at/all/sheet.png") == true)
  }

  @Test("More rows than a picture can hold are refused with its size")
  func tooLarge() {
    #expect(throws: PictureError.self) { try Self.sheet(rows: 300).png() }
    #expect(
      "\(PictureError.tooLarge(width: 10, height: 40_000, limit: 32_767))"
        == "a picture of 10 × 40000 pixels is larger than 32767 on a side; show fewer pairs")
  }

  @Test("A long title and note, empty ones and those of another script are drawn")
  func titles() throws {
    for text in ["", String(repeating: "long ", count: 500), "Paraná · 巴拉那"] {
      #expect(try !Self.sheet(rows: 1, title: text, note: text).png().isEmpty)
    }
  }

  @Test("A name that cannot become a picture is refused by what is wrong with it")
  func names() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path
    try Files.createFolder(folder + "/d.png")
    for name in ["sheet.pdf", "sheet", "sheet.png.svg"] {
      let path = folder + "/" + name
      #expect(throws: PictureError.notPNG(path: path)) { try PictureFile.check(path) }
    }
    #expect(throws: PictureError.noName(path: folder + "/.png")) {
      try PictureFile.check(folder + "/.png")
    }
    #expect(throws: PictureError.isFolder(path: folder + "/d.png")) {
      try PictureFile.check(folder + "/d.png")
    }
    #expect(throws: PictureError.noFolder(path: folder + "/no/x.png", folder: folder + "/no")) {
      try PictureFile.check(folder + "/no/x.png")
    }
    for name in ["sheet.png", "SHEET.PNG"] { try PictureFile.check(folder + "/" + name) }
  }
}
