// An encoder that sees images whole: what a trained model is used for. Not here: which patches are
// hidden while it is trained.

import Basics
import Kernels
import Tensors

/// The extents of an encoder.
package struct EncoderShape: Hashable, Sendable {
  /// How its images are cut into patches.
  package var grid: PatchGrid
  /// D: values of a token.
  package var width: Int
  /// Blocks.
  package var depth: Int
  /// Attention heads of a block.
  package var heads: Int
  /// Hidden units of a block's MLP.
  package var hiddenWidth: Int

  /// Nothing is checked.
  package init(grid: PatchGrid, width: Int, depth: Int, heads: Int, hiddenWidth: Int) {
    self.grid = grid
    self.width = width
    self.depth = depth
    self.heads = heads
    self.hiddenWidth = hiddenWidth
  }

  /// Tokens of one image: the class token, then the patches row by row.
  package var tokens: Int { 1 + grid.patchCount }
}

/// Tokens of images of which nothing is hidden, up to a number of images at a time.
///
/// Each image is alone in its frame (`FrameBox.alone`), with the embedding of a pair's first
/// image. Results have equal bits for any number of threads of the pool and any batch. Products are
/// those of float32, whatever the encoder was trained with: what others compute from the same
/// parameters.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
package final class ImageEncoder: @unchecked Sendable {
  package let shape: EncoderShape
  /// Images that fit.
  package let capacity: Int
  /// (1 + L, D): what is added to a token for its place; zeros for the class token.
  package let positions: FloatBuffer
  private let pool: ThreadPool
  private let productWorkspace = ProductWorkspace()
  private let workspace: TransformerWorkspace
  private let stack: TransformerStack
  private let classToken: Int
  private let patchEmbedding: LinearParameters
  private let norm: NormParameters
  private let patches: FloatBuffer  // (capacity · (1 + L), P); rows of class tokens are zero
  private let normalised: FloatBuffer  // (capacity · (1 + L), D)
  private let normStatistics: FloatBuffer  // (capacity · (1 + L), 2)

  /// - Parameters:
  ///   - parameters: of a model whose layout this is; read here for the positions, and again by
  ///     each `encode`.
  ///   - layout: of a model with an encoder of this shape.
  /// - Precondition: the layout has the encoder's tensors in its shapes; `capacity` is positive.
  package init(
    shape: EncoderShape, parameters: FloatBuffer, layout: ParameterLayout, capacity: Int,
    pool: ThreadPool
  ) {
    precondition(capacity > 0 && parameters.count == layout.count)
    self.shape = shape
    self.capacity = capacity
    self.pool = pool
    let rows = capacity * shape.tokens
    classToken = layout.required("cls_token").range.lowerBound
    patchEmbedding = LinearParameters("patch_embed", in: layout)
    norm = NormParameters("norm", in: layout)
    stack = TransformerStack(
      blocks: (0..<shape.depth).map { BlockParameters("blocks.\($0)", in: layout) },
      heads: shape.heads, rowCapacity: rows, longestSequence: shape.tokens,
      slots: pool.threadCount, loops: productWorkspace.loops)
    workspace = TransformerWorkspace([(rows, shape.width, shape.hiddenWidth)])
    patches = FloatBuffer(count: rows * shape.grid.patchValues)
    normalised = FloatBuffer(count: rows * shape.width)
    normStatistics = FloatBuffer(count: rows * LayerNorm.statisticsPerRow)
    positions = FloatBuffer(count: shape.tokens * shape.width)
    let image = parameters.pointer + layout.required("img_embed").range.lowerBound
    Self.fillPositions(positions, shape, addend: image)
  }

  private static func fillPositions(
    _ positions: FloatBuffer, _ shape: EncoderShape, addend: UnsafePointer<Float>
  ) {
    let embedding = PositionEmbedding(grid: shape.grid.side, width: shape.width)
    let table = FloatBuffer(count: embedding.tableCount)
    embedding.fillTable(table.pointer, box: .alone)
    positions.pointer.update(repeating: 0, count: shape.width)
    for patch in 0..<shape.grid.patchCount {
      embedding.write(
        positions.pointer + (1 + patch) * shape.width, patch: patch, table: table.pointer,
        addend: addend)
    }
  }

  /// The encoder's output after its last norm.
  /// - Parameters:
  ///   - images: (count, C, H, W), normalised by band; 0 where there is nothing to see.
  ///   - parameters: of the layout that the encoder was made for.
  /// - Returns: (count · (1 + L), D); valid until the next call.
  /// - Precondition: `count` is in 1...capacity.
  package func encode(
    _ images: UnsafePointer<Float>, count: Int, parameters: FloatBuffer
  ) -> MatrixView {
    precondition(count > 0 && count <= capacity)
    let layers = Layers(
      parameters: parameters, pool: pool, workspace: productWorkspace, stopwatch: nil)
    let rows = count * shape.tokens
    stack.begin(starts: (0...count).map { $0 * shape.tokens })
    assembleTokens(images, count: count, layers)
    stack.forward(layers, workspace: workspace)
    let output = MatrixView(normalised, rows: rows, columns: shape.width)
    layers.normalize(stack.output, norm, into: output, statistics: normStatistics.pointer)
    return output
  }

  private func assembleTokens(_ images: UnsafePointer<Float>, count: Int, _ layers: Layers) {
    let grid = shape.grid
    let tokens = stack.input
    let values = MatrixView(patches, rows: tokens.rows, columns: grid.patchValues)
    pool.forEach(count) { index in
      let first = index * shape.tokens
      values.row(first).update(repeating: 0, count: grid.patchValues)
      tokens.row(first).update(from: layers.pointer(classToken), count: shape.width)
      for patch in 0..<grid.patchCount {
        let row = tokens.row(first + 1 + patch)
        grid.copyPatch(
          patch, of: images + index * grid.valueCount, into: values.row(first + 1 + patch))
        row.update(from: positions.pointer + (1 + patch) * shape.width, count: shape.width)
        RowOperations.add(layers.pointer(patchEmbedding.bias), to: row, count: shape.width)
      }
    }
    MatrixProduct.multiply(
      values, patchEmbedding.weights(in: layers.parameters), transposing: .second, into: tokens,
      adding: true, pool: pool, workspace: productWorkspace)
  }
}
