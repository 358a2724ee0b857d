// Products of bfloat16: the definition itself, by cases that are worked out by hand, and every way
// of computing it that this machine has against it.

import Basics
import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Products of bfloat16")
struct BFloat16ProductTests {
  static let least = Float.leastNormalMagnitude

  /// Every way that this machine has, by name.
  static let paths = [
    ("narrow", InnerLoops.bfloat16Narrow), ("wide", InnerLoops.bfloat16Wide),
    ("pairs", InnerLoops.bfloat16Pairs),
  ].compactMap { name, loops in loops.map { (name, $0) } }

  @Test("An operand is the nearest bfloat16, ties to even, and nothing is subnormal")
  func operands() {
    let cases: [(UInt32, UInt32)] = [
      (0x3F80_7FFF, 0x3F80_0000), (0x3F80_8000, 0x3F80_0000), (0x3F81_8000, 0x3F82_0000),
      (0x3F80_8001, 0x3F81_0000), (0xBF80_8001, 0xBF81_0000), (0x7F7F_7FFF, 0x7F7F_0000),
      (0x7F7F_8000, 0x7F80_0000), (0xFF80_0000, 0xFF80_0000), (0x007F_FFFF, 0),
      (0x807F_FFFF, 0x8000_0000), (0x0080_0000, 0x0080_0000), (0x7F80_0001, 0x7FC0_0000),
      (0xFFFF_FFFF, 0xFFFF_0000),
    ]
    for (value, expected) in cases {
      #expect(
        BFloat16Product.operand(Float(bitPattern: value)).bitPattern == expected,
        "\(String(value, radix: 16))")
    }
  }

  @Test("The odd product of a pair is added before the even one, each rounded once")
  func order() {
    // 2⁻²⁵ is lost beside 1, and 1 − 1 is not: which comes first decides.
    let tiny = Float(0x1p-25)
    #expect(Self.slice([(tiny, 1), (1, 1), (-1, 1)]) == tiny - tiny)
    #expect(Self.slice([(1, 1), (tiny, 1), (0, 0), (-1, 1)]) == 0)
    #expect(Self.slice([(-1, 1), (1, 1), (tiny, 1)]) == tiny)
  }

  @Test("What is tiny once it is rounded, with exponents below the least, is zero of its sign")
  func flushes() {
    // The exact sum is 2⁻¹²⁶ − x. With 24 bits and no least exponent neighbours below 2⁻¹²⁶ are
    // 2⁻¹⁵⁰ apart: x = 2⁻¹⁵¹ ties and goes to even, 2⁻¹²⁶; x = 2⁻¹⁵¹ · (1 + 2⁻⁷) does not.
    let (half, more) = (Float(0x1p-75), Float(0x1p-76))
    #expect(Self.slice([(-half, more), (1, Self.least)]) == Self.least)
    #expect(Self.slice([(-half, more * (1 + 0x1p-7)), (1, Self.least)]).bitPattern == 0)
    #expect(Self.slice([(half, more * (1 + 0x1p-7)), (1, -Self.least)]).bitPattern == 0x8000_0000)
    // A chain at −0 leaves the half of a pair that is filled up as +0.
    #expect(Self.slice([(-0.0, 1), (-Self.least, 0.5)]).bitPattern == 0x8000_0000)
    #expect(Self.slice([(-0.0, 1), (-Self.least, 0.5), (-0.0, 1)]).bitPattern == 0)
    #expect(BFloat16Product.add(1.5 * Self.least, -Self.least).bitPattern == 0)
    #expect(BFloat16Product.add(-0.5 * Self.least, -0.0).bitPattern == 0x8000_0000)
  }

  /// By the definition, of pairs of operands.
  static func slice(_ terms: [(Float, Float)]) -> Float {
    BFloat16Product.slice(depth: terms.count, { terms[$0].0 }, { terms[$0].1 })
  }

  @Test("Each way gives the defined bits on numbers of all kinds", arguments: paths.map(\.0))
  func check(path: String) throws {
    let (_, loops) = try #require(Self.paths.first { $0.0 == path })
    #expect(PairProductCheck.agrees(loops))
    #expect(!PairProductCheck.agrees(.narrow), "products of floats would pass")
  }

  @Test("A processor whose instruction computes something else is not asked to compute")
  func refusal() {
    // Products of floats stand in for such an instruction.
    let portable = InnerLoops.bfloat16Wide ?? .bfloat16Narrow
    #expect(InnerLoops.fastestBFloat16(pairs: .narrow) === portable)
    #expect(InnerLoops.fastestBFloat16(pairs: nil) === portable)
    if let pairs = InnerLoops.bfloat16Pairs, PairProductCheck.agrees(pairs) {
      #expect(InnerLoops.fastestBFloat16(pairs: pairs) === pairs)
      #expect(InnerLoops.ofThisMachine(.bfloat16) === pairs && !InnerLoops.refusesPairs)
    }
  }

  @Test(
    "Each way gives the defined bits for every transposition and odd sizes",
    arguments: [MatrixProduct.Transposition.none, .first, .second],
    [(12, 32, 8), (25, 70, 301), (5, 31, 1), (13, 17, 515), (1, 1, 2)])
  func products(transposing: MatrixProduct.Transposition, shape: (Int, Int, Int)) {
    let (rows, columns, depth) = shape
    for kind in PairProductCheck.Kind.allCases {
      var random = CounterRandom(seed: 45, purpose: .simulation)
      func matrix(_ rows: Int, _ columns: Int, depthIsRows: Bool, isFirst: Bool)
        -> (FloatBuffer, MatrixView)
      {
        let buffer = FloatBuffer(count: rows * columns)
        for i in 0..<buffer.count {
          buffer.pointer[i] = kind.operand(
            (depthIsRows ? i / columns : i % columns) % 8, isFirst: isFirst, &random)
        }
        return (buffer, MatrixView(buffer, rows: rows, columns: columns))
      }
      let (aBuffer, a) =
        transposing == .first
        ? matrix(depth, rows, depthIsRows: true, isFirst: true)
        : matrix(rows, depth, depthIsRows: false, isFirst: true)
      let (bBuffer, b) =
        transposing == .second
        ? matrix(columns, depth, depthIsRows: false, isFirst: false)
        : matrix(depth, columns, depthIsRows: true, isFirst: false)
      let start = FloatBuffer(count: rows * columns)
      for i in 0..<start.count { start.pointer[i] = kind.sum(&random) }
      for adding in [false, true] {
        let expected = (0..<rows * columns).map { place in
          let (row, column) = place.quotientAndRemainder(dividingBy: columns)
          return Self.element(
            depth, adding ? start.pointer[place] : nil,
            { transposing == .first ? a.row($0)[row] : a.row(row)[$0] },
            { transposing == .second ? b.row(column)[$0] : b.row($0)[column] })
        }
        for (name, loops) in Self.paths {
          let c = FloatBuffer(count: rows * columns)
          c.pointer.update(from: start.pointer, count: c.count)
          let pool = ThreadPool(threadCount: 1)
          MatrixProduct.multiply(
            a, b, transposing: transposing, into: MatrixView(c, rows: rows, columns: columns),
            adding: adding, pool: pool, workspace: ProductWorkspace(loops: loops))
          pool.stop()
          #expect(
            Self.bitsOfNumbers(c.values) == Self.bitsOfNumbers(expected), "\(name), \(kind)")
        }
      }
      withExtendedLifetime((aBuffer, bBuffer)) {}
    }
  }

  /// An element of a product, slice by slice as the definition cuts them.
  static func element(
    _ depth: Int, _ start: Float?, _ a: (Int) -> Float, _ b: (Int) -> Float
  ) -> Float {
    let pairs = (depth + 1) / 2
    let slices = (pairs + 127) / 128
    return (0..<slices).reduce(start) { c, slice in
      let first = 2 * (pairs * slice / slices)
      let end = min(depth, 2 * (pairs * (slice + 1) / slices))
      let sum = BFloat16Product.slice(depth: end - first, { a(first + $0) }, { b(first + $0) })
      return c.map { BFloat16Product.add($0, sum) } ?? sum
    } ?? 0
  }

  /// NaN is NaN, whichever it is.
  static func bitsOfNumbers(_ values: some Sequence<Float>) -> [UInt32] {
    values.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
  }

  @Test("Any number of threads gives the same bits, and sums of columns are those of floats")
  func threads() {
    let (rows, columns, depth) = (400, 800, 701)
    let (aBuffer, a) = normalMatrix(depth, rows, seed: 3)
    let (bBuffer, b) = normalMatrix(depth, columns, seed: 4)
    func results(_ loops: InnerLoops, _ pool: ThreadPool) -> [FloatBuffer] {
      let (result, sums) = (FloatBuffer(count: rows * columns), FloatBuffer(count: rows))
      MatrixProduct.multiply(
        a, b, transposing: .first, into: MatrixView(result, rows: rows, columns: columns),
        rowSums: sums.pointer, pool: pool, workspace: ProductWorkspace(loops: loops))
      return [result, sums]
    }
    var first: [[UInt32]]?
    for (name, loops) in Self.paths {
      expectEqualBits { pool in
        let found = results(loops, pool)
        if let first { #expect(found.map { bits($0) } == first, "\(name)") }
        first = found.map { bits($0) }
        return found
      }
    }
    let pool = ThreadPool(threadCount: 1)
    let exact = (0..<rows).map { row in
      (0..<depth).reduce(0.0) { $0 + Double(a.row($1)[row]) }
    }
    // 701 additions to sums of up to about 80, each rounded by up to 4·10⁻⁶: √701 of that.
    let sums = results(.bfloat16Narrow, pool)[1]
    expectClose(sums.values, exact, bound: 1e-4)
    withExtendedLifetime((aBuffer, bBuffer, sums)) {}
  }

  @Test("A product leaves the thread's treatment of subnormal numbers as it was")
  func restoresSubnormals() {
    let pool = ThreadPool(threadCount: 1)
    let (aBuffer, a) = normalMatrix(3, 5, seed: 1)
    let c = FloatBuffer(count: 9)
    for (name, loops) in Self.paths {
      MatrixProduct.multiply(
        a, a, transposing: .second, into: MatrixView(c, rows: 3, columns: 3), pool: pool,
        workspace: ProductWorkspace(loops: loops))
      let tiny = Float(c.pointer[0] * 0 + Self.least)
      #expect(tiny * 0.5 == Float(bitPattern: 0x0040_0000), "\(name)")
    }
    withExtendedLifetime(aBuffer) {}
  }
}
