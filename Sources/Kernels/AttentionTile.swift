// The products of one tile of query rows with all tokens of a sequence.

import Tensors

/// The tile's operands and results lie in the room.
struct AttentionTile {
  let room: AttentionRoom
  let rows: Int
  let tokens: Int
  let headWidth: Int
  /// Computes on 512-bit registers.
  let isWide: Bool

  private var strips: Int { StripProduct.strips(of: rows) }
  private var rowPanels: Int { room.rowWidth / StripProduct.panelWidth }

  /// Where a row's scores begin, and its place in the strips of weights.
  func place(of row: Int) -> (scores: Int, weights: UnsafeMutablePointer<Float>) {
    let (strip, line) = row.quotientAndRemainder(dividingBy: StripProduct.height)
    return (
      row * room.scoreWidth,
      room.weights + (strip * room.weightStride + StripProduct.blockDepth * line)
    )
  }

  /// Copies rows (rows, d) into strips, for scores, and panels, which tokens gather from.
  func pack(
    _ source: MatrixView, intoStrips target: UnsafeMutablePointer<Float>,
    panels: UnsafeMutablePointer<Float>
  ) {
    Packing.strips(of: source, into: target, stripStride: room.rowStride)
    Packing.panels(of: source, into: panels, panelStride: StripProduct.panelWidth * rows)
  }

  /// scores (rows, T) = strips (rows, d) · panels.
  func score(
    _ operand: UnsafePointer<Float>, _ panels: UnsafePointer<Float>,
    into scores: UnsafeMutablePointer<Float>
  ) {
    for strip in 0..<strips {
      StripProduct(
        operand + strip * room.rowStride, .rows, panels, panels: StripProduct.panels(of: tokens),
        panelStride: StripProduct.panelWidth * headWidth,
        into: scores + strip * StripProduct.height * room.scoreWidth, cRow: room.scoreWidth,
        depth: headWidth
      ).multiply(onWideRegisters: isWide)
    }
  }

  /// rows (rows, d) = weights (rows, T) · panels of tokens (T, d).
  func average(_ panels: UnsafePointer<Float>) {
    for strip in 0..<strips {
      StripProduct(
        room.weights + strip * room.weightStride, .rows, panels, panels: rowPanels,
        panelStride: StripProduct.panelWidth * tokens,
        into: room.rows + strip * StripProduct.height * room.rowWidth, cRow: room.rowWidth,
        depth: tokens
      ).multiply(onWideRegisters: isWide)
    }
  }

  /// sums (T, d) = weightsᵀ (T, rows) · panels of rows (rows, d), or that added to them.
  func gather(
    _ weights: UnsafePointer<Float>, _ panels: UnsafePointer<Float>,
    into sums: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    for strip in 0..<StripProduct.strips(of: tokens) {
      StripProduct(
        weights + strip * StripProduct.height, .columns(stride: room.scoreWidth), panels,
        panels: rowPanels, panelStride: StripProduct.panelWidth * rows,
        into: sums + strip * StripProduct.height * room.rowWidth, cRow: room.rowWidth, depth: rows,
        adding: adding
      ).multiply(onWideRegisters: isWide)
    }
  }
}
