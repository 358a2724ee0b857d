// The extents of a masked autoencoder and the tensors that follow from them.

import Basics
import Tensors
import VisionTransformer

/// What a model is: every extent that its parameters' shapes depend on, its kind of target, and
/// what its products are computed with.
public struct ModelConfiguration: Hashable, Sendable, Codable {
  /// Pixels along one side of an image.
  public var imageSide: Int
  /// Pixels along one side of a patch.
  public var patchSide: Int
  /// Bands of an image.
  public var channels: Int
  /// D: values of an encoder's token.
  public var width: Int
  /// Blocks of the encoder.
  public var depth: Int
  /// Attention heads of an encoder's block.
  public var heads: Int
  /// E: values of a decoder's token.
  public var decoderWidth: Int
  /// Blocks of the decoder.
  public var decoderDepth: Int
  /// Attention heads of a decoder's block.
  public var decoderHeads: Int
  /// Hidden units of an MLP over its block's width.
  public var mlpRatio: Double
  /// Whether targets are standardised patch by patch.
  public var normalizesPatches: Bool
  /// How many times convolutions double the side of a prediction: 0 unless the objective is
  /// SatMAE++.
  public var upsamplings: Int {
    get { storedUpsamplings ?? 0 }
    set { storedUpsamplings = newValue == 0 ? nil : newValue }
  }
  /// Models without any are told as they were before there were models with.
  private var storedUpsamplings: Int?
  /// What linear layers and attention multiply.
  public var arithmetic: ProductArithmetic {
    get { storedArithmetic ?? .float32 }
    set { storedArithmetic = newValue == .float32 ? nil : newValue }
  }
  /// As with `storedUpsamplings`.
  private var storedArithmetic: ProductArithmetic?

  private enum CodingKeys: String, CodingKey {
    case imageSide, patchSide, channels, width, depth, heads, decoderWidth, decoderDepth
    case decoderHeads, mlpRatio, normalizesPatches
    case storedUpsamplings = "upsamplings"
    case storedArithmetic = "arithmetic"
  }

  /// Nothing is checked; see `validate`.
  public init(
    imageSide: Int, patchSide: Int, channels: Int, width: Int, depth: Int, heads: Int,
    decoderWidth: Int, decoderDepth: Int, decoderHeads: Int, mlpRatio: Double = 4,
    normalizesPatches: Bool = true
  ) {
    self.imageSide = imageSide
    self.patchSide = patchSide
    self.channels = channels
    self.width = width
    self.depth = depth
    self.heads = heads
    self.decoderWidth = decoderWidth
    self.decoderDepth = decoderDepth
    self.decoderHeads = decoderHeads
    self.mlpRatio = mlpRatio
    self.normalizesPatches = normalizesPatches
  }

  /// Images in a pair.
  public static let imagesPerPair = 2

  /// How an image is cut into patches.
  public var patchGrid: PatchGrid {
    PatchGrid(imageSide: imageSide, patchSide: patchSide, channels: channels)
  }
  /// L: patches of one image.
  public var patchesPerImage: Int { patchGrid.patchCount }
  /// H · W.
  public var pixelsPerImage: Int { patchGrid.pixelCount }
  /// C · H · W.
  public var valuesPerImage: Int { patchGrid.valueCount }
  /// P: values of one patch, ordered (row, column, channel).
  public var patchValues: Int { patchGrid.patchValues }
  /// Hidden units of the MLP of an encoder's block.
  public var hiddenWidth: Int { Int(Double(width) * mlpRatio) }
  /// Hidden units of the MLP of a decoder's block.
  public var decoderHiddenWidth: Int { Int(Double(decoderWidth) * mlpRatio) }
}

/// The sizes that have names.
public enum ModelPreset: String, CaseIterable, Sendable, Codable {
  /// Fits a laptop: 96-pixel images in patches of 8.
  case tiny
  /// 128-pixel images in patches of 16.
  case small
  /// ViT-B of the paper: 224-pixel images in patches of 16.
  case base
  /// ViT-L of the paper.
  case large

  /// The extents of a size, for images of so many bands.
  public func configuration(channels: Int) -> ModelConfiguration {
    switch self {
    case .tiny:
      ModelConfiguration(
        imageSide: 96, patchSide: 8, channels: channels, width: 192, depth: 6, heads: 6,
        decoderWidth: 128, decoderDepth: 2, decoderHeads: 4)
    case .small:
      ModelConfiguration(
        imageSide: 128, patchSide: 16, channels: channels, width: 384, depth: 12, heads: 6,
        decoderWidth: 256, decoderDepth: 4, decoderHeads: 8)
    case .base:
      ModelConfiguration(
        imageSide: 224, patchSide: 16, channels: channels, width: 768, depth: 12, heads: 12,
        decoderWidth: 512, decoderDepth: 8, decoderHeads: 16)
    case .large:
      ModelConfiguration(
        imageSide: 224, patchSide: 16, channels: channels, width: 1024, depth: 24, heads: 16,
        decoderWidth: 512, decoderDepth: 8, decoderHeads: 16)
    }
  }
}

/// Why a configuration does not describe a model.
public struct ModelConfigurationError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, with the value that was found and what is allowed.
  public let description: String
}

extension ModelConfiguration {
  /// Largest extents accepted, far above `large`; they bound what a peer or a file can make us
  /// allocate.
  public static let limits = (
    imageSide: 4096, channels: 1024, width: 16_384, depth: 256, upsamplings: 2
  )

  /// Checks what a file or a peer says before anything is allocated.
  /// - Throws: the first extent that is not possible.
  public func validate() throws(ModelConfigurationError) {
    func require(_ condition: Bool, _ message: String) throws(ModelConfigurationError) {
      if !condition { throw ModelConfigurationError(description: message) }
    }
    let limits = Self.limits
    try require(
      (1...limits.imageSide).contains(imageSide) && patchSide > 0 && imageSide % patchSide == 0,
      "image side \(imageSide) must be a multiple of patch side \(patchSide), at most \(limits.imageSide)"
    )
    try require(
      (1...limits.channels).contains(channels),
      "channels \(channels) must be between 1 and \(limits.channels)")
    for (name, width, depth, heads) in [
      ("encoder", width, depth, heads), ("decoder", decoderWidth, decoderDepth, decoderHeads),
    ] {
      try require(
        (8...limits.width).contains(width) && width % 8 == 0 && heads > 0 && width % heads == 0,
        "\(name) width \(width) must be a multiple of 8 and of its \(heads) heads, at most \(limits.width)"
      )
      try require(
        (1...limits.depth).contains(depth),
        "\(name) depth \(depth) must be between 1 and \(limits.depth)")
    }
    try require(
      (0...limits.upsamplings).contains(upsamplings)
        && imageSide << upsamplings <= limits.imageSide,
      "upsamplings \(upsamplings) must be at most \(limits.upsamplings), and double an image side of "
        + "\(imageSide) to at most \(limits.imageSide)")
    try require(
      mlpRatio >= 0.125 && mlpRatio <= 16, "mlpRatio \(mlpRatio) must be between 0.125 and 16")
  }

  /// Every trainable tensor by its PyTorch name, in the order of `parameter_shapes` of the oracle.
  public var parameterLayout: ParameterLayout {
    var tensors: [ParameterLayout.Entry] = [
      ("cls_token", [1, 1, width], .token),
      ("mask_token", [1, 1, decoderWidth], .token),
      ("img_embed", [1, Self.imagesPerPair, width], .token),
      ("decoder_img_embed", [1, Self.imagesPerPair, decoderWidth], .token),
    ]
    tensors += LinearParameters.tensors(
      "patch_embed", outputs: width, inputs: patchValues)
    for i in 0..<depth {
      tensors += BlockParameters.tensors("blocks.\(i)", width: width, hidden: hiddenWidth)
    }
    tensors += NormParameters.tensors("norm", width: width)
    tensors += LinearParameters.tensors("decoder_embed", outputs: decoderWidth, inputs: width)
    for i in 0..<decoderDepth {
      tensors += BlockParameters.tensors(
        "decoder_blocks.\(i)", width: decoderWidth, hidden: decoderHiddenWidth)
    }
    tensors += NormParameters.tensors("decoder_norm", width: decoderWidth)
    tensors += LinearParameters.tensors(
      "decoder_pred", outputs: patchValues, inputs: decoderWidth)
    return ParameterLayout(tensors + upsamplingTensors, uniformBounds: uniformBounds)
  }
}
