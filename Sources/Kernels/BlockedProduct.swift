// The loops around the macro-kernel: blocks of the result, which threads share, and in them slices
// of the depth. It packs the panels of B; the macro-kernel packs the rows of A.

import Basics

/// One product c = op(a) · op(b), or that added to c.
struct BlockedProduct {
  /// Floats of the panels of B that are packed before their product when the depth may be long: 2
  /// MiB, which the threads' common cache holds; but one slice at least.
  private static let mostPanelFloats = 1 << 19
  /// Elements of c up to which panels are worth packing in each block's own cache, if the depth is
  /// long.
  private static let mostSelfPacked = 1 << 18

  let a: MatrixView
  let b: MatrixView
  let c: MatrixView
  let depth: Int
  let transposing: MatrixProduct.Transposition
  let adding: Bool
  let rowSums: UnsafeMutablePointer<Float>?
  let finish: ProductFinish
  let workspace: ProductWorkspace
  /// Nil for products too small to share.
  let pool: ThreadPool?

  private var threads: Int { pool?.threadCount ?? 1 }
  private var panelCount: Int { MicroPanelProduct.panelsOfB(columns: c.columns) }
  private var sumsColumns: Bool { transposing == .first }
  private var form: PackedForm { workspace.loops.form }
  /// Slices of equal depth, up to rounding; their cut follows from the depth alone. An empty depth
  /// is one empty slice.
  private var sliceCount: Int { max(1, (depth + CacheBlocking.kc - 1) / CacheBlocking.kc) }

  func multiply() {
    if sumsColumns && c.rows * c.columns <= Self.mostSelfPacked {
      multiplySelfPacked()
    } else {
      multiplyShared()
    }
  }

  /// The panels of B are packed for all threads, all of them or, where the depth may be long, some
  /// slices at a time; then each block of c packs its own rows.
  private func multiplyShared() {
    let blocks = ProductBlocks.shared(rows: c.rows, columns: c.columns, threads: threads)
    let sliceFloats = panelCount * MicroTile.nr * form.places(depth: CacheBlocking.kc)
    let slicesAtATime =
      sumsColumns
      ? min(sliceCount, max(1, Self.mostPanelFloats / max(1, sliceFloats))) : sliceCount
    workspace.reserve(
      panels: slicesAtATime * sliceFloats, slots: threads,
      floatsPerSlot: MacroKernel.floats(rows: blocks.largestRows, columns: CacheBlocking.nc))
    for first in stride(from: 0, to: sliceCount, by: slicesAtATime) {
      let slices = first..<min(first + slicesAtATime, sliceCount)
      pack(slices)
      forEachPart(of: blocks.count) { index, slot in
        let (rows, columns) = blocks.block(index)
        let kernel = macroKernel(workspace.slot(slot), rows: rows.count)
        if slices.lowerBound == 0 { finish.begin(c, rows: rows, columns: columns) }
        for slice in slices {
          let panels = panels(slice, in: slices) + columns.lowerBound * places(of: slice)
          add(slice, kernel, panels, rows: rows, columns: columns)
        }
        if slices.upperBound == sliceCount {
          finish.end(c, rows: rows, columns: columns, loops: workspace.loops)
        }
      }
    }
  }

  /// Packs all columns of some slices, slice after slice.
  private func pack(_ slices: Range<Int>) {
    // Columns of rows are read in long pieces; rows that become columns may be few at a time.
    let columnsPerPart = transposing == .second ? 4 * MicroTile.nr : CacheBlocking.nc
    let parts = (c.columns + columnsPerPart - 1) / columnsPerPart
    forEachPart(of: parts * slices.count) { index, _ in
      let start = index % parts * columnsPerPart
      let columns = start..<min(start + columnsPerPart, c.columns)
      let slice = slices.lowerBound + index / parts
      pack(slice, columns, into: panels(slice, in: slices) + start * places(of: slice))
    }
  }

  /// Each block packs both operands, slice by slice, which then lie in its core's second-level
  /// cache.
  private func multiplySelfPacked() {
    let blocks = ProductBlocks.selfPacked(rows: c.rows, columns: c.columns, threads: threads)
    let panelFloats =
      MicroPanelProduct.panelsOfB(columns: blocks.largestColumns) * MicroTile.nr
      * form.places(depth: CacheBlocking.kc)
    workspace.reserve(
      panels: 0, slots: threads,
      floatsPerSlot: panelFloats
        + MacroKernel.floats(rows: blocks.largestRows, columns: CacheBlocking.nc))
    forEachPart(of: blocks.count) { index, slot in
      let (rows, columns) = blocks.block(index)
      let panels = workspace.slot(slot)
      let kernel = macroKernel(panels + panelFloats, rows: rows.count)
      finish.begin(c, rows: rows, columns: columns)
      for slice in 0..<sliceCount {
        pack(slice, columns, into: panels)
        add(slice, kernel, panels, rows: rows, columns: columns)
      }
      finish.end(c, rows: rows, columns: columns, loops: workspace.loops)
    }
  }

  private func macroKernel(_ memory: UnsafeMutablePointer<Float>, rows: Int) -> MacroKernel {
    MacroKernel(
      memory, rows: rows, source: sumsColumns ? .columns : .rows, loops: workspace.loops)
  }

  /// Packs some columns of one slice, from the start of a panel on.
  private func pack(_ slice: Int, _ columns: Range<Int>, into panels: UnsafeMutablePointer<Float>) {
    let depths = depths(of: slice)
    let panelStride = MicroTile.nr * places(of: slice)
    if transposing == .second {
      form.transposedPanelsOfB(
        b.slice(rows: columns, columns: depths), into: panels, panelStride: panelStride)
    } else {
      form.panelsOfB(
        b.slice(rows: depths, columns: columns), into: panels, panelStride: panelStride)
    }
  }

  /// Adds one slice to a block, NC columns at a time; the first one overwrites it unless told to
  /// add.
  private func add(
    _ slice: Int, _ kernel: MacroKernel, _ panels: UnsafePointer<Float>, rows: Range<Int>,
    columns: Range<Int>
  ) {
    let (depths, places) = (depths(of: slice), places(of: slice))
    let a =
      sumsColumns ? a.slice(rows: depths, columns: rows) : a.slice(rows: rows, columns: depths)
    kernel.pack(a)
    if let rowSums, columns.lowerBound == 0 {
      kernel.sumRows(a, into: rowSums + rows.lowerBound, adding: slice > 0)
    }
    for start in stride(from: columns.lowerBound, to: columns.upperBound, by: CacheBlocking.nc) {
      kernel.multiply(
        panels + (start - columns.lowerBound) * places, places: places,
        into: c.slice(
          rows: rows, columns: start..<min(start + CacheBlocking.nc, columns.upperBound)),
        adding: adding || finish.isAdded || slice > 0)
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

  private func depths(of slice: Int) -> Range<Int> { start(of: slice)..<start(of: slice + 1) }

  /// Pairs of depths that the form keeps together are cut as one.
  private func start(of slice: Int) -> Int {
    let step = form.depthsTogether
    return min(depth, (depth + step - 1) / step * slice / sliceCount * step)
  }

  private func places(of slice: Int) -> Int { form.places(depth: depths(of: slice).count) }

  /// Where a slice's panels begin among those of some slices.
  private func panels(_ slice: Int, in slices: Range<Int>) -> UnsafeMutablePointer<Float> {
    let before = form.places(depth: start(of: slice) - start(of: slices.lowerBound))
    return workspace.panels.pointer + before * panelCount * MicroTile.nr
  }
}
