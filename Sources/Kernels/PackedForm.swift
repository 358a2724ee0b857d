// How packed operands hold the depth. A micro-panel is the same in every form (`MicroTile`); what
// its places hold is not.

import CPairProducts

/// What a place of a micro-panel holds.
enum PackedForm: Sendable {
  /// A depth, as it is.
  case floats
  /// A depth, rounded to bfloat16 and widened again; the odd depth of a pair lies before the even
  /// one, as they are added.
  case widened
  /// A pair of depths as two bfloat16, the even one in the lower half.
  case pairs

  /// Depths that stay together.
  var depthsTogether: Int { self == .floats ? 1 : 2 }

  /// Places that so much depth takes; an odd end is filled up with zero.
  func places(depth: Int) -> Int {
    switch self {
    case .floats: depth
    case .widened: (depth + 1) & ~1
    case .pairs: (depth + 1) / 2
    }
  }

  /// Whether subnormal numbers are zero to the products of this form.
  var flushesSubnormals: Bool { self != .floats }
}

/// Copies of operands as micro-panels, as of `Packing`; `panelStride` and whatever has the depth as
/// an extent count places.
extension PackedForm {
  /// (columns / NR, rows, NR) of a source (rows, columns).
  func panelsOfB(
    _ source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    switch self {
    case .floats: Packing.panelsOfB(source, into: panels, panelStride: panelStride)
    case .widened:
      Packing.panelsOfB(source, into: panels, panelStride: panelStride)
      WidenedPacking.repackPanels(
        panels, count: MicroPanelProduct.panelsOfB(columns: source.columns),
        panelStride: panelStride, depth: source.rows, width: MicroTile.nr)
    case .pairs:
      pack_pairs_b(
        source.pointer, source.rows, source.columns, source.stride, panels, panelStride)
    }
  }

  /// (rows / NR, columns, NR) of a source (rows, columns).
  func transposedPanelsOfB(
    _ source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    switch self {
    case .floats: Packing.transposedPanelsOfB(source, into: panels, panelStride: panelStride)
    case .widened:
      Packing.transposedPanelsOfB(source, into: panels, panelStride: panelStride)
      WidenedPacking.repackPanels(
        panels, count: MicroPanelProduct.panelsOfB(columns: source.rows),
        panelStride: panelStride, depth: source.columns, width: MicroTile.nr)
    case .pairs:
      pack_pairs_transposed_b(
        source.pointer, source.rows, source.columns, source.stride, panels, panelStride)
    }
  }

  /// (columns / MR, rows, MR) of a source (rows, columns); up to a cache line behind each
  /// micro-panel is overwritten.
  func transposedPanelsOfA(
    _ source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    switch self {
    case .floats: Packing.transposedPanelsOfA(source, into: panels, panelStride: panelStride)
    case .widened:
      Packing.transposedPanelsOfA(source, into: panels, panelStride: panelStride)
      WidenedPacking.repackPanels(
        panels, count: MicroPanelProduct.panelsOfA(rows: source.columns),
        panelStride: panelStride, depth: source.rows, width: MicroTile.mr)
    case .pairs:
      pack_pairs_transposed_a(
        source.pointer, source.rows, source.columns, source.stride, panels, panelStride)
    }
  }

  /// (rows / MR, columns / 16, MR, 16) of a source (rows, columns).
  func panelsOfA(
    _ source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    switch self {
    case .floats: Packing.panelsOfA(source, into: panels, panelStride: panelStride)
    case .widened:
      Packing.panelsOfA(source, into: panels, panelStride: panelStride)
      WidenedPacking.repackGroupedPanels(
        panels, count: MicroPanelProduct.panelsOfA(rows: source.rows), panelStride: panelStride,
        depth: source.columns)
    case .pairs:
      pack_pairs_a(
        source.pointer, source.rows, source.columns, source.stride, panels, panelStride)
    }
  }

  /// Turns a row of a micro-panel of A in groups of floats into this form, in place.
  /// - Parameters:
  ///   - row: the row's place in the first group; with space for whole groups.
  ///   - depth: of the micro-panel.
  func repackGroups(_ row: UnsafeMutablePointer<Float>, depth: Int) {
    switch self {
    case .floats: break
    case .widened: WidenedPacking.repackGroups(row, depth: depth)
    case .pairs: repack_pair_groups(row, depth)
    }
  }

  /// Turns rows of floats, a depth each, into rows of places, in place.
  /// - Parameter rows: (depth, columns), with space for a row more where the depth is odd; columns
  ///   are whole cache lines.
  func repackRows(_ rows: MatrixView) {
    switch self {
    case .floats: break
    case .widened:
      WidenedPacking.repackRows(
        rows.pointer, depth: rows.rows, columns: rows.columns, stride: rows.stride)
    case .pairs: repack_pair_rows(rows.pointer, rows.rows, rows.columns, rows.stride)
    }
  }
}
