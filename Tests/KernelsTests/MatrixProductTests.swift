// Products of matrices against their definition, and the bits that nothing but operands may choose.

import Basics
import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Matrix products")
struct MatrixProductTests {
  /// Σ over the depth in double precision: the definition.
  static func definition(
    _ a: MatrixView, _ b: MatrixView, _ transposing: MatrixProduct.Transposition, rows: Int,
    columns: Int
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
    arguments: [MatrixProduct.Transposition.none, .first, .second],
    [(1, 1, 1), (7, 13, 5), (70, 33, 129), (31, 18, 900)])
  func agreesWithDefinition(transposing: MatrixProduct.Transposition, shape: (Int, Int, Int)) {
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
      pool: pool, workspace: ProductWorkspace())
    let expected = Self.definition(a, b, transposing, rows: rows, columns: columns)
    // 129 additions to sums of up to about 30, each rounded by up to 10⁻⁶: √129 of that. 900
    // additions to sums of up to about 60, each rounded by up to 2·10⁻⁶: √900 of that.
    expectClose(result.values, expected, bound: depth <= 129 ? 1.2e-5 : 6e-5)
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test(
    "Any number of threads gives the same bits",
    arguments: [MatrixProduct.Transposition.none, .first, .second],
    [(791, 770, 160), (160, 1530, 400), (320, 330, 70)])
  func equalBits(transposing: MatrixProduct.Transposition, shape: (Int, Int, Int)) {
    let (rows, columns, depth) = shape
    let (aBuffer, a) =
      transposing == .first
      ? normalMatrix(depth, rows, seed: 3) : normalMatrix(rows, depth, seed: 3)
    let (bBuffer, b) =
      transposing == .second
      ? normalMatrix(columns, depth, seed: 4) : normalMatrix(depth, columns, seed: 4)
    let workspace = ProductWorkspace()
    expectEqualBits { pool in
      let result = FloatBuffer(count: rows * columns)
      MatrixProduct.multiply(
        a, b, transposing: transposing, into: MatrixView(result, rows: rows, columns: columns),
        pool: pool, workspace: workspace)
      return [result]
    }
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test("Sums of the first operand's columns come with the product", arguments: [5, 300, 700])
  func rowSums(depth: Int) {
    let (rows, columns) = (791, 800)
    let (aBuffer, a) = normalMatrix(depth, rows, seed: 10)
    let (bBuffer, b) = normalMatrix(depth, columns, seed: 11)
    let exact = (0..<rows).map { row in
      (0..<depth).reduce(0.0) { $0 + Double(a.row($1)[row]) }
    }
    expectEqualBits { pool in
      let (result, sums) = (FloatBuffer(count: rows * columns), FloatBuffer(count: rows))
      MatrixProduct.multiply(
        a, b, transposing: .first, into: MatrixView(result, rows: rows, columns: columns),
        rowSums: sums.pointer, pool: pool, workspace: ProductWorkspace())
      // 256 additions to sums of up to about 60, each rounded by up to 2·10⁻⁶: √256 of that.
      expectClose(sums.values, exact, bound: 3e-5)
      return [sums]
    }
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test("A row's bits do not depend on the rows around it")
  func equalBitsOfPart() {
    let (aBuffer, a) = normalMatrix(100, 500, seed: 5)
    let (bBuffer, b) = normalMatrix(70, 500, seed: 6)
    let pool = ThreadPool(threadCount: 1)
    func product(_ rows: Range<Int>) -> [UInt32] {
      let result = FloatBuffer(count: rows.count * 70)
      MatrixProduct.multiply(
        a.slice(rows: rows), b, transposing: .second,
        into: MatrixView(result, rows: rows.count, columns: 70), pool: pool,
        workspace: ProductWorkspace())
      return bits(result)
    }
    #expect(product(17..<30) == Array(product(0..<100)[17 * 70..<30 * 70]))
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test(
    "Narrow and wide registers give the bits of chains over slices of the depth",
    arguments: [MatrixProduct.Transposition.none, .first, .second],
    [(12, 32, 8), (25, 70, 300), (5, 31, 1)])
  func equalBitsOfRegisters(transposing: MatrixProduct.Transposition, shape: (Int, Int, Int)) {
    let (rows, columns, depth) = shape
    let (aBuffer, a) =
      transposing == .first
      ? normalMatrix(depth, rows, seed: 7) : normalMatrix(rows, depth, seed: 7)
    let (bBuffer, b) =
      transposing == .second
      ? normalMatrix(columns, depth, seed: 8) : normalMatrix(depth, columns, seed: 8)
    let pool = ThreadPool(threadCount: 1)
    for adding in [false, true] {
      func product(_ loops: InnerLoops) -> [UInt32] {
        let c = normalBuffer(rows * columns, seed: 9)
        MatrixProduct.multiply(
          a, b, transposing: transposing, into: MatrixView(c, rows: rows, columns: columns),
          adding: adding, pool: pool, workspace: ProductWorkspace(loops: loops))
        return bits(c)
      }
      let c = normalBuffer(rows * columns, seed: 9)
      let slices = depth <= 256 ? [0..<depth] : [0..<depth / 2, depth / 2..<depth]
      for place in 0..<rows * columns {
        let (row, column) = place.quotientAndRemainder(dividingBy: columns)
        for (index, slice) in slices.enumerated() {
          let sum = slice.reduce(Float(0)) { sum, k in
            sum.addingProduct(
              transposing == .first ? a.row(k)[row] : a.row(row)[k],
              transposing == .second ? b.row(column)[k] : b.row(k)[column])
          }
          c.pointer[place] = adding || index > 0 ? c.pointer[place] + sum : sum
        }
      }
      #expect(product(.narrow) == bits(c))
      if let wide = InnerLoops.wide { #expect(product(wide) == bits(c)) }
    }
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test("A finish gives the bits of the same work after the whole product", arguments: [1, 3])
  func finishes(threads: Int) {
    // Two slices of the depth and two blocks of columns.
    let (rows, columns, depth) = (200, 1200, 300)
    let (aBuffer, a) = normalMatrix(rows, depth, seed: 5)
    let (bBuffer, b) = normalMatrix(depth, columns, seed: 6)
    let (xBuffer, x) = normalMatrix(rows, columns, seed: 7)
    let bias = normalBuffer(columns, seed: 8)
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    func matrix() -> (FloatBuffer, MatrixView) {
      let buffer = FloatBuffer(count: rows * columns)
      return (buffer, MatrixView(buffer, rows: rows, columns: columns))
    }
    func product(_ finish: ProductFinish, adding start: FloatBuffer? = nil) -> FloatBuffer {
      let (buffer, c) = matrix()
      if let start { buffer.pointer.update(from: start.pointer, count: start.count) }
      MatrixProduct.multiply(
        a, b, into: c, adding: start != nil, finish: finish, pool: pool,
        workspace: ProductWorkspace())
      return buffer
    }
    func view(_ buffer: FloatBuffer) -> MatrixView {
      MatrixView(buffer, rows: rows, columns: columns)
    }

    let biased = product(.none)
    RowOperations.addBias(bias.pointer, to: view(biased))
    #expect(bits(product(.bias(bias.pointer))) == bits(biased))

    let (residual, _) = matrix()
    RowOperations.fill(view(residual), residual: x, bias: bias.pointer)
    #expect(
      bits(product(.residual(x, bias: bias.pointer))) == bits(product(.none, adding: residual)))

    let hidden = product(.none)
    let (activation, _) = matrix()
    let (finished, finishedView) = matrix()
    GELU.forward(hidden: view(hidden), bias: bias.pointer, activation: view(activation))
    #expect(
      bits(product(.gelu(bias: bias.pointer, activation: finishedView))) == bits(hidden))
    #expect(bits(finished) == bits(activation))

    let gradient = product(.none)
    GELU.backward(hidden: x, gradient: view(gradient), activation: view(activation))
    #expect(
      bits(product(.geluGradient(hidden: x, activation: finishedView))) == bits(gradient))
    #expect(bits(finished) == bits(activation))
    withExtendedLifetime((aBuffer, bBuffer, xBuffer, bias)) {}
  }

  @Test(
    "A part of a weight gradient has the bits it has in the whole, however panels are packed",
    arguments: [false, true], [1, 3])
  func partsOfWeightGradients(adding: Bool, threads: Int) {
    // Large enough to share its panels, which are packed two of three slices at a time.
    let (rows, columns, depth) = (400, 800, 700)
    let (aBuffer, a) = normalMatrix(depth, rows, seed: 11)
    let (bBuffer, b) = normalMatrix(depth, columns, seed: 12)
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    func product(_ rows: Range<Int>, _ columns: Range<Int>, _ c: MatrixView) {
      MatrixProduct.multiply(
        a.slice(rows: 0..<depth, columns: rows), b.slice(rows: 0..<depth, columns: columns),
        transposing: .first, into: c.slice(rows: rows, columns: columns), adding: adding,
        pool: pool,
        workspace: ProductWorkspace())
    }
    let (whole, parts) = (
      normalBuffer(rows * columns, seed: 13), normalBuffer(rows * columns, seed: 13)
    )
    product(0..<rows, 0..<columns, MatrixView(whole, rows: rows, columns: columns))
    let cut = MatrixView(parts, rows: rows, columns: columns)
    for rows in [0..<17, 17..<30, 30..<rows] {
      for columns in [0..<33, 33..<70, 70..<columns] { product(rows, columns, cut) }
    }
    #expect(bits(whole) == bits(parts))
    withExtendedLifetime((aBuffer, bBuffer)) {}
  }

  @Test(
    "Empty sums are zero, empty results untouched",
    arguments: [MatrixProduct.Transposition.none, .first, .second], [1, 3])
  func empty(transposing: MatrixProduct.Transposition, threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    for (rows, columns, depth) in [(5, 7, 0), (0, 7, 3), (5, 0, 3)] {
      let (aBuffer, bBuffer) = (
        FloatBuffer(count: rows * depth), FloatBuffer(count: columns * depth)
      )
      let a =
        transposing == .first
        ? MatrixView(aBuffer, rows: depth, columns: rows)
        : MatrixView(aBuffer, rows: rows, columns: depth)
      let b =
        transposing == .second
        ? MatrixView(bBuffer, rows: columns, columns: depth)
        : MatrixView(bBuffer, rows: depth, columns: columns)
      for adding in [false, true] {
        let before = normalBuffer(rows * columns, seed: 14)
        let c = normalBuffer(rows * columns, seed: 14)
        let sums = normalBuffer(rows, seed: 15)
        MatrixProduct.multiply(
          a, b, transposing: transposing, into: MatrixView(c, rows: rows, columns: columns),
          adding: adding, rowSums: transposing == .first ? sums.pointer : nil, pool: pool,
          workspace: ProductWorkspace())
        #expect(adding ? bits(c) == bits(before) : c.values.allSatisfy { $0 == 0 })
        if transposing == .first && depth == 0 { #expect(sums.values.allSatisfy { $0 == 0 }) }
      }
    }
  }
}
