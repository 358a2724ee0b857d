// Colours that are told apart, as many as are asked for, and what distance between two colours is.

import Foundation

/// Colours that are handed out, each far from those before.
struct ColorPalette {
  /// A colour, and how far the nearest one is that was taken.
  private struct Candidate {
    let color: UInt32
    let place: SIMD3<Double>
    var distance = Double.infinity

    init(_ color: UInt32) {
      self.color = color
      place = OKLab.place(of: color)
    }
  }

  /// In the order in which they are wanted.
  private var preferred: [Candidate]
  /// A grid of all colours but the darkest and the lightest ones.
  private var others: [Candidate]
  private var taken: [SIMD3<Double>] = []

  init(_ preferred: [UInt32]) {
    let levels = [UInt32](stride(from: 24, through: 232, by: 26))
    self.preferred = preferred.map(Candidate.init)
    others = levels.flatMap { red in
      levels.flatMap { green in
        levels.map { blue in Candidate(red << 16 | green << 8 | blue) }
      }
    }
  }

  /// Whether no colour that was taken is nearer.
  func isFar(_ color: UInt32, by distance: Double) -> Bool {
    let place = OKLab.place(of: color)
    return taken.allSatisfy { OKLab.distance($0, place) >= distance }
  }

  mutating func take(_ color: UInt32) {
    let place = OKLab.place(of: color)
    taken.append(place)
    for index in preferred.indices {
      let distance = OKLab.distance(preferred[index].place, place)
      preferred[index].distance = min(preferred[index].distance, distance)
    }
    for index in others.indices {
      let distance = OKLab.distance(others[index].place, place)
      others[index].distance = min(others[index].distance, distance)
    }
  }

  /// Takes the first preferred colour that is far from all, or else the farthest there is.
  mutating func next(farBy distance: Double) -> UInt32 {
    let wanted = preferred.first { $0.distance >= distance }
    let farthest = others.max { $0.distance < $1.distance }
    let color = (wanted ?? farthest)?.color ?? 0
    take(color)
    return color
  }
}

/// Colours in Ottosson's OKLab ("A perceptual color space for image processing", 2020), where
/// distances are about as large as differences look.
enum OKLab {
  /// Lightness, green to red, blue to yellow.
  /// - Parameter color: `0xRRGGBB`.
  static func place(of color: UInt32) -> SIMD3<Double> {
    func linear(_ shift: UInt32) -> Double {
      let value = Double(color >> shift & 0xFF) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    let (red, green, blue) = (linear(16), linear(8), linear(0))
    let long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    let medium = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    let short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return SIMD3(
      0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
      1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
      0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short)
  }

  static func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
    ((a - b) * (a - b)).sum().squareRoot()
  }
}
