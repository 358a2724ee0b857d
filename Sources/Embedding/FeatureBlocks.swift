// How a map is cut into blocks that are computed one after another. A block is made when it is
// asked for: a map may have millions. Pure.

/// Some patches of a map that are computed together: every patch lies in one block.
package struct FeatureBlock: Sendable {
  /// Its place among the blocks, which are numbered row by row.
  package let number: Int
  /// Rows of patches.
  package let rows: Range<Int>
  /// Columns of patches.
  package let columns: Range<Int>
  /// Crops along each axis that contribute to its patches.
  let rowCrops: [AxisCrop]
  let columnCrops: [AxisCrop]

  /// Patches.
  package var count: Int { rows.count * columns.count }

  /// The place of a patch of the map among those of the block, row by row.
  package func index(row: Int, column: Int) -> Int {
    (row - rows.lowerBound) * columns.count + column - columns.lowerBound
  }
}

/// The blocks of a map, row by row.
package struct FeatureBlocks: RandomAccessCollection, Sendable {
  /// Patches of the map.
  private let width: Int
  private let height: Int
  /// Patches along a side of a block; those at the right and at the lower end have what is left.
  private let blockSide: Int
  private let cropSide: Int
  private let seams: CropSeams

  package init(width: Int, height: Int, blockSide: Int, cropSide: Int, seams: CropSeams) {
    precondition(width > 0 && height > 0 && blockSide > 0)
    self.width = width
    self.height = height
    self.blockSide = blockSide
    self.cropSide = cropSide
    self.seams = seams
  }

  private var perRow: Int { (width + blockSide - 1) / blockSide }

  package var startIndex: Int { 0 }
  package var endIndex: Int { (height + blockSide - 1) / blockSide * perRow }

  package subscript(number: Int) -> FeatureBlock {
    precondition(indices.contains(number))
    let rows = range(number / perRow, of: height)
    let columns = range(number % perRow, of: width)
    return FeatureBlock(
      number: number, rows: rows, columns: columns,
      rowCrops: CropPlan.crops(for: rows, length: height, side: cropSide, seams),
      columnCrops: CropPlan.crops(for: columns, length: width, side: cropSide, seams))
  }

  private func range(_ part: Int, of length: Int) -> Range<Int> {
    part * blockSide..<Swift.min((part + 1) * blockSide, length)
  }

  /// Patches of the first blocks.
  package func patches(ofFirst blocks: Int) -> Int {
    let (rows, rest) = blocks.quotientAndRemainder(dividingBy: perRow)
    let whole = Swift.min(rows * blockSide, height)
    let next = Swift.min(whole + blockSide, height) - whole
    return whole * width + next * Swift.min(rest * blockSide, width)
  }

  /// The blocks that hold any of some patches, in their order; patches beyond the map are in none.
  package func touching(_ patches: [(column: Int, row: Int)]) -> [FeatureBlock] {
    let inside = patches.filter { (0..<width).contains($0.column) && (0..<height).contains($0.row) }
    return Set(inside.map { $0.row / blockSide * perRow + $0.column / blockSide }).sorted()
      .map { self[$0] }
  }
}
