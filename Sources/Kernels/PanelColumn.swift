// The MR floats of one depth of a micro-panel of A, in two registers.

/// Twelve floats: a register of eight and one of four.
struct PanelColumn {
  private var low: SIMD8<Float>
  private var high: SIMD4<Float>

  @inline(__always)
  static var zero: PanelColumn { PanelColumn(low: .zero, high: .zero) }

  @inline(__always)
  private init(low: SIMD8<Float>, high: SIMD4<Float>) { (self.low, self.high) = (low, high) }

  @inline(__always)
  init(from place: UnsafePointer<Float>) {
    low = UnsafeRawPointer(place).loadUnaligned(as: SIMD8<Float>.self)
    high = UnsafeRawPointer(place + low.scalarCount).loadUnaligned(as: SIMD4<Float>.self)
  }

  @inline(__always)
  func store(to place: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(place).storeBytes(of: low, as: SIMD8<Float>.self)
    UnsafeMutableRawPointer(place + low.scalarCount).storeBytes(of: high, as: SIMD4<Float>.self)
  }

  @inline(__always)
  static func += (sum: inout PanelColumn, column: PanelColumn) {
    sum.low += column.low
    sum.high += column.high
  }

  @inline(__always)
  subscript(row: Int) -> Float {
    row < low.scalarCount ? low[row] : high[row - low.scalarCount]
  }
}
