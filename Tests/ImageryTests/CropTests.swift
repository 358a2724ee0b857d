// Random crops of chips, and the images resized from them, against torch's.

import Basics
import Imagery
import TestSupport
import Testing

@Suite("Crop boxes") struct CropBoxTests {
  @Test("Boxes lie in the chip, with the shares and aspects of the recipe up to rounding")
  func bounds() {
    var random = CounterRandom(seed: 1, purpose: .cropFirst)
    for _ in 0..<2000 {
      let box = CropBox.random(side: 256, using: &random)
      #expect(box.column >= 0 && box.column + box.width <= 256)
      #expect(box.row >= 0 && box.row + box.height <= 256)
      // Half a pixel at each edge of about 100 pixels: 1 %.
      let share = Double(box.width * box.height) / 65536
      #expect(share > 0.198 && share <= 1)
      let aspect = Double(box.width) / Double(box.height)
      #expect(aspect > 0.74 && aspect < 1.35)
    }
  }

  @Test("A box depends on the stream alone")
  func determinism() {
    var one = CounterRandom(seed: 9, purpose: .cropSecond, 4, 5, 6)
    var two = CounterRandom(seed: 9, purpose: .cropSecond, 4, 5, 6)
    #expect(CropBox.random(side: 256, using: &one) == CropBox.random(side: 256, using: &two))
  }

  @Test("A box has its place on the map, rows running south")
  func footprint() {
    let chip = Footprint(left: 1000, top: 500, right: 1080, bottom: 420)
    let box = CropBox(column: 1, row: 2, width: 3, height: 4)
    #expect(
      box.footprint(in: chip, side: 8)
        == Footprint(left: 1010, top: 480, right: 1040, bottom: 440))
    #expect(CropBox.whole(side: 8).footprint(in: chip, side: 8) == chip)
  }
}

@Suite("Images from chips") struct CropSamplerTests {
  private struct Image {
    var pixels: [Float]
    var validity: [UInt8]
    var footprint: Footprint
  }

  private func load(
    _ shard: ShardFile, box: CropBox, side: Int, mean: [Float]? = nil, deviation: [Float]? = nil
  ) throws -> Image {
    let bands = shard.layout.bandCount
    let sampler = CropSampler(
      layout: shard.layout, side: side,
      normalization: Normalization(
        mean: mean ?? [Float](repeating: 0, count: bands),
        standardDeviation: deviation ?? [Float](repeating: 1, count: bands)))
    var pixels = [Float](repeating: .nan, count: bands * side * side)
    var validity = [UInt8](repeating: 9, count: side * side)
    let footprint = try sampler.load(
      chip: 0, of: shard, box: box, into: &pixels, validity: &validity)
    return Image(pixels: pixels, validity: validity, footprint: footprint)
  }

  /// The pattern behind the golden values: (x·37 + y·91 + b·53 + x·y·7) mod 1000.
  private static let pattern: [UInt16] = {
    var values: [UInt16] = []
    for b in 0..<2 {
      for y in 0..<24 {
        for x in 0..<24 { values.append(UInt16((x * 37 + y * 91 + b * 53 + x * y * 7) % 1000)) }
      }
    }
    return values
  }()

  // torch 2.x: F.interpolate(pattern[:, 2:19, 3:24][None], size=(6, 6), mode="bilinear",
  // antialias=True, align_corners=False), printed with four decimals.
  private static let golden: [Float] = [
    561.6176, 660.1248, 559.5316, 423.1291, 404.6431, 506.5608,
    636.3383, 387.5011, 417.6301, 551.1684, 534.3162, 458.3799,
    331.0669, 517.8433, 553.9651, 411.5851, 503.4041, 491.6162,
    555.1075, 533.6024, 435.6233, 551.1260, 459.0994, 521.7034,
    585.8343, 440.0925, 548.5740, 457.6735, 550.8489, 520.5407,
    343.4521, 595.9265, 456.6250, 537.3768, 478.5216, 557.9183,
    607.3164, 644.7812, 501.4732, 332.5600, 418.4879, 532.7896,
    611.3344, 357.1678, 454.4736, 596.9406, 485.7005, 444.7617,
    336.8285, 552.7735, 574.4396, 463.9473, 548.1133, 544.6163,
    574.6773, 544.2980, 446.5315, 569.0494, 507.6351, 522.3779,
    524.0087, 443.1350, 588.3938, 452.4252, 532.8455, 457.9883,
    396.4521, 578.4471, 470.4698, 565.4599, 486.6711, 494.9097,
  ]

  @Test("Downsampling equals torch's antialiased bilinear resize")
  func downsampling() throws {
    let folder = try TemporaryFolder()
    let shard = try writeChip(
      side: 24, bandCount: 2, type: .uint16, pixels: bytes(Self.pattern), to: folder.file("a"))
    let image = try load(
      shard, box: CropBox(column: 3, row: 2, width: 21, height: 17), side: 6)
    // Values below 1000 in single precision, sums of at most 9·7 products in another order: 64 ·
    // 2⁻²⁴ · 1000, and half of the last printed decimal.
    for index in Self.golden.indices {
      #expect(abs(image.pixels[index] - Self.golden[index]) < 0.004, "value \(index)")
    }
    #expect(image.validity.allSatisfy { $0 == 1 })
    #expect(image.footprint == Footprint(left: 3, top: 22, right: 24, bottom: 5))
  }

  @Test("Upsampling equals torch's bilinear resize")
  func upsampling() throws {
    let folder = try TemporaryFolder()
    let shard = try writeChip(
      side: 24, bandCount: 2, type: .uint16, pixels: bytes(Self.pattern), to: folder.file("a"))
    let image = try load(shard, box: CropBox(column: 5, row: 4, width: 7, height: 9), side: 12)
    // torch, as above with pattern[:, 4:13, 5:12] and size (12, 12).
    #expect(abs(image.pixels[0] - 689) < 0.004)
    #expect(abs(image.pixels[7] - 940.875) < 0.004)
    #expect(abs(image.pixels[287] - 476) < 0.004)
    #expect(abs(image.pixels.reduce(0, +) / 288 - 490.6875) < 0.004)
  }

  @Test("A crop of the image's own size passes through")
  func identity() throws {
    let folder = try TemporaryFolder()
    let shard = try writeChip(
      side: 24, bandCount: 2, type: .uint16, pixels: bytes(Self.pattern), to: folder.file("a"))
    let image = try load(shard, box: .whole(side: 24), side: 24)
    #expect(image.pixels == Self.pattern.map { Float($0) })
  }

  @Test("Values are read in their type and normalised band by band")
  func types() throws {
    let folder = try TemporaryFolder()
    let box = CropBox.whole(side: 2)
    let signed = try writeChip(
      side: 2, bandCount: 2, type: .int16,
      pixels: bytes([-3, -2, -1, 0, 10, 20, 30, 40] as [Int16]),
      to: folder.file("i"))
    #expect(
      try load(signed, box: box, side: 2, mean: [-1, 20], deviation: [2, 10]).pixels
        == [-1, -0.5, 0, 0.5, -1, 0, 1, 2])
    let unsigned = try writeChip(
      side: 2, bandCount: 1, type: .uint8, pixels: [0, 127, 128, 255], to: folder.file("u"))
    #expect(try load(unsigned, box: box, side: 2).pixels == [0, 127, 128, 255])
    let float = try writeChip(
      side: 2, bandCount: 1, type: .float32, pixels: bytes([0.5, -1.5, 1e6, 0] as [Float]),
      to: folder.file("f"))
    #expect(try load(float, box: box, side: 2).pixels == [0.5, -1.5, 1e6, 0])
  }

  @Test("A constant band's deviation counts as 1")
  func constantBand() throws {
    let folder = try TemporaryFolder()
    let shard = try writeChip(
      side: 2, bandCount: 1, type: .uint8, pixels: [7, 7, 7, 7], to: folder.file("u"))
    #expect(
      try load(shard, box: .whole(side: 2), side: 2, mean: [7], deviation: [0]).pixels
        == [0, 0, 0, 0])
  }

  // 4 × 4 to 2 × 2: scale 2, so each axis weighs its first three (last three) samples 3/7, 3/7,
  // 1/7.
  @Test("Invalid pixels take no part: a constant stays that constant beside them")
  func normalizedConvolution() throws {
    let folder = try TemporaryFolder()
    var mask = [UInt8](repeating: 1, count: 16)
    mask[0] = 0  // weight 9/49 of the upper left output
    let shard = try writeChip(
      side: 4, bandCount: 1, type: .uint16, pixels: bytes([UInt16](repeating: 1000, count: 16)),
      validity: mask, to: folder.file("a"))
    let image = try load(shard, box: .whole(side: 4), side: 2, mean: [999])
    #expect(image.validity == [1, 1, 1, 1])
    // 1000 in single precision has steps of 6·10⁻⁵.
    for value in image.pixels { #expect(abs(value - 1) < 5e-4) }
  }

  @Test("An output with less than half of its weight on valid pixels is invalid and 0")
  func invalidOutput() throws {
    let folder = try TemporaryFolder()
    var mask = [UInt8](repeating: 1, count: 16)
    // 36/49 of the weight of the upper left output, 6/49 of that of its neighbours.
    for index in [0, 1, 4, 5] { mask[index] = 0 }
    let shard = try writeChip(
      side: 4, bandCount: 2, type: .uint16, pixels: bytes([UInt16](repeating: 5, count: 32)),
      validity: mask, to: folder.file("a"))
    let image = try load(shard, box: .whole(side: 4), side: 2, mean: [1, 2])
    #expect(image.validity == [0, 1, 1, 1])
    #expect(image.pixels[0] == 0 && image.pixels[4] == 0)
    for index in [1, 2, 3] {
      #expect(abs(image.pixels[index] - 4) < 1e-5 && abs(image.pixels[4 + index] - 3) < 1e-5)
    }
  }

  @Test("A crop beside the invalid pixels is not touched by them, nor by the crop before it")
  func noLeftovers() throws {
    let folder = try TemporaryFolder()
    var mask = [UInt8](repeating: 1, count: 24 * 24)
    for index in 0..<24 * 6 { mask[index] = 0 }
    let shard = try writeChip(
      side: 24, bandCount: 2, type: .uint16, pixels: bytes(Self.pattern), validity: mask,
      to: folder.file("a"))
    let box = CropBox(column: 4, row: 8, width: 9, height: 11)
    let fresh = try load(shard, box: box, side: 7)
    let sampler = CropSampler(
      layout: shard.layout, side: 7,
      normalization: Normalization(mean: [0, 0], standardDeviation: [1, 1]))
    var pixels = [Float](repeating: 0, count: 98)
    var validity = [UInt8](repeating: 0, count: 49)
    for box in [CropBox.whole(side: 24), box] {
      _ = try sampler.load(chip: 0, of: shard, box: box, into: &pixels, validity: &validity)
    }
    #expect(pixels == fresh.pixels && validity == fresh.validity)
    #expect(validity.allSatisfy { $0 == 1 })
  }
}
