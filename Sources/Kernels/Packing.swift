// Copies of operands in the order in which `StripProduct` reads them.

enum Packing {
  /// panels = source in panels of 16 columns, (columns / 16, rows, 16), zero beyond the last column.
  static func panels(
    of source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    let whole = source.columns / 16
    for row in 0..<source.rows {
      let from = source.row(row)
      var to = panels + row * 16
      for panel in 0..<whole {
        to.store(from.vector(at: panel &* 16), at: 0)
        to.store(from.vector(at: panel &* 16 &+ 8), at: 8)
        to += panelStride
      }
      if whole * 16 < source.columns {
        for lane in 0..<16 {
          let column = whole * 16 + lane
          to[lane] = column < source.columns ? from[column] : 0
        }
      }
    }
  }

  /// panels = source transposed, in panels of 16 of its rows, (rows / 16, columns, 16), zero beyond
  /// the last row; `panelStride` floats from one panel to the next.
  static func transposedPanels(
    of source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    var row = 0
    while row < source.rows {
      let panel = panels + row / 16 * panelStride
      let whole = source.columns & ~7
      for half in 0..<2 {
        let first = min(row + 8 * half, source.rows)
        let rows = min(8, source.rows - first)
        var column = 0
        while column < whole {
          transpose(
            source.row(first) + column, rows: rows, stride: source.stride,
            into: panel + (column * 16 + 8 * half))
          column &+= 8
        }
        for column in whole..<source.columns {
          for lane in 0..<8 {
            panel[column * 16 + 8 * half + lane] =
              lane < rows ? source.row(first + lane)[column] : 0
          }
        }
      }
      row += 16
    }
  }

  /// strips = source transposed, in strips of 12 of its columns, (columns / 12, rows, 12), zero beyond
  /// the last column; `stripStride` floats from one strip to the next.
  static func transposedStrips(
    of source: MatrixView, into strips: UnsafeMutablePointer<Float>, stripStride: Int
  ) {
    let whole = source.columns / 12
    for row in 0..<source.rows {
      var from = UnsafeRawPointer(source.row(row))
      var to = UnsafeMutableRawPointer(strips + row &* 12)
      for _ in 0..<whole {
        let eight = from.loadUnaligned(as: SIMD8<Float>.self)
        let four = from.loadUnaligned(fromByteOffset: 32, as: SIMD4<Float>.self)
        to.storeBytes(of: eight, as: SIMD8<Float>.self)
        to.storeBytes(of: four, toByteOffset: 32, as: SIMD4<Float>.self)
        from += 48
        to += 4 &* stripStride
      }
      if whole * 12 < source.columns {
        let rest = strips + whole * stripStride + row * 12
        for lane in 0..<12 {
          let column = whole * 12 + lane
          rest[lane] = column < source.columns ? source.row(row)[column] : 0
        }
      }
    }
  }

  /// strips = source in strips of 12 rows, each in blocks of 16 columns, (rows / 12, columns / 16,
  /// 12, 16), zero beyond the last row; `stripStride` floats from one strip to the next.
  static func strips(
    of source: MatrixView, into strips: UnsafeMutablePointer<Float>, stripStride: Int
  ) {
    var strip = strips
    for row in stride(from: 0, to: source.rows, by: 12) {
      blocks(of: source.slice(rows: row..<min(row + 12, source.rows)), into: strip)
      strip += stripStride
    }
  }

  private static func blocks(of source: MatrixView, into strip: UnsafeMutablePointer<Float>) {
    let stride = source.stride
    let whole = source.columns & ~15
    var (from, to) = (source.pointer, strip)
    for _ in 0..<whole / 16 {
      for row in 0..<source.rows {
        to.store(from.vector(at: row &* stride), at: 16 &* row)
        to.store(from.vector(at: row &* stride &+ 8), at: 16 &* row &+ 8)
      }
      for row in source.rows..<12 {
        to.store(Vector.zero, at: 16 &* row)
        to.store(Vector.zero, at: 16 &* row &+ 8)
      }
      from += 16
      to += 192
    }
    for column in whole..<source.columns {
      for row in 0..<12 {
        strip[column / 16 * 192 + row * 16 + column % 16] =
          row < source.rows ? source.row(row)[column] : 0
      }
    }
  }

  /// Up to eight rows of eight floats, zero where there are less, to rows of 16.
  ///
  /// Taking first the elements at even and then those at odd places of all 64 turns the six bits of
  /// a place by one; three turns exchange row and column.
  @inline(__always)
  private static func transpose(
    _ source: UnsafePointer<Float>, rows count: Int, stride: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    typealias Eight = (Vector, Vector, Vector, Vector, Vector, Vector, Vector, Vector)
    @inline(__always)
    func evens(_ a: Vector, _ b: Vector) -> Vector {
      Vector(lowHalf: a.evenHalf, highHalf: b.evenHalf)
    }
    @inline(__always)
    func odds(_ a: Vector, _ b: Vector) -> Vector {
      Vector(lowHalf: a.oddHalf, highHalf: b.oddHalf)
    }
    @inline(__always)
    func turned(_ r: Eight) -> Eight {
      (
        evens(r.0, r.1), evens(r.2, r.3), evens(r.4, r.5), evens(r.6, r.7),
        odds(r.0, r.1), odds(r.2, r.3), odds(r.4, r.5), odds(r.6, r.7)
      )
    }
    @inline(__always)
    func row(_ index: Int) -> Vector {
      index < count ? (source + index &* stride).vector(at: 0) : .zero
    }
    let rows = turned(
      turned(turned((row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)))))
    target.store(rows.0, at: 0)
    target.store(rows.1, at: 16)
    target.store(rows.2, at: 32)
    target.store(rows.3, at: 48)
    target.store(rows.4, at: 64)
    target.store(rows.5, at: 80)
    target.store(rows.6, at: 96)
    target.store(rows.7, at: 112)
  }
}
