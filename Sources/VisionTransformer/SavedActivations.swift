// What a transformer block saves between its forward and its backward pass.

import Kernels

/// Addresses into the memory of a `TransformerStack`; n are all rows or the selected ones.
struct SavedActivations {
  let input: MatrixView  // (rows, D)
  let projections: MatrixView  // (rows, 3·D): queries, keys, values
  var queries: MatrixView  // (n, D), columns of the projections
  var attended: MatrixView  // (n, D)
  var middle: MatrixView  // (n, D): after attention
  var hidden: MatrixView  // (n, hidden), before GELU
  let norm1: UnsafeMutablePointer<Float>  // (rows, 2)
  let norm2: UnsafeMutablePointer<Float>  // (rows, 2)
  let attention: UnsafeMutablePointer<Float>  // (heads, rows, 2)
}
