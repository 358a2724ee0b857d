// Products of narrow layers, over the threads of a pool, without OpenBLAS: it packs both operands for
// each call, which at widths of a few hundred takes a quarter of the time of the multiplications.

import Foundations

/// One product, cut into blocks of c.
///
/// Every element of c is a sum over runs of the depth, each run one chain of fused multiply-adds:
/// its bits follow from its operands alone, not from the blocks or the width of registers.
struct TiledProduct {
  /// Depth of one run: two panels of it stay in a core's first-level cache.
  static let runDepth = 256
  /// Rows of a block when there are enough: a run of them stays in the second-level cache.
  static let blockRows = 240

  let a: MatrixView
  let b: MatrixView
  let c: MatrixView
  let depth: Int
  let transposing: BLAS.Transposition
  let adds: Bool
  let threads: Int
  let room: ProductRoom

  typealias Hook = (_ rows: Range<Int>, _ columns: Range<Int>) -> Void

  private var panelCount: Int { (c.columns + 15) / 16 }
  private var longestRun: Int { min(depth, Self.runDepth) }

  func run(_ pool: ThreadPool, prologue: Hook?, epilogue: Hook?) {
    if transposing == .first {
      runGathering(pool, prologue, epilogue)
    } else {
      runRowByRow(pool, prologue, epilogue)
    }
  }

  /// b is small: packed once for all threads, which take rows of a as they lie.
  private func runRowByRow(_ pool: ThreadPool, _ prologue: Hook?, _ epilogue: Hook?) {
    let rowCuts = cuts(c.rows, step: 6, preferred: Self.blockRows)
    let floats = EdgeRoom.floats(rows: rowCuts.largest, columns: c.columns, depth: longestRun)
    room.reserve(
      panels: panelCount * 16 * depth, slots: pool.threadCount, floatsPerSlot: floats)
    let panels = room.panels.pointer
    forEachPart(of: (panelCount + 3) / 4, pool) { part, _ in
      let columns = part * 64..<min((part + 1) * 64, c.columns)
      let target = panels + part * 64 * depth
      if transposing == .second {
        Packing.transposedPanels(of: b.slice(rows: columns), into: target, panelStride: 16 * depth)
      } else {
        Packing.panels(
          of: b.slice(rows: 0..<depth, columns: columns), into: target, panelStride: 16 * depth)
      }
    }
    forEachPart(of: rowCuts.count, pool) { part, slot in
      let rows = rowCuts.range(part)
      prologue?(rows, 0..<c.columns)
      let result = c.slice(rows: rows)
      let edges = EdgeRoom(room.slot(slot), rows: rows.count, columns: c.columns)
      forEachRun { run in
        edges.multiply(
          a.slice(rows: rows, columns: run), panels + run.lowerBound * 16,
          panelStride: 16 * depth, into: result, adding: adds || run.lowerBound > 0)
      }
      epilogue?(rows, 0..<c.columns)
    }
  }

  /// Both operands are long and c is small: each thread has a part of c and packs what it reads,
  /// run by run.
  private func runGathering(_ pool: ThreadPool, _ prologue: Hook?, _ epilogue: Hook?) {
    let cutsRows = c.rows >= c.columns
    let parts = cuts(max(c.rows, c.columns), step: 48, preferred: Int.max)
    let (rowExtent, columnExtent) =
      cutsRows ? (parts.largest, c.columns) : (c.rows, parts.largest)
    let stripFloats = (rowExtent + 5) / 6 * 6 * longestRun
    let panelFloats = (columnExtent + 15) / 16 * 16 * longestRun
    let floats = EdgeRoom.floats(rows: rowExtent, columns: columnExtent, depth: longestRun)
    room.reserve(
      panels: 0, slots: pool.threadCount, floatsPerSlot: stripFloats + panelFloats + floats + 16)
    forEachPart(of: parts.count, pool) { part, slot in
      let rows = cutsRows ? parts.range(part) : 0..<c.rows
      let columns = cutsRows ? 0..<c.columns : parts.range(part)
      prologue?(rows, columns)
      let panels = room.slot(slot)
      let strips = panels + panelFloats
      let result = c.slice(rows: rows, columns: columns)
      let edges = EdgeRoom(
        strips + (stripFloats + 15) / 16 * 16, rows: rows.count, columns: columns.count)
      forEachRun { run in
        Packing.panels(
          of: b.slice(rows: run, columns: columns), into: panels, panelStride: 16 * run.count)
        Packing.strips(of: a.slice(rows: run, columns: rows), into: strips)
        edges.multiplyStrips(
          strips, panels, depth: run.count, into: result, adding: adds || run.lowerBound > 0)
      }
      epilogue?(rows, columns)
    }
  }

  private func forEachPart(
    of count: Int, _ pool: ThreadPool, _ body: (_ part: Int, _ slot: Int) -> Void
  ) {
    if threads == 1 {
      for part in 0..<count { body(part, 0) }
    } else {
      pool.forEach(count, withSlot: body)
    }
  }

  /// Runs of equal depth, up to rounding; their cut follows from the depth alone. An empty depth is
  /// one empty run.
  private func forEachRun(_ body: (Range<Int>) -> Void) {
    let count = max(1, (depth + Self.runDepth - 1) / Self.runDepth)
    for run in 0..<count { body(depth * run / count..<depth * (run + 1) / count) }
  }

  private func cuts(_ extent: Int, step: Int, preferred: Int) -> EvenCuts {
    let blocks = preferred == Int.max ? 1 : (extent + preferred - 1) / preferred
    let rounded = (blocks + threads - 1) / threads * threads
    return EvenCuts(extent: extent, count: threads == 1 ? blocks : rounded, step: step)
  }
}

/// An extent in parts of about equal size that begin at multiples of a step.
private struct EvenCuts {
  let extent: Int
  let step: Int
  /// Of a part; the last may have less.
  let largest: Int
  let count: Int

  init(extent: Int, count: Int, step: Int) {
    self.extent = extent
    self.step = step
    let share = (extent + max(1, count) - 1) / max(1, count)
    largest = max(step, (share + step - 1) / step * step)
    self.count = (extent + largest - 1) / largest
  }

  func range(_ part: Int) -> Range<Int> { part * largest..<min((part + 1) * largest, extent) }
}

/// What a block needs where its extents are no multiples of a tile's: the rest is computed beside
/// and copied.
private struct EdgeRoom {
  private let columnEdge: UnsafeMutablePointer<Float>  // (rows, 16)
  private let stripResult: UnsafeMutablePointer<Float>  // (6, columns in whole panels)
  private let stripOperand: UnsafeMutablePointer<Float>  // (6, depth)
  private let rows: Int
  private let columns: Int

  static func floats(rows: Int, columns: Int, depth: Int) -> Int {
    (rows + 6) * 16 + 6 * ((columns + 15) / 16 * 16) + 6 * depth
  }

  init(_ memory: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    columnEdge = memory
    stripResult = columnEdge + (rows + 6) * 16
    stripOperand = stripResult + 6 * ((columns + 15) / 16 * 16)
  }

  private var wholeRows: Int { rows / 6 * 6 }
  private var wholePanels: Int { columns / 16 }

  /// c = a · panels, or that added to c; rows of a as they lie.
  func multiply(
    _ a: MatrixView, _ panels: UnsafePointer<Float>, panelStride: Int, into c: MatrixView,
    adding: Bool
  ) {
    let depth = a.columns
    multiplyWholeStrips(
      a.pointer, aRow: a.stride, aDepth: 1, aStrip: 6 * a.stride, panels, panelStride, depth,
      into: c, adding)
    if wholeRows == rows { return }
    for row in 0..<6 {
      let target = stripOperand + row * depth
      if wholeRows + row < rows {
        target.update(from: a.row(wholeRows + row), count: depth)
      } else {
        target.update(repeating: 0, count: depth)
      }
    }
    multiplyLastStrip(
      stripOperand, aRow: depth, aDepth: 1, panels, panelStride, depth, into: c, adding)
  }

  /// The same with a in strips of 6 rows.
  func multiplyStrips(
    _ strips: UnsafePointer<Float>, _ panels: UnsafePointer<Float>, depth: Int, into c: MatrixView,
    adding: Bool
  ) {
    multiplyWholeStrips(
      strips, aRow: 1, aDepth: 6, aStrip: 6 * depth, panels, 16 * depth, depth, into: c, adding)
    if wholeRows == rows { return }
    multiplyLastStrip(
      strips + wholeRows * depth, aRow: 1, aDepth: 6, panels, 16 * depth, depth, into: c, adding)
  }

  private func multiplyWholeStrips(
    _ a: UnsafePointer<Float>, aRow: Int, aDepth: Int, aStrip: Int,
    _ panels: UnsafePointer<Float>, _ panelStride: Int, _ depth: Int, into c: MatrixView,
    _ adding: Bool
  ) {
    if wholeRows == 0 { return }
    TileProduct(
      a: a, aRow: aRow, aDepth: aDepth, aStrip: aStrip, b: panels, bDepth: 16,
      bPanel: panelStride, c: c.pointer, cRow: c.stride, rows: wholeRows, panels: wholePanels,
      depth: depth
    ).multiply(adding: adding)
    if wholePanels * 16 == columns { return }
    TileProduct(
      a: a, aRow: aRow, aDepth: aDepth, aStrip: aStrip, b: panels + wholePanels * panelStride,
      bDepth: 16, bPanel: panelStride, c: columnEdge, cRow: 16, rows: wholeRows, panels: 1,
      depth: depth
    ).multiply()
    merge(columnEdge, stride: 16, into: c, 0..<wholeRows, wholePanels * 16..<columns, adding)
  }

  private func multiplyLastStrip(
    _ a: UnsafePointer<Float>, aRow: Int, aDepth: Int, _ panels: UnsafePointer<Float>,
    _ panelStride: Int, _ depth: Int, into c: MatrixView, _ adding: Bool
  ) {
    let stride = (columns + 15) / 16 * 16
    TileProduct(
      a: a, aRow: aRow, aDepth: aDepth, aStrip: 0, b: panels, bDepth: 16, bPanel: panelStride,
      c: stripResult, cRow: stride, rows: 6, panels: stride / 16, depth: depth
    ).multiply()
    merge(stripResult, stride: stride, into: c, wholeRows..<rows, 0..<columns, adding)
  }

  private func merge(
    _ part: UnsafePointer<Float>, stride: Int, into c: MatrixView, _ rows: Range<Int>,
    _ columns: Range<Int>, _ adding: Bool
  ) {
    for row in rows {
      let from = part + (row - rows.lowerBound) * stride
      let to = c.row(row) + columns.lowerBound
      for column in 0..<columns.count {
        to[column] = adding ? to[column] + from[column] : from[column]
      }
    }
  }
}
