// The products of one tile of query rows with all tokens of a sequence.

import Tensors

/// The tile's operands and results lie in the workspace.
struct AttentionTile {
  let workspace: AttentionWorkspace
  let rows: Int
  let tokens: Int
  let headWidth: Int
  let loops: InnerLoops

  private var form: PackedForm { loops.form }
  /// Micro-panels of A that the tile's rows make, and of B that d columns make.
  private var panelsOfA: Int { MicroPanelProduct.panelsOfA(rows: rows) }
  private var panelsOfB: Int { workspace.rowWidth / MicroTile.nr }

  /// Where a row's scores begin, and its place in the micro-panels of weights.
  func place(of row: Int) -> (scores: Int, weights: UnsafeMutablePointer<Float>) {
    let (panel, line) = row.quotientAndRemainder(dividingBy: MicroTile.mr)
    return (
      row * workspace.scoreWidth,
      workspace.weights + (panel * workspace.weightStride + MicroTile.groupDepth * line)
    )
  }

  /// Packs rows (rows, d) as A, for scores, and as B, which tokens gather from.
  func pack(
    _ source: MatrixView, asA: UnsafeMutablePointer<Float>, asB: UnsafeMutablePointer<Float>
  ) {
    form.panelsOfA(source, into: asA, panelStride: workspace.rowStride)
    form.panelsOfB(source, into: asB, panelStride: MicroTile.nr * form.places(depth: rows))
  }

  /// scores (rows, T) = A (rows, d) · B (d, T).
  func score(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into scores: UnsafeMutablePointer<Float>
  ) {
    let places = form.places(depth: headWidth)
    for panel in 0..<panelsOfA {
      MicroPanelProduct(
        a + panel * workspace.rowStride, .grouped, b,
        panels: MicroPanelProduct.panelsOfB(columns: tokens),
        panelStride: MicroTile.nr * places,
        into: scores + panel * MicroTile.mr * workspace.scoreWidth, cRow: workspace.scoreWidth,
        depth: places
      ).multiply(with: loops)
    }
  }

  /// rows (rows, d) = weights (rows, T) · B of tokens (T, d). The weights are packed in place.
  func average(_ b: UnsafePointer<Float>) {
    let places = form.places(depth: tokens)
    for row in 0..<rows { form.repackGroups(place(of: row).weights, depth: tokens) }
    for panel in 0..<panelsOfA {
      MicroPanelProduct(
        workspace.weights + panel * workspace.weightStride, .grouped, b, panels: panelsOfB,
        panelStride: MicroTile.nr * places,
        into: workspace.rows + panel * MicroTile.mr * workspace.rowWidth,
        cRow: workspace.rowWidth, depth: places
      ).multiply(with: loops)
    }
  }

  /// sums (T, d) = weightsᵀ (T, rows) · B of rows (rows, d), or that added to them. The weights are
  /// packed in place: they are lost.
  func gather(
    _ weights: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>,
    into sums: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    let places = form.places(depth: rows)
    form.repackRows(MatrixView(weights, rows: rows, columns: workspace.scoreWidth))
    for panel in 0..<MicroPanelProduct.panelsOfA(rows: tokens) {
      MicroPanelProduct(
        weights + panel * MicroTile.mr, .depthMajor(stride: workspace.scoreWidth), b,
        panels: panelsOfB, panelStride: MicroTile.nr * places,
        into: sums + panel * MicroTile.mr * workspace.rowWidth, cRow: workspace.rowWidth,
        depth: places, adding: adding
      ).multiply(with: loops)
    }
  }
}
