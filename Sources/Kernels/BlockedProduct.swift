// One product in the order that caches like: blocks of the result, in them runs of the depth, in
// them strips of 12 rows, which stay in a first-level cache while panels of 16 columns pass by.

import Foundations

struct BlockedProduct {
  /// Most depth of one run of a sum: part of the definition of a product's bits.
  static let runDepth = 256
  /// Columns that are multiplied at a time: a run of them is 384 KiB, which a second-level cache
  /// holds beside the rows.
  static let columnsAtATime = 384
  /// Extents of a block when the second operand is packed for all threads, and when each block packs
  /// what it reads.
  static let (sharedRows, sharedColumns) = (144, 1152)
  static let (columnwiseRows, columnwiseColumns) = (384, 768)

  let a: MatrixView
  let b: MatrixView
  let c: MatrixView
  let depth: Int
  let transposing: MatrixProduct.Transposition
  let adding: Bool
  let rowSums: UnsafeMutablePointer<Float>?
  /// Computes with 512-bit registers.
  let isWide: Bool
  let room: ProductRoom
  /// Nil for products too small to share.
  let pool: ThreadPool?
  let prologue: MatrixProduct.BlockHook?
  let epilogue: MatrixProduct.BlockHook?

  private var threads: Int { pool?.threadCount ?? 1 }
  private var panelCount: Int { StripProduct.panels(of: c.columns) }

  /// c = a · op(b): b is packed once for all threads.
  func multiplyRows() {
    let blocks = ProductBlocks(
      rows: c.rows, columns: c.columns, preferredRows: Self.sharedRows,
      preferredColumns: Self.sharedColumns, packsColumns: false, threads: threads)
    room.reserve(
      panels: panelCount * StripProduct.panelWidth * depth, slots: threads,
      floatsPerSlot: ProductStrips.floats(rows: blocks.largestRows, columns: Self.columnsAtATime))
    packShared()
    forEachPart(of: blocks.count) { part, slot in
      let (rows, columns) = blocks.block(part)
      prologue?(rows, columns)
      let strips = ProductStrips(room.slot(slot), rows: rows.count, source: .rows, isWide: isWide)
      forEachRun { run in
        strips.fill(a.slice(rows: rows, columns: run))
        multiply(
          strips, sharedPanels(run) + columns.lowerBound * run.count, run,
          into: c.slice(rows: rows, columns: columns))
      }
      epilogue?(rows, columns)
    }
  }

  /// Panels of all columns, run after run: those of a run begin at `sharedPanels`.
  private func packShared() {
    let panelsPerPart = 4
    forEachPart(of: (panelCount + panelsPerPart - 1) / panelsPerPart) { part, _ in
      let start = part * panelsPerPart * StripProduct.panelWidth
      let columns = start..<min(start + panelsPerPart * StripProduct.panelWidth, c.columns)
      forEachRun { run in
        let target = sharedPanels(run) + start * run.count
        if transposing == .second {
          Packing.transposedPanels(
            of: b.slice(rows: columns, columns: run), into: target,
            panelStride: StripProduct.panelWidth * run.count)
        } else {
          Packing.panels(
            of: b.slice(rows: run, columns: columns), into: target,
            panelStride: StripProduct.panelWidth * run.count)
        }
      }
    }
  }

  private func sharedPanels(_ run: Range<Int>) -> UnsafeMutablePointer<Float> {
    room.panels.pointer + run.lowerBound * panelCount * StripProduct.panelWidth
  }

  /// c = aᵀ · b: the depth is long and c small, so each block packs what it reads, run by run.
  func multiplyColumns() {
    let blocks = ProductBlocks(
      rows: c.rows, columns: c.columns, preferredRows: Self.columnwiseRows,
      preferredColumns: Self.columnwiseColumns, packsColumns: true, threads: threads)
    let panelFloats =
      StripProduct.panels(of: blocks.largestColumns) * StripProduct.panelWidth * Self.runDepth
    room.reserve(
      panels: 0, slots: threads,
      floatsPerSlot: panelFloats
        + ProductStrips.floats(rows: blocks.largestRows, columns: Self.columnsAtATime))
    forEachPart(of: blocks.count) { part, slot in
      let (rows, columns) = blocks.block(part)
      prologue?(rows, columns)
      let panels = room.slot(slot)
      let strips = ProductStrips(
        panels + panelFloats, rows: rows.count, source: .columns, isWide: isWide)
      forEachRun { run in
        Packing.panels(
          of: b.slice(rows: run, columns: columns), into: panels,
          panelStride: StripProduct.panelWidth * run.count)
        strips.fill(a.slice(rows: run, columns: rows))
        if let rowSums, columns.lowerBound == 0 {
          strips.sumRows(
            rows.count, depth: run.count, into: rowSums + rows.lowerBound,
            adding: run.lowerBound > 0)
        }
        multiply(strips, panels, run, into: c.slice(rows: rows, columns: columns))
      }
      epilogue?(rows, columns)
    }
  }

  /// Adds one run to a block, some columns at a time.
  private func multiply(
    _ strips: ProductStrips, _ panels: UnsafePointer<Float>, _ run: Range<Int>,
    into block: MatrixView
  ) {
    var column = 0
    while column < block.columns {
      let columns = column..<min(column + Self.columnsAtATime, block.columns)
      strips.multiply(
        panels + column * run.count, depth: run.count,
        into: block.slice(rows: 0..<block.rows, columns: columns),
        adding: adding || run.lowerBound > 0)
      column = columns.upperBound
    }
  }

  @inline(__always)
  private func forEachPart(of count: Int, _ body: (_ part: Int, _ slot: Int) -> Void) {
    if let pool {
      pool.forEach(count, withSlot: body)
    } else {
      for part in 0..<count { body(part, 0) }
    }
  }

  /// Runs of equal depth, up to rounding; their cut follows from the depth alone. An empty depth is
  /// one empty run.
  @inline(__always)
  private func forEachRun(_ body: (Range<Int>) -> Void) {
    let count = max(1, (depth + Self.runDepth - 1) / Self.runDepth)
    for run in 0..<count { body(depth * run / count..<depth * (run + 1) / count) }
  }
}
