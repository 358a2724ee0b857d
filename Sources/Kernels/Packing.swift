// Copies of operands as micro-panels: the order in which the micro-kernel reads them.

enum Packing {
  /// panels = source in micro-panels of NR columns, (columns / NR, rows, NR), zero beyond the last
  /// column; `panelStride` floats from one micro-panel to the next.
  static func panelsOfB(
    _ source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    let nr = MicroTile.nr
    let whole = source.columns / nr
    for row in 0..<source.rows {
      let from = source.row(row)
      var to = panels + row * nr
      for panel in 0..<whole {
        to.store(from.vector(at: panel &* nr), at: 0)
        to.store(from.vector(at: panel &* nr &+ vectorWidth), at: vectorWidth)
        to += panelStride
      }
      if whole * nr < source.columns {
        for lane in 0..<nr {
          let column = whole * nr + lane
          to[lane] = column < source.columns ? from[column] : 0
        }
      }
    }
  }

  /// panels = source transposed, in micro-panels of NR of its rows, (rows / NR, columns, NR), zero
  /// beyond the last row; `panelStride` floats from one micro-panel to the next.
  static func transposedPanelsOfB(
    _ source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    let nr = MicroTile.nr
    var row = 0
    while row < source.rows {
      let panel = panels + row / nr * panelStride
      let whole = source.columns & ~(vectorWidth - 1)
      for half in 0..<2 {
        let first = min(row + vectorWidth * half, source.rows)
        let rows = min(vectorWidth, source.rows - first)
        var column = 0
        while column < whole {
          transpose(
            source.row(first) + column, rows: rows, stride: source.stride,
            into: panel + (column * nr + vectorWidth * half))
          column &+= vectorWidth
        }
        for column in whole..<source.columns {
          for lane in 0..<vectorWidth {
            panel[column * nr + vectorWidth * half + lane] =
              lane < rows ? source.row(first + lane)[column] : 0
          }
        }
      }
      row += nr
    }
  }

  /// panels = source transposed, in micro-panels of MR of its columns, (columns / MR, rows, MR),
  /// zero beyond the last column; `panelStride` floats from one micro-panel to the next.
  static func transposedPanelsOfA(
    _ source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    let mr = MicroTile.mr
    let whole = source.columns / mr
    for row in 0..<source.rows {
      var from = UnsafePointer(source.row(row))
      var to = panels + row &* mr
      for _ in 0..<whole {
        PanelColumn(from: from).store(to: to)
        from += mr
        to += panelStride
      }
      if whole * mr < source.columns {
        let rest = panels + whole * panelStride + row * mr
        for lane in 0..<mr {
          let column = whole * mr + lane
          rest[lane] = column < source.columns ? source.row(row)[column] : 0
        }
      }
    }
  }

  /// panels = source in micro-panels of MR rows, each in groups of 16 columns, (rows / MR, columns
  /// / 16, MR, 16), zero beyond the last row; `panelStride` floats from one micro-panel to the
  /// next.
  static func panelsOfA(
    _ source: MatrixView, into panels: UnsafeMutablePointer<Float>, panelStride: Int
  ) {
    var panel = panels
    for row in stride(from: 0, to: source.rows, by: MicroTile.mr) {
      groups(
        of: source.slice(rows: row..<min(row + MicroTile.mr, source.rows)), into: panel)
      panel += panelStride
    }
  }

  private static func groups(of source: MatrixView, into panel: UnsafeMutablePointer<Float>) {
    let (mr, width) = (MicroTile.mr, MicroTile.groupDepth)
    let stride = source.stride
    let whole = source.columns & ~(width - 1)
    var (from, to) = (source.pointer, panel)
    for _ in 0..<whole / width {
      for row in 0..<source.rows {
        to.store(from.vector(at: row &* stride), at: width &* row)
        to.store(
          from.vector(at: row &* stride &+ vectorWidth), at: width &* row &+ vectorWidth)
      }
      for row in source.rows..<mr {
        to.store(Vector.zero, at: width &* row)
        to.store(Vector.zero, at: width &* row &+ vectorWidth)
      }
      from += width
      to += MicroTile.groupFloats
    }
    for column in whole..<source.columns {
      for row in 0..<mr {
        panel[column / width * MicroTile.groupFloats + row * width + column % width] =
          row < source.rows ? source.row(row)[column] : 0
      }
    }
  }

  /// Up to eight rows of eight floats, zero where there are less, to rows of NR.
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
    target.store(rows.1, at: MicroTile.nr)
    target.store(rows.2, at: 2 &* MicroTile.nr)
    target.store(rows.3, at: 3 &* MicroTile.nr)
    target.store(rows.4, at: 4 &* MicroTile.nr)
    target.store(rows.5, at: 5 &* MicroTile.nr)
    target.store(rows.6, at: 6 &* MicroTile.nr)
    target.store(rows.7, at: 7 &* MicroTile.nr)
  }
}
