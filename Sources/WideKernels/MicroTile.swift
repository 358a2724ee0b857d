// The extents of the innermost loops of a product, by BLIS's names. This file is compiled twice, in
// Kernels and in WideKernels, whose loops must agree on them; a test holds its two copies equal.

/// The tile of a product's result whose sums the micro-kernel keeps in registers, MR × NR, and how
/// the operands are packed for it (Goto and van de Geijn, "Anatomy of high-performance matrix
/// multiplication", 2008; Van Zee and van de Geijn, "BLIS", 2015).
package enum MicroTile {
  /// MR: rows of a tile, and of a micro-panel of A.
  @inline(__always)
  package static var mr: Int { 12 }

  /// NR: columns of a tile, and of a micro-panel of B; one cache line.
  @inline(__always)
  package static var nr: Int { 16 }

  /// Depths that lie side by side in a micro-panel of A that was packed from rows, (depth / 16, MR,
  /// 16): so addresses are constants beyond a few pointers, and whole registers are stored to it.
  @inline(__always)
  package static var groupDepth: Int { 16 }

  /// Floats from one such group to the next.
  @inline(__always)
  package static var groupFloats: Int { mr * groupDepth }
}
