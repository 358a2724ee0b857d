// One product in the order that caches like: blocks of the result, in them runs of the depth, in
// them strips of 12 rows, which stay in a first-level cache while panels of 16 columns pass by.

import Basics

struct BlockedProduct {
  /// Most depth of one run of a sum: part of the definition of a product's bits.
  static let runDepth = 256
  /// Columns that are multiplied at a time: a run of them is 384 KiB, which a second-level cache
  /// holds beside the rows.
  static let columnsAtATime = 384
  /// Floats of the panels that are packed before their product when the depth may be long: 2 MiB, which
  /// the threads' common cache holds; but one run at least.
  private static let mostPanelFloats = 1 << 19
  /// Elements of c up to which panels are worth packing in each block's own cache, if the depth is long.
  private static let mostSelfPacked = 1 << 18

  let a: MatrixView
  let b: MatrixView
  let c: MatrixView
  let depth: Int
  let transposing: MatrixProduct.Transposition
  let adding: Bool
  let rowSums: UnsafeMutablePointer<Float>?
  let finish: ProductFinish
  /// Computes with 512-bit registers.
  let isWide: Bool
  let room: ProductRoom
  /// Nil for products too small to share.
  let pool: ThreadPool?

  private var threads: Int { pool?.threadCount ?? 1 }
  private var panelCount: Int { StripProduct.panels(of: c.columns) }
  private var sumsColumns: Bool { transposing == .first }
  /// Runs of equal depth, up to rounding; their cut follows from the depth alone. An empty depth is
  /// one empty run.
  private var runCount: Int { max(1, (depth + Self.runDepth - 1) / Self.runDepth) }

  func multiply() {
    if sumsColumns && c.rows * c.columns <= Self.mostSelfPacked {
      multiplySelfPacked()
    } else {
      multiplyShared()
    }
  }

  /// The second operand's panels are packed for all threads, all of them or, where the depth may be
  /// long, some runs at a time; then each block of c packs its own rows.
  private func multiplyShared() {
    let blocks = ProductBlocks.shared(rows: c.rows, columns: c.columns, threads: threads)
    let runFloats = panelCount * StripProduct.panelWidth * Self.runDepth
    let runsAtATime =
      sumsColumns ? min(runCount, max(1, Self.mostPanelFloats / max(1, runFloats))) : runCount
    room.reserve(
      panels: runsAtATime * runFloats, slots: threads,
      floatsPerSlot: ProductStrips.floats(rows: blocks.largestRows, columns: Self.columnsAtATime))
    for first in stride(from: 0, to: runCount, by: runsAtATime) {
      let runs = first..<min(first + runsAtATime, runCount)
      pack(runs)
      forEachPart(of: blocks.count) { index, slot in
        let (rows, columns) = blocks.block(index)
        let strips = strips(room.slot(slot), rows: rows.count)
        if runs.lowerBound == 0 { finish.begin(c, rows: rows, columns: columns) }
        for run in runs {
          let depths = depths(of: run)
          let panels = panels(run, in: runs) + columns.lowerBound * depths.count
          add(run, strips, panels, rows: rows, columns: columns)
        }
        if runs.upperBound == runCount { finish.end(c, rows: rows, columns: columns) }
      }
    }
  }

  /// Packs all columns of some runs, run after run.
  private func pack(_ runs: Range<Int>) {
    // Columns of rows are read in long pieces; rows that become columns may be few at a time.
    let columnsPerPart = transposing == .second ? 4 * StripProduct.panelWidth : Self.columnsAtATime
    let parts = (c.columns + columnsPerPart - 1) / columnsPerPart
    forEachPart(of: parts * runs.count) { index, _ in
      let start = index % parts * columnsPerPart
      let columns = start..<min(start + columnsPerPart, c.columns)
      let run = runs.lowerBound + index / parts
      pack(run, columns, into: panels(run, in: runs) + start * depths(of: run).count)
    }
  }

  /// Each block packs both operands, run by run, which then lie in its core's second-level cache.
  private func multiplySelfPacked() {
    let blocks = ProductBlocks.selfPacked(rows: c.rows, columns: c.columns, threads: threads)
    let panelFloats =
      StripProduct.panels(of: blocks.largestColumns) * StripProduct.panelWidth * Self.runDepth
    room.reserve(
      panels: 0, slots: threads,
      floatsPerSlot: panelFloats
        + ProductStrips.floats(rows: blocks.largestRows, columns: Self.columnsAtATime))
    forEachPart(of: blocks.count) { index, slot in
      let (rows, columns) = blocks.block(index)
      let panels = room.slot(slot)
      let strips = strips(panels + panelFloats, rows: rows.count)
      finish.begin(c, rows: rows, columns: columns)
      for run in 0..<runCount {
        pack(run, columns, into: panels)
        add(run, strips, panels, rows: rows, columns: columns)
      }
      finish.end(c, rows: rows, columns: columns)
    }
  }

  private func strips(_ memory: UnsafeMutablePointer<Float>, rows: Int) -> ProductStrips {
    ProductStrips(memory, rows: rows, source: sumsColumns ? .columns : .rows, isWide: isWide)
  }

  /// Packs some columns of one run, from the start of a panel on.
  private func pack(_ run: Int, _ columns: Range<Int>, into panels: UnsafeMutablePointer<Float>) {
    let depths = depths(of: run)
    let panelStride = StripProduct.panelWidth * depths.count
    if transposing == .second {
      Packing.transposedPanels(
        of: b.slice(rows: columns, columns: depths), into: panels, panelStride: panelStride)
    } else {
      Packing.panels(
        of: b.slice(rows: depths, columns: columns), into: panels, panelStride: panelStride)
    }
  }

  /// Adds one run to a block, some columns at a time; the first one overwrites it unless told to add.
  private func add(
    _ run: Int, _ strips: ProductStrips, _ panels: UnsafePointer<Float>, rows: Range<Int>,
    columns: Range<Int>
  ) {
    let depths = depths(of: run)
    strips.fill(
      sumsColumns ? a.slice(rows: depths, columns: rows) : a.slice(rows: rows, columns: depths))
    if let rowSums, columns.lowerBound == 0 {
      strips.sumRows(
        rows.count, depth: depths.count, into: rowSums + rows.lowerBound, adding: run > 0)
    }
    for start in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.columnsAtATime) {
      strips.multiply(
        panels + (start - columns.lowerBound) * depths.count, depth: depths.count,
        into: c.slice(
          rows: rows, columns: start..<min(start + Self.columnsAtATime, columns.upperBound)),
        adding: adding || finish.isAdded || run > 0)
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

  private func depths(of run: Int) -> Range<Int> {
    depth * run / runCount..<depth * (run + 1) / runCount
  }

  /// Where a run's panels begin among those of some runs.
  private func panels(_ run: Int, in runs: Range<Int>) -> UnsafeMutablePointer<Float> {
    let before = depths(of: run).lowerBound - depths(of: runs.lowerBound).lowerBound
    return room.panels.pointer + before * panelCount * StripProduct.panelWidth
  }
}
