// The sheet of chips as a picture, tile by tile.

import Pictures
import TestSupport
import Testing

@Suite("Sheet of chips") struct ChipSheetTests {
  private static let side = 8

  /// The left half `left`, the right half `right`, the last pixel without data.
  private static func tile(_ left: Float, _ right: Float, isHeldOut: Bool) -> ChipSheet.Tile {
    ChipSheet.Tile(
      image: (0..<3 * 64).map { $0 % side < 4 ? left : right }, valid: (0..<64).map { $0 != 63 },
      caption: ["scene.tif", "2020-05-18", "25° S, 54° W"], isHeldOut: isHeldOut)
  }

  private static func sheet(_ tiles: [ChipSheet.Tile], note: String = "A note.") -> ChipSheet {
    ChipSheet(
      headline: "Headline", subtitle: "Subtitle", notes: [note], side: side, tiles: tiles,
      warning: nil)
  }

  @Test("Every tile shows its image in a frame of its role's colour; what has no data is hatched")
  func tiles() throws {
    let tiles = (0..<9).map { Self.tile(0, 1, isHeldOut: $0 == 7) }
    let sheet = Self.sheet(tiles)
    let canvas = try sheet.draw()
    for index in tiles.indices {
      let square = sheet.square(index)
      let pixel = square.width / Double(Self.side)
      func probe(_ x: Double, _ y: Double) -> UInt32 {
        canvas.pixel(x: Int(square.x + x * pixel), y: Int(square.y + y * pixel))
      }
      #expect(probe(1.5, 1.5) == 0x000000 && probe(5.5, 1.5) == 0xFFFFFF)
      // The last pixel lies on diagonal 14: 14 % 6 < 3.
      #expect(probe(7.5, 7.5) == 0xD2D5D9)
      let frame = canvas.pixel(x: Int(square.x) - 2, y: Int(square.y) + 20)
      #expect(frame == (index == 7 ? 0xD55E00 : 0x0072B2))
    }
    #expect(canvas.pixel(x: 0, y: 0) == 0xFFFFFF)
  }

  @Test("Tiles stand apart, with room for their captions")
  func layout() {
    let sheet = Self.sheet((0..<24).map { _ in Self.tile(0, 1, isHeldOut: false) })
    let squares = (0..<24).map(sheet.square)
    #expect(squares[1].x > squares[0].x + squares[0].width + 8)
    #expect(squares[6].x == squares[0].x)
    #expect(squares[6].y > squares[0].y + squares[0].height + 3 * 22)
  }

  @Test("One tile, and texts without end, have room")
  func texts() throws {
    let long = String(repeating: "LC08_L1TP_224077_20200518·巴拉那", count: 40)
    let tile = ChipSheet.Tile(
      image: Array(repeating: .nan, count: 192), valid: Array(repeating: true, count: 64),
      caption: [long, "", long], isHeldOut: true)
    let sheet = Self.sheet([tile], note: long + " " + long)
    let bytes = try sheet.draw().png()
    #expect(try sheet.draw().png() == bytes)
  }

  @Test(
    "A name without room loses what all share, and keeps what tells it apart",
    arguments: [
      (["LC08_224077_2020.tif", "LC08_224078_2020.tif"], 20, "LC08_224077_2020.tif"),
      (["LC08_224077_2020.tif", "LC08_224078_2020.tif"], 16, "…224077_2020.tif"),
      (["LC08_224077_2020.tif", "LC08_224078_2020.tif"], 10, "…224077_2…"),
      (["a.tif", "b.tif"], 2, "a…"), (["a", "ab"], 0, "a"),
      (["same.tif", "same.tif"], 3, "same.tif"),
      (["", "x"], 0, ""),
    ])
  func names(names: [String], room: Int, shown: String) {
    #expect(DistinctNames(of: names).shortened(names[0]) { $0.count <= room } == shown)
  }
}
