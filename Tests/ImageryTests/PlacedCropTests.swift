// Crops of chips that lie on the map of another coordinate system.

import Basics
import Imagery
import TestSupport
import Testing

@Suite("Images of chips that are placed on another map") struct PlacedCropTests {
  private static let side = 32
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct Image {
    var pixels: [Float]
    var validity: [UInt8]
    var footprint: Footprint
  }

  private func load(
    _ shard: ShardFile, placement: AffineTransform?, box: CropBox, side: Int
  ) throws -> Image {
    let sampler = CropSampler(
      layout: shard.layout, side: side,
      normalization: Normalization(mean: [0], standardDeviation: [1]))
    var pixels = [Float](repeating: .nan, count: side * side)
    var validity = [UInt8](repeating: 9, count: side * side)
    let footprint = try sampler.load(
      chip: 0, of: shard, placement: placement, box: box, into: &pixels, validity: &validity)
    return Image(pixels: pixels, validity: validity, footprint: footprint)
  }

  private func chip(_ values: [Float], validity: [UInt8]? = nil) throws -> ShardFile {
    try writeChip(
      side: Self.side, bandCount: 1, type: .float32, pixels: bytes(values), validity: validity,
      to: folder.file("chip-\(UInt64.random(in: 0 ... .max))"))
  }

  private func noise() -> [Float] {
    var random = CounterRandom(seed: 3, purpose: .simulation, 1)
    return (0..<Self.side * Self.side).map { _ in Float(random.index(below: 4096)) }
  }

  /// Turned by the angle whose tangent is 3/4, with pixels of 10, its middle at (5000, 7000).
  private static func turned(by sine: Double, _ cosine: Double) -> AffineTransform {
    let half = Double(side) / 2
    let (x, y) = (5000 - 10 * half * (cosine + sine), 7000 - 10 * half * (sine - cosine))
    return AffineTransform(
      originX: x, columnX: 10 * cosine, rowX: 10 * sine, originY: y, columnY: 10 * sine,
      rowY: -10 * cosine)
  }

  @Test("North up, a placement moves the footprint and no pixel")
  func northUp() throws {
    let shard = try chip(noise())
    let box = CropBox(column: 3, row: 5, width: 20, height: 16)
    let placement = AffineTransform(
      originX: 1000, columnX: 20, rowX: 0, originY: 5000, columnY: 0, rowY: -30)
    let placed = try load(shard, placement: placement, box: box, side: 8)
    let plain = try load(shard, placement: nil, box: box, side: 8)
    #expect(placed.pixels == plain.pixels && placed.validity == plain.validity)
    #expect(placed.footprint == Footprint(left: 1060, top: 4850, right: 1460, bottom: 4370))
  }

  @Test("A quarter turn that another map calls north up shows the same pixels, turned")
  func quarterTurn() throws {
    let values = noise()
    let shard = try chip(values)
    let placement = Self.turned(by: 1, 0)
    let image = try load(shard, placement: placement, box: .whole(side: 32), side: 32)
    #expect(image.footprint == Footprint(left: 4840, top: 7160, right: 5160, bottom: 6840))
    #expect(image.validity.allSatisfy { $0 == 1 })
    // A column of the chip runs north and a row east: view (i, j) is chip (31 − j, i).
    for row in 0..<32 {
      for column in 0..<32 {
        let expected = values[column * 32 + (31 - row)]
        #expect(abs(image.pixels[row * 32 + column] - expected) < 0.01, "\(column) \(row)")
      }
    }
  }

  /// The definition, slowly: the middle of a view's pixel, taken to the chip by the inverse of the
  /// placement, and the valid ones of the four pixels around it.
  private func defined(
    _ values: [Float], _ validity: [UInt8], _ placement: AffineTransform, view: Footprint
  ) -> (pixels: [Double], validity: [UInt8]) {
    let side = Self.side
    let inverse = placement.inverse
    var pixels: [Double] = []
    var valid: [UInt8] = []
    for row in 0..<side {
      for column in 0..<side {
        let x = view.left + view.width * (Double(column) + 0.5) / Double(side)
        let y = view.top - view.height * (Double(row) + 0.5) / Double(side)
        let place = inverse.apply(x, y)
        var (sum, total) = (0.0, 0.0)
        for near in 0..<side * side where validity[near] != 0 {
          let across = 1 - abs(place.x - 0.5 - Double(near % side))
          let down = 1 - abs(place.y - 0.5 - Double(near / side))
          let weight = max(0, across) * max(0, down)
          sum += weight * Double(values[near])
          total += weight
        }
        valid.append(total >= 0.5 ? 1 : 0)
        pixels.append(total >= 0.5 ? sum / total : 0)
      }
    }
    return (pixels, valid)
  }

  @Test("Turned, sheared or mirrored, a chip is interpolated where it is valid")
  func interpolation() throws {
    let values = noise()
    var validity = [UInt8](repeating: 1, count: values.count)
    for index in 300..<420 { validity[index] = 0 }
    let shard = try chip(values, validity: validity)
    let placements = [
      Self.turned(by: 0.6, 0.8), Self.turned(by: -0.28, 0.96),
      AffineTransform(originX: 4e5, columnX: 9, rowX: 2, originY: 6e6, columnY: 1, rowY: -12),
      AffineTransform(originX: 0, columnX: -3, rowX: 0, originY: 0, columnY: 0, rowY: 3),
    ]
    for placement in placements {
      let image = try load(shard, placement: placement, box: .whole(side: 32), side: 32)
      let middle = placement.apply(16, 16)
      let width =
        32 * (placement.columnX * placement.columnX + placement.rowX * placement.rowX).squareRoot()
      let height =
        32 * (placement.columnY * placement.columnY + placement.rowY * placement.rowY).squareRoot()
      let expected = Footprint(
        left: middle.x - width / 2, top: middle.y + height / 2, right: middle.x + width / 2,
        bottom: middle.y - height / 2)
      for (one, other) in [
        (image.footprint.left, expected.left), (image.footprint.top, expected.top),
        (image.footprint.right, expected.right), (image.footprint.bottom, expected.bottom),
      ] { #expect(abs(one - other) < 1e-6) }
      let slow = defined(values, validity, placement, view: expected)
      var differing = 0
      for index in values.indices {
        // Half of the weight is a matter of the last bit.
        if image.validity[index] != slow.validity[index] {
          differing += 1
          continue
        }
        #expect(abs(Double(image.pixels[index]) - slow.pixels[index]) < 0.01, "pixel \(index)")
      }
      #expect(differing <= 2, "\(placement)")
    }
  }

  @Test("A chip that lies far outside of its own view gives an image without a valid pixel")
  func shear() throws {
    let shard = try chip(noise())
    // Proper, and so flat that nearly every pixel of its view is outside of it.
    let placement = AffineTransform(
      originX: 0, columnX: 1, rowX: 1e9, originY: 0, columnY: 1, rowY: 1e9 + 1)
    let image = try load(
      shard, placement: placement, box: CropBox(column: 24, row: 10, width: 8, height: 8), side: 4)
    #expect(image.validity.allSatisfy { $0 == 0 } && image.pixels.allSatisfy { $0 == 0 })
  }

  @Test("A pair of one place in two systems shows the same features at the same places")
  func samePlace() throws {
    // The ground: three waves that no turn of a few degrees maps onto themselves, in map units of a
    // pixel, sampled by both chips where their pixels are.
    func wave(_ height: Double, _ phase: Double) -> Double {
      height * PortableMath.sineCosine(phase).sine
    }
    func ground(_ x: Double, _ y: Double) -> Float {
      let first = wave(100, 0.31 * x + 0.12 * y)
      let second = wave(80, 0.05 * x - 0.27 * y)
      return Float(500 + first + second + wave(60, 0.19 * x + 0.22 * y))
    }
    let placement = AffineTransform(
      originX: 0.3, columnX: 0.998, rowX: 0.0629, originY: 40.1, columnY: -0.0629, rowY: -0.998)
    func chipOfGround(_ transform: AffineTransform) throws -> ShardFile {
      try chip(
        (0..<Self.side * Self.side).map { index in
          let place = transform.apply(
            Double(index % Self.side) + 0.5, Double(index / Self.side) + 0.5)
          return ground(place.x, place.y)
        })
    }
    let whole = CropBox.whole(side: Self.side)
    let turned = try load(
      chipOfGround(placement), placement: placement, box: whole, side: Self.side)
    let view = turned.footprint
    let pixel = view.width / Double(Self.side)
    let anchor = try load(
      chipOfGround(
        AffineTransform(
          originX: view.left, columnX: pixel, rowX: 0, originY: view.top, columnY: 0,
          rowY: -view.height / Double(Self.side))), placement: nil, box: whole, side: Self.side)
    /// Of the inner pixels, the second image shifted.
    func mismatch(_ dx: Int, _ dy: Int) -> Double {
      var sum = 0.0
      for row in 6..<26 {
        for column in 6..<26 {
          let difference =
            anchor.pixels[row * 32 + column] - turned.pixels[(row + dy) * 32 + column + dx]
          sum += Double(difference * difference)
        }
      }
      return sum
    }
    // The lowest point of a parabola through three shifts along an axis.
    func shift(_ before: Double, _ at: Double, _ after: Double) -> Double {
      (before - after) / (2 * (before - 2 * at + after))
    }
    #expect(abs(shift(mismatch(-1, 0), mismatch(0, 0), mismatch(1, 0))) < 0.02)
    #expect(abs(shift(mismatch(0, -1), mismatch(0, 0), mismatch(0, 1))) < 0.02)
    // Bilinear interpolation flattens waves of 16 pixels by less than 2 %: of a deviation of 100.
    #expect((mismatch(0, 0) / 400).squareRoot() < 2)
  }
}
