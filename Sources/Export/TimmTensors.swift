// The encoder's tensors by timm's names and in timm's order of values. Not here: the file that they
// go into.

import Basics
import Checkpoints
import Tensors
import VisionTransformer

/// The tensors of timm's `VisionTransformer` with a class token and no head.
package struct TimmTensors {
  /// In the order of the file.
  package let tensors: [SafetensorsWriter.Tensor]

  /// - Parameters:
  ///   - parameters: of the whole model, in `layout`.
  ///   - positions: (1 + L, D): what is added to a token for its place.
  /// - Precondition: the layout is that of a model with an encoder of this shape.
  package init(
    parameters: FloatBuffer, layout: ParameterLayout, shape: EncoderShape, positions: FloatBuffer
  ) {
    func tensor(_ name: String, as timmName: String? = nil) -> SafetensorsWriter.Tensor {
      let found = layout.required(name)
      return SafetensorsWriter.Tensor(
        name: timmName ?? name, shape: found.shape, buffer: parameters, range: found.range)
    }
    let grid = shape.grid
    let kernels = Self.kernels(
      of: parameters.pointer + layout.required("patch_embed.weight").range.lowerBound,
      count: shape.width, grid: grid)
    let blocks = (0..<shape.depth).flatMap { index in
      BlockParameters.tensors(
        "blocks.\(index)", width: shape.width, hidden: shape.hiddenWidth
      ).map { tensor($0.name) }
    }
    tensors =
      [
        tensor("cls_token"),
        SafetensorsWriter.Tensor(
          name: "pos_embed", shape: [1, shape.tokens, shape.width], buffer: positions),
        SafetensorsWriter.Tensor(
          name: "patch_embed.proj.weight",
          shape: [shape.width, grid.channels, grid.patchSide, grid.patchSide], buffer: kernels),
        tensor("patch_embed.bias", as: "patch_embed.proj.bias"),
      ] + blocks + [tensor("norm.weight"), tensor("norm.bias")]
  }

  /// Values in all tensors.
  package var parameterCount: Int { tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// From rows of (row, column, channel), as patches are cut here, to convolution kernels of
  /// (channel, row, column).
  private static func kernels(
    of weights: UnsafePointer<Float>, count: Int, grid: PatchGrid
  ) -> FloatBuffer {
    let result = FloatBuffer(count: count * grid.patchValues)
    let places = grid.patchSide * grid.patchSide
    for output in 0..<count {
      let source = weights + output * grid.patchValues
      let target = result.pointer + output * grid.patchValues
      for place in 0..<places {
        for channel in 0..<grid.channels {
          target[channel * places + place] = source[place * grid.channels + channel]
        }
      }
    }
    return result
  }
}
