// The door to OpenBLAS: every product runs on the thread that asks for it. Not here: who computes
// which block.

import COpenBLAS

/// OpenBLAS, held to one thread a call.
public enum BLAS {
  /// OpenBLAS's own threads would cut products by the number of cores and so change their bits.
  /// Evaluated once, before the first product.
  static let isSingleThreaded: Bool = {
    openblas_set_num_threads(1)
    return openblas_get_num_threads() == 1
  }()

  /// Runs `body` with OpenBLAS's own threads: to measure what they would give, not to train.
  package static func withOwnThreads(_ count: Int, _ body: () -> Void) {
    precondition(isSingleThreaded)
    openblas_set_num_threads(Int32(count))
    body()
    openblas_set_num_threads(1)
  }

  /// The family of kernels that OpenBLAS chose for this CPU, for example `SkylakeX`. Products have
  /// equal bits only where this is equal.
  public static var kernelName: String {
    precondition(isSingleThreaded)
    return String(cString: openblas_get_corename())
  }

  /// Whether this machine has 512-bit registers, as OpenBLAS found out.
  package static let hasWideRegisters = ["SkylakeX", "Cooperlake", "SapphireRapids"].contains(
    kernelName)

  /// Which operand of a product is read with rows and columns exchanged.
  public enum Transposition: Sendable {
    case none
    case first
    case second
  }

  /// c = alpha · op(a) · op(b) + beta · c on the calling thread; op transposes when told to.
  ///
  /// With beta 0, c is not read.
  /// - Precondition: the shapes agree.
  public static func multiply(
    _ a: MatrixView, _ b: MatrixView, transposing: Transposition = .none, into c: MatrixView,
    alpha: Float = 1, beta: Float = 0
  ) {
    precondition(isSingleThreaded, "OpenBLAS refused to stay on one thread")
    let transposesA = transposing == .first
    let transposesB = transposing == .second
    let depth = transposesA ? a.rows : a.columns
    precondition(
      (transposesA ? a.columns : a.rows) == c.rows
        && (transposesB ? b.rows : b.columns) == c.columns
        && (transposesB ? b.columns : b.rows) == depth, "shapes of a product disagree")
    if c.rows == 0 || c.columns == 0 { return }
    cblas_sgemm(
      CblasRowMajor, transposesA ? CblasTrans : CblasNoTrans,
      transposesB ? CblasTrans : CblasNoTrans,
      blasint(c.rows), blasint(c.columns), blasint(depth), alpha, a.pointer,
      blasint(max(1, a.stride)),
      b.pointer, blasint(max(1, b.stride)), beta, c.pointer, blasint(c.stride))
  }
}
