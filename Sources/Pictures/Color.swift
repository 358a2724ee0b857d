// The colours of Terrane's pictures: readable with every kind of colour vision, in print and on a
// screen.

/// An opaque sRGB colour, channels in [0, 1].
struct Color: Hashable, Sendable {
  let red: Double
  let green: Double
  let blue: Double

  init(red: Double, green: Double, blue: Double) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// From `0xRRGGBB`.
  init(_ hexadecimal: UInt32) {
    func channel(_ shift: UInt32) -> Double { Double(hexadecimal >> shift & 0xFF) / 255 }
    self.init(red: channel(16), green: channel(8), blue: channel(0))
  }

  /// `0xRRGGBB`; channels outside [0, 1] are clamped, a NaN is 0.
  var packed: UInt32 {
    func byte(_ value: Double) -> UInt32 {
      value > 0 ? UInt32((min(value, 1) * 255).rounded()) : 0
    }
    return byte(red) << 16 | byte(green) << 8 | byte(blue)
  }

  /// The colour at `share` of the way to `other`.
  func mixed(with other: Color, _ share: Double) -> Color {
    func mix(_ a: Double, _ b: Double) -> Double { a + (b - a) * share }
    return Color(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }

  static let paper = Color(0xFFFFFF)
  static let ink = Color(0x1F2429)
  static let faintInk = Color(0x68707A)
  static let rule = Color(0xD5DADF)

  // Images A and B: blue and vermilion of Okabe and Ito, "Color universal design", 2008.
  static let first = Color(0x0072B2)
  static let second = Color(0xD55E00)

  /// Patches that an input does not show.
  static let hidden = Color(0x8A929C)
  /// Places hidden in one image and shown by the other.
  static let crossVisible = Color(0xE3C47A)
  // Chips for training and chips held out, of the same palette.
  static let training = Color(0x0072B2)
  static let heldOut = Color(0xD55E00)

  /// The two stripes of pixels without data.
  static let noData = (Color(0xD2D5D9), Color(0xBCC0C5))
}

/// What stands for pixels without data: stripes three pixels wide.
enum NoDataHatch {
  /// - Parameter index: of a pixel, row by row in an image of `side`.
  static func color(_ index: Int, side: Int) -> Color {
    (index / side + index % side) % 6 < 3 ? Color.noData.0 : Color.noData.1
  }
}

/// Numbers as colours: viridis of matplotlib, by linear interpolation between nine of its colours.
enum Viridis {
  private static let anchors: [UInt32] = [
    0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C, 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725,
  ]

  /// - Parameter value: clamped to [0, 1]; a NaN is 0.
  static func color(_ value: Double) -> Color {
    let place = (value > 0 ? min(value, 1) : 0) * Double(anchors.count - 1)
    let index = min(Int(place), anchors.count - 2)
    return Color(anchors[index]).mixed(with: Color(anchors[index + 1]), place - Double(index))
  }
}
