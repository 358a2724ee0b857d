// What the products of a model are computed with, by name. Not here: what each is, bit by bit,
// which is the kernels' (`MatrixProduct`, `BFloat16Product`).

/// The numbers that products multiply. Their sums, and all that is no product, are float32.
public enum ProductArithmetic: String, CaseIterable, Hashable, Sendable, Codable {
  /// The numbers as they are.
  case float32
  /// Both operands rounded to bfloat16: twice as fast where the processor has an instruction for
  /// it, and the same bits where it has none.
  case bfloat16
}

/// The ways to compute products, which give the same bits: for tests that choose one.
public enum ProductPath: String, CaseIterable, Sendable {
  /// 256-bit registers.
  case narrow
  /// 512-bit registers.
  case wide
  /// The processor's instruction for pairs of bfloat16.
  case pairs
}
