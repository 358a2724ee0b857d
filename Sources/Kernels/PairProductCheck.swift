// The processor is asked and not believed: products of bfloat16 by its instruction against their
// definition, on some thousand sums.

import Basics
import Tensors

package enum PairProductCheck {
  /// Where numbers are drawn from.
  package enum Kind: CaseIterable, Sendable {
    /// Exponents around 0.
    case ordinary
    /// All exponents, infinity and NaN among them.
    case allExponents
    /// Small and subnormal numbers.
    case tiny
    /// Sums close to 2⁻¹²⁶, and products some 24 bits below: where what is tiny before rounding and
    /// after it part.
    case border
  }

  /// Operands and what their product is added to: (12, depth), (depth, 32) and (12, 32).
  private struct Sample {
    static let (rows, columns, depth) = (MicroTile.mr, 2 * MicroTile.nr, 8)

    let a, b, c: FloatBuffer

    init(_ kind: Kind, round: Int) {
      var random = CounterRandom(
        seed: 0, purpose: .processorCheck, UInt32(round),
        UInt32(Kind.allCases.firstIndex(of: kind)!))
      let (rows, columns, depth) = (Self.rows, Self.columns, Self.depth)
      a = FloatBuffer(count: rows * depth)
      b = FloatBuffer(count: depth * columns)
      c = FloatBuffer(count: rows * columns)
      for i in 0..<a.count { a.pointer[i] = kind.operand(i % depth, isFirst: true, &random) }
      for i in 0..<b.count { b.pointer[i] = kind.operand(i / columns, isFirst: false, &random) }
      for i in 0..<c.count { c.pointer[i] = kind.sum(&random) }
    }

    /// c + a · b by some loops.
    func product(_ loops: InnerLoops) -> FloatBuffer {
      let places = loops.form.places(depth: Self.depth)
      let packedA = FloatBuffer(count: MicroTile.groupFloats)
      let packedB = FloatBuffer(count: Self.columns * places)
      let result = FloatBuffer(count: c.count)
      result.pointer.update(from: c.pointer, count: c.count)
      loops.form.panelsOfA(
        MatrixView(a, rows: Self.rows, columns: Self.depth), into: packedA.pointer, panelStride: 0)
      loops.form.panelsOfB(
        MatrixView(b, rows: Self.depth, columns: Self.columns), into: packedB.pointer,
        panelStride: MicroTile.nr * places)
      MicroPanelProduct(
        packedA.pointer, .grouped, packedB.pointer, panels: 2, panelStride: MicroTile.nr * places,
        into: result.pointer, cRow: Self.columns, depth: places, adding: true
      ).multiply(with: loops)
      return withExtendedLifetime((packedA, packedB)) { result }
    }

    /// The same by definition.
    func expected(_ place: Int) -> Float {
      let (row, column) = place.quotientAndRemainder(dividingBy: Self.columns)
      let sum = BFloat16Product.slice(
        depth: Self.depth, { a.pointer[row * Self.depth + $0] },
        { b.pointer[$0 * Self.columns + column] })
      return BFloat16Product.add(c.pointer[place], sum)
    }
  }

  /// Whether loops give the defined bits, wherever the result is a number, and NaN where it is not.
  package static func agrees(_ loops: InnerLoops) -> Bool {
    Kind.allCases.allSatisfy { kind in
      (0..<4).allSatisfy { round in
        let sample = Sample(kind, round: round)
        let result = sample.product(loops)
        return (0..<result.count).allSatisfy { place in
          let (found, expected) = (result.pointer[place], sample.expected(place))
          return found.bitPattern == expected.bitPattern || found.isNaN && expected.isNaN
        }
      }
    }
  }
}

extension PairProductCheck.Kind {
  /// An operand at a place of the depth.
  package func operand(_ place: Int, isFirst: Bool, _ random: inout CounterRandom) -> Float {
    switch self {
    case .ordinary: Self.float(117 + random.index(below: 20), &random)
    case .allExponents: Self.float(random.index(below: 1 << Float.exponentBitCount), &random)
    case .tiny:
      Self.float(isFirst ? random.index(below: 40) : 60 + random.index(below: 60), &random)
    case .border:
      // The first pair's even product is about 2⁻¹²⁶; of each further pair one is far below.
      if place == 0 {
        Self.float(isFirst ? 64 : 64 + random.index(below: 2), &random)
      } else if place > 1 && (place + place / 2) % 2 == 0 {
        Self.float(isFirst ? 50 : 51 + random.index(below: 6), &random)
      } else {
        0
      }
    }
  }

  /// What products are added to.
  package func sum(_ random: inout CounterRandom) -> Float {
    switch self {
    case .ordinary: Self.float(107 + random.index(below: 40), &random)
    case .allExponents: Self.float(random.index(below: 1 << Float.exponentBitCount), &random)
    case .tiny: Self.float(random.index(below: 40), &random)
    case .border: Self.float(random.index(below: 3), &random)
    }
  }

  /// Any sign and significand.
  private static func float(_ exponent: Int, _ random: inout CounterRandom) -> Float {
    Float(bitPattern: random.nextUInt32() & 0x807F_FFFF | UInt32(exponent) << 23)
  }
}
