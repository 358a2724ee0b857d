// The innermost loops of products, softmax and GELU for one width of registers: a table that is
// chosen once. The widths give the same bits. Those of products of bfloat16 are in
// `InnerLoops+BFloat16.swift`.

import CProcessor
import WideKernels

/// Where arithmetic, and not memory, takes the time.
package final class InnerLoops: Sendable {
  /// c (MR, NR · panels) = a · b, or c + a · b when `adding`; `aDepth` is the distance of depths in
  /// a micro-panel of A that lies depth by depth.
  package typealias DepthMajorProduct =
    @Sendable (
      _ a: UnsafePointer<Float>, _ aDepth: Int, _ b: UnsafePointer<Float>, _ panels: Int,
      _ panelStride: Int, _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int,
      _ adding: Bool
    ) -> Void
  /// The same for a micro-panel of A in groups of depths.
  package typealias GroupedProduct =
    @Sendable (
      _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ panels: Int, _ panelStride: Int,
      _ c: UnsafeMutablePointer<Float>, _ cRow: Int, _ depth: Int, _ adding: Bool
    ) -> Void
  /// `RowFunctions.exponentials`.
  package typealias Exponentials =
    @Sendable (
      _ scores: UnsafePointer<Float>, _ stride: Int, _ count: Int,
      _ groups: UnsafeMutablePointer<Float>, _ statistics: UnsafeMutablePointer<Float>
    ) -> Void
  /// `RowFunctions.softmaxGradient`.
  package typealias SoftmaxGradient =
    @Sendable (
      _ scores: UnsafeMutablePointer<Float>, _ weightGradient: UnsafeMutablePointer<Float>,
      _ count: Int, _ largest: Float, _ reciprocal: Float, _ product: Float,
      _ groups: UnsafeMutablePointer<Float>
    ) -> Void
  /// `RowFunctions.gelu`.
  package typealias GELUForward =
    @Sendable (
      _ hidden: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>,
      _ activation: UnsafeMutablePointer<Float>, _ count: Int
    ) -> Void
  /// `RowFunctions.geluGradient`.
  package typealias GELUGradient =
    @Sendable (
      _ hidden: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
      _ activation: UnsafeMutablePointer<Float>, _ count: Int
    ) -> Void

  /// What products read.
  let form: PackedForm
  let multiplyGrouped: GroupedProduct
  let multiplyDepthMajor: DepthMajorProduct
  /// The weights of softmax but for the reciprocal of their sum.
  package let exponentials: Exponentials
  /// The gradient of scores, and the weights of softmax once more.
  package let softmaxGradient: SoftmaxGradient
  /// A bias added, and GELU of that.
  package let gelu: GELUForward
  /// The gradient through GELU, and GELU once more.
  package let geluGradient: GELUGradient

  private init(
    multiplyGrouped: @escaping GroupedProduct, multiplyDepthMajor: @escaping DepthMajorProduct,
    exponentials: @escaping Exponentials, softmaxGradient: @escaping SoftmaxGradient,
    gelu: @escaping GELUForward, geluGradient: @escaping GELUGradient
  ) {
    form = .floats
    self.multiplyGrouped = multiplyGrouped
    self.multiplyDepthMajor = multiplyDepthMajor
    self.exponentials = exponentials
    self.softmaxGradient = softmaxGradient
    self.gelu = gelu
    self.geluGradient = geluGradient
  }

  /// The same but for products, which read operands in another form.
  init(
    _ other: InnerLoops, form: PackedForm, multiplyGrouped: @escaping GroupedProduct,
    multiplyDepthMajor: @escaping DepthMajorProduct
  ) {
    self.form = form
    self.multiplyGrouped = multiplyGrouped
    self.multiplyDepthMajor = multiplyDepthMajor
    (exponentials, softmaxGradient) = (other.exponentials, other.softmaxGradient)
    (gelu, geluGradient) = (other.gelu, other.geluGradient)
  }

  /// For 256-bit registers, which every x86-64-v3 machine has.
  package static let narrow = InnerLoops(
    multiplyGrouped: multiplyNarrow(grouped:_:_:_:_:_:_:_:),
    multiplyDepthMajor: multiplyNarrow(depthMajor:_:_:_:_:_:_:_:_:),
    exponentials: RowFunctions.exponentials(_:stride:count:groups:statistics:),
    softmaxGradient:
      RowFunctions.softmaxGradient(
        scores:weightGradient:count:largest:reciprocal:product:groups:),
    gelu: RowFunctions.gelu(hidden:bias:activation:count:),
    geluGradient: RowFunctions.geluGradient(hidden:gradient:activation:count:))

  /// For 512-bit registers; nil on a machine without them and what belongs to them (x86-64-v4).
  package static let wide: InnerLoops? =
    processor_has_512_bit_registers()
    ? InnerLoops(
      multiplyGrouped: multiplyWide(grouped:_:_:_:_:_:_:_:),
      multiplyDepthMajor: multiplyWide(depthMajor:_:_:_:_:_:_:_:_:),
      exponentials: WideKernels.RowFunctions.exponentials(_:stride:count:groups:statistics:),
      softmaxGradient:
        WideKernels.RowFunctions.softmaxGradient(
          scores:weightGradient:count:largest:reciprocal:product:groups:),
      gelu: WideKernels.RowFunctions.gelu(hidden:bias:activation:count:),
      geluGradient: WideKernels.RowFunctions.geluGradient(hidden:gradient:activation:count:))
    : nil

  /// The widest that this machine has.
  package static let ofThisMachine = wide ?? narrow
}
