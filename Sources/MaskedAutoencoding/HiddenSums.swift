// What the hidden pixels of an image amount to. Not here: their errors and their weights.

/// Sums over the pixels of one image that are hidden and measured.
package struct HiddenSums: Hashable, Sendable {
  /// Σ weight · error.
  package var weighted = 0.0
  /// Σ error.
  package var plain = 0.0
  package var hidden = 0

  /// Nothing yet.
  package init() {}
}
