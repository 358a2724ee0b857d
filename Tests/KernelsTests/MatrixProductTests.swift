import Foundations
import Kernels
import Tensors
import Testing

@Suite("Matrix products")
struct MatrixProductTests {
  /// Σ over the depth in double precision: the definition.
  static func definition(
    _ a: MatrixView, _ b: MatrixView, _ transposing: BLAS.Transposition, rows: Int, columns: Int
  ) -> [Double] {
    let depth = transposing == .first ? a.rows : a.columns
    return (0..<rows * columns).map { place in
      let (row, column) = place.quotientAndRemainder(dividingBy: columns)
      return (0..<depth).reduce(0.0) { sum, k in
        let x = transposing == .first ? a.row(k)[row] : a.row(row)[k]
        let y = transposing == .second ? b.row(column)[k] : b.row(k)[column]
        return sum + Double(x) * Double(y)
      }
    }
  }

  @Test(
    "Each transposition agrees with the definition on odd sizes",
    arguments: [BLAS.Transposition.none, .first, .second],
    [(1, 1, 1), (7, 13, 5), (70, 33, 129), (31, 18, 900)])
  func agreesWithDefinition(transposing: BLAS.Transposition, shape: (Int, Int, Int)) {
    let (rows, columns, depth) = shape
    let (aBuffer, a) =
      transposing == .first
      ? normalMatrix(depth, rows, seed: 1) : normalMatrix(rows, depth, seed: 1)
    let (bBuffer, b) =
      transposing == .second
      ? normalMatrix(columns, depth, seed: 2) : normalMatrix(depth, columns, seed: 2)
    let result = FloatBuffer(count: rows * columns)
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    MatrixProduct.multiply(
      a, b, transposing: transposing, into: MatrixView(result, rows: rows, columns: columns),
      pool: pool, room: ProductRoom())
    let expected = Self.definition(a, b, transposing, rows: rows, columns: columns)
    // 129 additions to sums of up to about 30, each rounded by up to 10⁻⁶: √129 of that. 900
    // additions to sums of up to about 60, each rounded by up to 2·10⁻⁶: √900 of that.
    expectClose(result.values, expected, bound: depth <= 129 ? 1.2e-5 : 6e-5)
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test(
    "Any number of threads gives the same bits",
    arguments: [BLAS.Transposition.none, .first, .second],
    [(791, 770, 160), (160, 1530, 400), (320, 330, 70)])
  func equalBits(transposing: BLAS.Transposition, shape: (Int, Int, Int)) {
    let (rows, columns, depth) = shape
    let (aBuffer, a) =
      transposing == .first
      ? normalMatrix(depth, rows, seed: 3) : normalMatrix(rows, depth, seed: 3)
    let (bBuffer, b) =
      transposing == .second
      ? normalMatrix(columns, depth, seed: 4) : normalMatrix(depth, columns, seed: 4)
    let room = ProductRoom()
    expectEqualBits { pool in
      let result = FloatBuffer(count: rows * columns)
      MatrixProduct.multiply(
        a, b, transposing: transposing, into: MatrixView(result, rows: rows, columns: columns),
        pool: pool, room: room)
      return [result]
    }
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test("In a narrow product a row's bits do not depend on the rows around it")
  func equalBitsOfPart() {
    let (aBuffer, a) = normalMatrix(100, 500, seed: 5)
    let (bBuffer, b) = normalMatrix(70, 500, seed: 6)
    let pool = ThreadPool(threadCount: 1)
    func product(_ rows: Range<Int>) -> [UInt32] {
      let result = FloatBuffer(count: rows.count * 70)
      MatrixProduct.multiply(
        a.slice(rows: rows), b, transposing: .second,
        into: MatrixView(result, rows: rows.count, columns: 70), pool: pool, room: ProductRoom())
      return bits(result)
    }
    #expect(product(17..<30) == Array(product(0..<100)[17 * 70..<30 * 70]))
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test("Blocks cover the result once, in even numbers of about equal size")
  func gridCoversResult() {
    for (rows, columns) in [(791, 770), (2336, 192), (192, 768), (33, 2001), (9248, 128)] {
      let grid = ProductGrid(rows: rows, columns: columns, depth: 512)
      var covered = 0
      var sizes: [Int] = []
      for index in 0..<grid.blockCount {
        let block = grid.block(index)
        covered += block.rows.count * block.columns.count
        sizes.append(max(rows, columns) == rows ? block.rows.count : block.columns.count)
      }
      #expect(covered == rows * columns)
      #expect(grid.blockCount % 2 == 0)
      #expect(sizes.max()! - sizes.min()! <= 32, "\(sizes)")
    }
  }

  @Test("A small product is one block")
  func smallProductIsOneBlock() {
    #expect(ProductGrid(rows: 64, columns: 64, depth: 64).blockCount == 1)
  }

  @Test("What the prologue writes is added to; the epilogue sees the sum")
  func prologueAndEpilogue() {
    let (aBuffer, a) = normalMatrix(300, 100, seed: 5)
    let (bBuffer, b) = normalMatrix(100, 200, seed: 6)
    let result = FloatBuffer(count: 300 * 200)
    let c = MatrixView(result, rows: 300, columns: 200)
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    MatrixProduct.multiply(
      a, b, into: c, beta: 1, pool: pool, room: ProductRoom(),
      prologue: { rows, columns in
        for row in rows { for column in columns { c.row(row)[column] = 10 } }
      },
      epilogue: { rows, columns in
        for row in rows { for column in columns { c.row(row)[column] *= 2 } }
      })
    let expected = Self.definition(a, b, .none, rows: 300, columns: 200).map { ($0 + 10) * 2 }
    // As above, with sums twice as large.
    expectClose(result.values, expected, bound: 2.4e-5)
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test("The kernel family has a name")
  func kernelName() { #expect(!BLAS.kernelName.isEmpty) }
}
