// Linear algebra against values that are derived by hand, and against its own definitions.

import Basics
import LinearAlgebra
import Testing

@Suite("Linear algebra") struct LinearAlgebraTests {
  private let a = DoubleMatrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])
  private let b = DoubleMatrix(rows: 3, columns: 2, values: [1, 0, -1, 2, 3, 1])

  @Test("Products, transposed in either factor, and of an inner extent of nothing")
  func products() {
    #expect(LinearAlgebra.product(a, b).values == [8, 7, 17, 16])
    #expect(LinearAlgebra.product(a, b.transposed, transposing: .second).values == [8, 7, 17, 16])
    #expect(LinearAlgebra.product(a.transposed, b, transposing: .first).values == [8, 7, 17, 16])
    #expect(LinearAlgebra.gram(b).values == [11, 1, 1, 5])
    let empty = LinearAlgebra.product(
      DoubleMatrix(rows: 2, columns: 0), DoubleMatrix(rows: 0, columns: 2))
    #expect(empty.values == [0, 0, 0, 0])
  }

  @Test("A linear system of several right sides is solved, and what is not definite is refused")
  func solutions() throws {
    let matrix = DoubleMatrix(rows: 2, columns: 2, values: [4, 2, 2, 3])
    let right = DoubleMatrix(rows: 2, columns: 3, values: [2, 8, 0, 3, 4, 8])
    let x = try LinearAlgebra.solution(of: matrix, right)
    for (found, wanted) in zip(x.values, [0.0, 2.0, -2.0, 1.0, 0.0, 4.0]) {
      #expect(abs(found - wanted) < 1e-14)
    }
    let indefinite = DoubleMatrix(rows: 2, columns: 2, values: [1, 2, 2, 1])
    #expect(throws: LinearAlgebraError.notPositiveDefinite(row: 1)) {
      try LinearAlgebra.solution(of: indefinite, right)
    }
    let broken = DoubleMatrix(rows: 2, columns: 2, values: [.nan, 0, 0, 1])
    #expect(throws: LinearAlgebraError.self) { try LinearAlgebra.solution(of: broken, right) }
  }

  @Test("Eigenvectors of a matrix of forty rows make it again, in rising order of the values")
  func eigenvectors() throws {
    var random = CounterRandom(seed: 3, purpose: .benchmark)
    let half = DoubleMatrix(rows: 50, columns: 40, values: (0..<2000).map { _ in random.normal() })
    let matrix = LinearAlgebra.gram(half)
    let (values, vectors) = try LinearAlgebra.symmetricEigen(matrix)
    #expect(values == values.sorted())
    var scaled = vectors
    for row in 0..<40 { for column in 0..<40 { scaled[row, column] *= values[row] } }
    let again = LinearAlgebra.product(vectors, scaled, transposing: .first)
    let worst = zip(again.values, matrix.values).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst < 1e-11)
    let unit = LinearAlgebra.product(vectors, vectors, transposing: .second)
    for row in 0..<40 {
      #expect(abs(unit[row, row] - 1) < 1e-12)
      #expect((vectors.row(row).max { abs($0) < abs($1) } ?? 0) > 0)
    }
    let broken = DoubleMatrix(rows: 1, columns: 1, values: [.infinity])
    #expect(throws: LinearAlgebraError.noConvergence) { try LinearAlgebra.symmetricEigen(broken) }
  }
}
