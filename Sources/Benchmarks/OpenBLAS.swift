// OpenBLAS, which a step's own products are measured against. Training has none of it: its bits
// change with threads, shapes and processors. So it is not part of the program and loaded when it
// is asked for.

import Basics
import Kernels

#if canImport(Glibc)
  import Glibc
#endif

package enum OpenBLASError: Error, CustomStringConvertible {
  case missing(library: String, reason: String)

  package var description: String {
    switch self {
    case .missing(let library, let reason):
      "OpenBLAS (\(library)) cannot be loaded: \(reason); it is Debian's package libopenblas0"
    }
  }
}

/// The functions of OpenBLAS that are used here. The library stays loaded.
struct OpenBLAS: Sendable {
  private static let library = "libopenblas.so.0"

  private typealias SetThreads = @convention(c) (CInt) -> Void
  /// `cblas_sgemm`: order, transpositions, rows, columns, depth, alpha, a, its stride, b, its
  /// stride, beta, c, its stride.
  private typealias Multiply =
    @convention(c) (
      CInt, CInt, CInt, CInt, CInt, CInt, Float, UnsafePointer<Float>, CInt, UnsafePointer<Float>,
      CInt, Float, UnsafeMutablePointer<Float>, CInt
    ) -> Void

  private let setThreads: SetThreads
  private let sgemm: Multiply

  /// Loads the library and holds it to one thread a call.
  init() throws {
    guard let handle = dlopen(Self.library, RTLD_NOW) else {
      throw OpenBLASError.missing(
        library: Self.library, reason: dlerror().map { String(cString: $0) } ?? "unknown reason")
    }
    func function<F>(_ name: String, as type: F.Type) throws -> F {
      guard let symbol = dlsym(handle, name) else {
        throw OpenBLASError.missing(library: Self.library, reason: "it has no function \(name)")
      }
      // The types above are those of cblas.h.
      return unsafeBitCast(symbol, to: type)
    }
    setThreads = try function("openblas_set_num_threads", as: SetThreads.self)
    sgemm = try function("cblas_sgemm", as: Multiply.self)
    setThreads(1)
  }

  /// Runs `body` with OpenBLAS's own threads, which otherwise keeps to the calling one.
  func withOwnThreads(_ count: Int, _ body: () -> Void) {
    setThreads(CInt(count))
    body()
    setThreads(1)
  }

  /// c = op(a) · op(b); op transposes when told to.
  /// - Precondition: the shapes agree.
  func multiply(
    _ a: MatrixView, _ b: MatrixView, transposing: MatrixProduct.Transposition = .none,
    into c: MatrixView
  ) {
    let transposesA = transposing == .first
    let transposesB = transposing == .second
    let depth = transposesA ? a.rows : a.columns
    precondition(
      (transposesA ? a.columns : a.rows) == c.rows
        && (transposesB ? b.rows : b.columns) == c.columns
        && (transposesB ? b.columns : b.rows) == depth, "shapes of a product disagree")
    let (rowMajor, plain, transposed): (CInt, CInt, CInt) = (101, 111, 112)
    sgemm(
      rowMajor, transposesA ? transposed : plain, transposesB ? transposed : plain,
      CInt(c.rows), CInt(c.columns), CInt(depth), 1, a.pointer, CInt(a.stride), b.pointer,
      CInt(b.stride), 0, c.pointer, CInt(c.stride))
  }

  /// The same over a pool's threads: an even number of blocks along the longer side of the result,
  /// about 1024 long, one call each.
  func multiply(
    _ a: MatrixView, _ b: MatrixView, transposing: MatrixProduct.Transposition, into c: MatrixView,
    pool: ThreadPool
  ) {
    let cutsRows = c.rows >= c.columns
    let extent = max(c.rows, c.columns)
    let blocks = max(2, 2 * ((extent + 1024) / 2048))
    pool.forEach(blocks) { index in
      // Cuts lie at multiples of 16, the width of OpenBLAS's inner kernels.
      func cut(_ index: Int) -> Int {
        index == blocks ? extent : min((extent * index / blocks + 8) / 16 * 16, extent)
      }
      let part = cut(index)..<cut(index + 1)
      let (rows, columns) = cutsRows ? (part, 0..<c.columns) : (0..<c.rows, part)
      multiply(
        transposing == .first ? a.slice(rows: 0..<a.rows, columns: rows) : a.slice(rows: rows),
        transposing == .second
          ? b.slice(rows: columns) : b.slice(rows: 0..<b.rows, columns: columns),
        transposing: transposing, into: c.slice(rows: rows, columns: columns))
    }
  }
}
