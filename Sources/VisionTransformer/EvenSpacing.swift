// Evenly spaced numbers with the bits of `torch.linspace`: where a place falls exactly between two
// pixels, the last bit decides which of them is the nearest.

/// Evenly spaced numbers.
package enum EvenSpacing {
  /// `count` numbers from `first` to `last`, counted from both ends to the middle; one number is
  /// `first`.
  package static func numbers(from first: Float, to last: Float, count: Int) -> [Float] {
    if count == 1 { return [first] }
    let step = (last - first) / Float(count - 1)
    return (0..<count).map { index in
      index < count / 2
        ? first.addingProduct(step, Float(index))
        : last.addingProduct(-step, Float(count - 1 - index))
    }
  }
}
