// How the work on images' pixels is shared: bands of rows, small enough for a core's cache, in
// pieces of an image that may be computed at once. Not here: what is computed.

import Basics
import Kernels
import MaskedAutoencoding
import Tensors

/// Some rows of an image, and what whoever computes them may use.
struct ImageBand {
  let image: Int
  let rows: Range<Int>
  /// Of the piece, among all images': where its sums belong.
  let piece: Int
  /// Whether it is the first of its piece.
  let isFirst: Bool
  let memory: BandMemory
}

/// Scratch memory of a thread.
///
/// `@unchecked Sendable`: one band at a time.
final class BandMemory: @unchecked Sendable {
  let workspace = ProductWorkspace()
  /// Windows of the band.
  private let windows: FloatBuffer
  /// Results of the band.
  private let results: FloatBuffer
  private let sums: FloatBuffer

  init(windows: Int, results: Int, sums: Int) {
    self.windows = FloatBuffer(count: windows)
    self.results = FloatBuffer(count: results)
    self.sums = FloatBuffer(count: sums)
  }

  func windows(rows: Int, columns: Int) -> MatrixView {
    MatrixView(windows, rows: rows, columns: columns)
  }

  func results(rows: Int, columns: Int) -> MatrixView {
    MatrixView(results, rows: rows, columns: columns)
  }

  func sums(_ count: Int) -> UnsafeMutablePointer<Float> {
    precondition(count <= sums.count)
    return sums.pointer
  }
}

/// The cut of up to a number of images into bands, and sums over them in one order.
///
/// `@unchecked Sendable`: one job at a time; its parts write disjoint rows.
final class ImageBands: @unchecked Sendable {
  /// Pieces of an image. Part of the bits: partial sums are of pieces.
  private static let piecesPerImage = 4
  /// Floats of a band's windows at most, unless one row has more: half a MiB. Part of the bits,
  /// too: each band's product is added to its piece's sums.
  static let windowFloats = 1 << 17

  private let pool: ThreadPool
  private let windowFloats: Int
  private let memories: [BandMemory]  // one per slot
  private let partialSums: FloatBuffer  // (pieces, the most sums)
  private let totals: FloatBuffer
  /// For products of one thread.
  let serial = ThreadPool(threadCount: 1)
  /// Images in use.
  var count = 0

  init(
    _ configuration: ModelConfiguration, capacity: Int, pool: ThreadPool, windowFloats: Int
  ) {
    self.pool = pool
    self.windowFloats = windowFloats
    let features = configuration.upsamplingFeatures
    let largest = configuration.imageSide << configuration.upsamplings
    // Windows of 3 × 3 pixels (those of 4 × 4 are on half the side), or the pixels of a row of
    // patches.
    let row = max(largest * 9, configuration.imageSide * configuration.patchSide) * features
    let windows = max(windowFloats, row)
    // The most are those of the convolution of 4 × 4, then its biases.
    let sums = 16 * features * features + features
    memories = (0..<pool.threadCount).map { _ in
      BandMemory(windows: windows, results: windows, sums: sums)
    }
    partialSums = FloatBuffer(count: capacity * Self.piecesPerImage * sums)
    totals = FloatBuffer(count: sums)
  }

  /// Calls `body` for every band over the threads of the pool.
  /// - Parameters:
  ///   - rows: of an image.
  ///   - rowFloats: of the windows of one row.
  func forEach(rows: Int, rowFloats: Int, _ body: (ImageBand) -> Void) {
    let bandRows = max(1, windowFloats / rowFloats)
    pool.forEach(
      count * Self.piecesPerImage,
      withSlot: { piece, slot in
        let (image, part) = piece.quotientAndRemainder(dividingBy: Self.piecesPerImage)
        let start = rows * part / Self.piecesPerImage
        let end = rows * (part + 1) / Self.piecesPerImage
        var row = start
        while row < end {
          let next = min(row + bandRows, end)
          body(
            ImageBand(
              image: image, rows: row..<next, piece: piece, isFirst: row == start,
              memory: memories[slot]))
          row = next
        }
        // Images of few rows have empty pieces, whose sums are zero.
        if start == end { clearSums(piece) }
      })
  }

  private func clearSums(_ piece: Int) {
    let most = totals.count
    (partialSums.pointer + piece * most).update(repeating: 0, count: most)
  }

  /// Where the sums of a band's piece are.
  func sums(_ band: ImageBand) -> UnsafeMutablePointer<Float> {
    partialSums.pointer + band.piece * totals.count
  }

  /// Adds a band's gradient of a weight and a bias to its piece's sums: outputᵀ · input, and the
  /// sums of the output's rows behind it.
  func addGradient(
    _ band: ImageBand, output: MatrixView, input: MatrixView, withBias: Bool = true
  ) {
    let sums = sums(band)
    let count = output.columns * input.columns
    let bias = band.memory.sums(output.columns)
    MatrixProduct.multiply(
      output, input, transposing: .first,
      into: MatrixView(sums, rows: output.columns, columns: input.columns),
      adding: !band.isFirst, rowSums: withBias ? bias : nil, pool: serial,
      workspace: band.memory.workspace)
    if withBias { add(bias, count: output.columns, to: band, at: count) }
  }

  /// Adds to a band's piece's sums from a place on.
  func add(
    _ values: UnsafePointer<Float>, count: Int, to band: ImageBand, at place: Int
  ) {
    let target = sums(band) + place
    if band.isFirst {
      target.update(from: values, count: count)
    } else {
      RowOperations.add(values, to: target, count: count)
    }
  }

  /// The sums of all pieces, in their order.
  /// - Returns: `count` sums; valid until the next call.
  func total(_ count: Int) -> UnsafePointer<Float> {
    let pieces = self.count * Self.piecesPerImage
    let sums = MatrixView(
      partialSums.pointer, rows: pieces, columns: count, stride: totals.count)
    ColumnSums.compute(sums, into: totals.pointer, pool: pool)
    return UnsafePointer(totals.pointer)
  }
}
