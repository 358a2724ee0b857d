// How products are cut so that caches hold what their loops read again, by BLIS's names. Of these
// KC is part of the definition of a product's bits; the others decide who computes what and when,
// never a bit.

enum CacheBlocking {
  /// KC: most depth of a slice of a sum, which is one chain of fused multiply-adds. Even, so that
  /// pairs stay together.
  static let kc = 256

  /// NC: columns of B that the macro-kernel takes at a time: with KC of the depth they are 384 KiB,
  /// which a second-level cache holds beside the rows.
  static let nc = 384

  /// MC: most rows of a block whose panels of B are packed once for all threads.
  static let mc = 144

  /// Most columns of such a block.
  static let blockColumns = 3 * nc

  /// Most rows and columns of a block that packs both operands itself.
  static let (selfPackedRows, selfPackedColumns) = (384, 2 * nc)

  /// Floats of a cache line.
  @inline(__always)
  static var lineFloats: Int { 16 }
}
