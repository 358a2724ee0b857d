// How threads share a vector: in blocks that follow from its range alone.

/// A range of a vector in blocks of 64 Ki values: a quarter of a megabyte, work for about 50 µs.
struct ValueBlocks {
  static let valuesPerBlock = 1 << 16

  let whole: Range<Int>

  init(_ whole: Range<Int>) { self.whole = whole }

  var count: Int { (whole.count + Self.valuesPerBlock - 1) / Self.valuesPerBlock }

  func range(_ block: Int) -> Range<Int> {
    let start = whole.lowerBound + block * Self.valuesPerBlock
    return start..<min(start + Self.valuesPerBlock, whole.upperBound)
  }
}
