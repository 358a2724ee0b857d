// Products, solutions and eigenvectors by OpenBLAS and LAPACK, each in the calling thread alone, so
// that nothing depends on how many threads a machine has. Results differ in their last bits between
// processors: they are for what is measured about a run, never for what a run computes.

import COpenBLAS

#if canImport(Glibc)
  import Glibc
#endif

/// Why there is no result.
package enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// A matrix that should be positive definite is not, from this row on.
  case notPositiveDefinite(row: Int)
  /// An eigenvalue was not found.
  case noConvergence
  /// The process may not have as much memory as OpenBLAS takes at once.
  case noMemory(bytes: Int)

  package var description: String {
    switch self {
    case .notPositiveDefinite(let row):
      "a matrix of the linear system is not positive definite at row \(row + 1): features that are "
        + "not finite or far too large do that"
    case .noMemory(let bytes):
      "OpenBLAS takes \(bytes >> 20) MiB of memory at once, and the process may not have them; "
        + "raise its limit (ulimit -v), or free memory"
    case .noConvergence:
      "the eigenvectors of a matrix were not found: features that are not finite do that"
    }
  }
}

/// Functions of dense matrices.
package enum LinearAlgebra {
  /// Which factor of a product is taken transposed.
  package enum Transposition { case none, first, second }

  private static let prepared: Void = openblas_set_num_threads(1)

  /// What OpenBLAS takes for each of the threads that multiply at once, and keeps: 128 MiB, and
  /// some for its alignment.
  private static let workBytes = 160 << 20

  /// Asks for that memory and gives it back. OpenBLAS itself asks again and again, without an end.
  /// - Parameter threads: that will multiply at once.
  /// - Throws: `LinearAlgebraError.noMemory`.
  package static func checkMemory(threads: Int = 1) throws(LinearAlgebraError) {
    let workBytes = Self.workBytes * threads
    // Not malloc: a compiler may leave out a pair of malloc and free.
    let work = mmap(
      nil, workBytes, PROT_READ | PROT_WRITE, Int32(MAP_PRIVATE | MAP_ANONYMOUS), -1, 0)
    guard let work, work != MAP_FAILED else { throw .noMemory(bytes: workBytes) }
    munmap(work, workBytes)
  }

  /// op(a) · op(b).
  /// - Precondition: the shapes agree.
  package static func product(
    _ a: DoubleMatrix, _ b: DoubleMatrix, transposing: Transposition = .none
  ) -> DoubleMatrix {
    var result = DoubleMatrix(
      rows: transposing == .first ? a.columns : a.rows,
      columns: transposing == .second ? b.rows : b.columns)
    multiply(a, b, transposing: transposing, into: &result)
    return result
  }

  /// result = op(a) · op(b), in the memory that is there.
  /// - Precondition: the shapes agree.
  package static func multiply(
    _ a: DoubleMatrix, _ b: DoubleMatrix, transposing: Transposition = .none,
    into result: inout DoubleMatrix
  ) {
    let depth = transposing == .first ? a.rows : a.columns
    precondition((transposing == .second ? b.columns : b.rows) == depth)
    precondition(result.rows == (transposing == .first ? a.columns : a.rows))
    precondition(result.columns == (transposing == .second ? b.rows : b.columns))
    if result.values.isEmpty { return }
    guard depth > 0 else {
      result = DoubleMatrix(rows: result.rows, columns: result.columns)
      return
    }
    _ = prepared
    let (rows, columns) = (int(result.rows), int(result.columns))
    cblas_dgemm(
      CblasRowMajor, transposing == .first ? CblasTrans : CblasNoTrans,
      transposing == .second ? CblasTrans : CblasNoTrans, rows, columns, int(depth), 1, a.values,
      int(a.columns), b.values, int(b.columns), 0, &result.values, columns)
  }

  /// aᵀ · a, whole.
  package static func gram(_ a: DoubleMatrix) -> DoubleMatrix {
    let side = a.columns
    var result = DoubleMatrix(rows: side, columns: side)
    if side == 0 || a.rows == 0 { return result }
    _ = prepared
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, CblasTrans, int(side), int(a.rows), 1, a.values, int(side), 0,
      &result.values, int(side))
    for row in 1..<max(1, side) {
      for column in 0..<row { result[row, column] = result[column, row] }
    }
    return result
  }

  /// The x of `matrix` · x = `right`, by Cholesky's factors.
  /// - Parameter matrix: symmetric; the upper triangle is read.
  /// - Throws: `LinearAlgebraError.notPositiveDefinite`.
  package static func solution(
    of matrix: DoubleMatrix, _ right: DoubleMatrix
  ) throws(LinearAlgebraError) -> DoubleMatrix {
    precondition(matrix.rows == matrix.columns && right.rows == matrix.rows)
    if right.values.isEmpty { return right }
    _ = prepared
    // Fortran reads columns: it sees the transposed matrix, which is the same one, with the upper
    // triangle where the lower one is; the right side is turned for it and back.
    var factors = matrix.values
    var (n, count, info) = (int(matrix.rows), int(right.columns), Int32(0))
    dpotrf_("L", &n, &factors, &n, &info)
    guard info == 0, factors.allSatisfy(\.isFinite) else {
      throw .notPositiveDefinite(row: max(0, Int(info) - 1))
    }
    var turned = right.transposed.values
    dpotrs_("L", &n, &count, factors, &n, &turned, &n, &info)
    return DoubleMatrix(rows: right.columns, columns: right.rows, values: turned).transposed
  }

  /// Eigenvalues in rising order, and a unit eigenvector of each as a row, whose largest value is
  /// positive.
  /// - Parameter matrix: symmetric; the upper triangle is read.
  /// - Throws: `LinearAlgebraError.noConvergence`.
  package static func symmetricEigen(
    _ matrix: DoubleMatrix
  ) throws(LinearAlgebraError) -> (values: [Double], vectors: DoubleMatrix) {
    precondition(matrix.rows == matrix.columns)
    guard matrix.values.allSatisfy(\.isFinite) else { throw .noConvergence }
    if matrix.rows == 0 { return ([], matrix) }
    _ = prepared
    var vectors = matrix.values
    var values = [Double](repeating: 0, count: matrix.rows)
    var (n, info) = (int(matrix.rows), Int32(0))
    // Asks first how much memory it wants.
    var (workCount, integerCount) = (Int32(-1), Int32(-1))
    var (workWish, integerWish) = (0.0, Int32(0))
    dsyevd_(
      "V", "L", &n, &vectors, &n, &values, &workWish, &workCount, &integerWish, &integerCount,
      &info)
    (workCount, integerCount) = (Int32(workWish), integerWish)
    var work = [Double](repeating: 0, count: Int(workCount))
    var integers = [Int32](repeating: 0, count: Int(integerCount))
    dsyevd_(
      "V", "L", &n, &vectors, &n, &values, &work, &workCount, &integers, &integerCount, &info)
    guard info == 0 else { throw .noConvergence }
    var result = DoubleMatrix(rows: matrix.rows, columns: matrix.rows, values: vectors)
    for row in 0..<result.rows {
      let largest = result.row(row).max { abs($0) < abs($1) } ?? 0
      if largest < 0 { for column in 0..<result.columns { result[row, column].negate() } }
    }
    return (values, result)
  }

  private static func int(_ value: Int) -> Int32 { Int32(value) }
}

extension DoubleMatrix {
  /// Rows as columns.
  package var transposed: DoubleMatrix {
    var result = DoubleMatrix(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = self[row, column] }
    }
    return result
  }
}
