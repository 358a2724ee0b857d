// What a run may begin with: tensors of a run, a checkpoint, an export or a timm ViT, by this
// model's names. Not here: which of them fit.

import Basics
import Checkpoints
import Configuration
import Foundation
import MaskedAutoencoding
import Observability
import VisionTransformer

/// Tensors from a file, all float32, in this model's order of values.
struct StartingFile {
  struct Tensor {
    let shape: [Int]
    let values: [Float]
  }

  /// The file of tensors.
  let path: String
  private(set) var tensors: [String: Tensor] = [:]
  /// In the order of the channels; nil where the file does not name them.
  let bands: [String]?
  /// What the file says of its model; nil where it says nothing.
  let model: ModelConfiguration?
  /// Pixels along a patch; nil where the file does not say.
  private(set) var patchSide: Int?
  /// Whether it has positions of its own, which are calculated here.
  private(set) var hasPositions = false

  /// - Parameters:
  ///   - place: a run, a checkpoint, an exported folder or a safetensors file.
  ///   - model: whose positions a timm ViT's are compared with.
  /// - Throws: `RunError` where there is none of them, or where an encoder's tensor is no float32
  ///   or holds what is not finite; what reading throws.
  init(_ place: String, for model: ModelConfiguration) throws {
    path = try Self.file(of: place)
    let file = try SafetensorsFile(path)
    // Others may use these names for what is not ours.
    bands = Self.decoded([InputBand].self, file.metadata["bands"])?.map(\.name)
    self.model = Self.decoded(ModelConfiguration.self, file.metadata["model"])
    patchSide = self.model?.patchSide
    for tensor in file.tensors {
      guard tensor.type == .float32 else {
        if Self.isOfEncoder(tensor.name) { throw Self.wrongType(tensor, path) }
        continue
      }
      let values = try file.values(of: tensor.name, as: Float.self)
      if let index = values.firstIndex(where: { !$0.isFinite }) {
        throw RunError(
          description: "\(path.visible): value \(index) of \(tensor.name.visible) is "
            + "\(values[index]); a run begins with finite numbers")
      }
      tensors[tensor.name] = Tensor(shape: tensor.shape, values: values)
    }
    try translateFromTimm(model)
  }

  /// Whether a name is one of an encoder's, here or in timm's.
  static func isOfEncoder(_ name: String) -> Bool {
    ["cls_token", "img_embed", "patch_embed.", "blocks.", "norm."].contains(where: name.hasPrefix)
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ text: String?) -> Value? {
    text.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
  }

  private static func wrongType(_ tensor: SafetensorsTensor, _ path: String) -> RunError {
    RunError(
      description: "\(path.visible): \(tensor.name.visible) is of type \(tensor.type.rawValue), "
        + "and a run begins with \(SafetensorsType.float32.rawValue): save the model after "
        + ".float() in PyTorch")
  }

  private static func file(of place: String) throws -> String {
    let run = RunFolder(place)
    if run.holdsRun {
      guard let newest = try CheckpointStore(reading: run.checkpoints).newestValid().checkpoint
      else {
        throw RunError(
          description: "model.initialFrom names run \(place.visible), which has no whole "
            + "checkpoint yet; let it write one, or name another")
      }
      return newest.path(of: .parameters)
    }
    if !Files.isFolder(place) { return place }
    // An export that has the whole model has it there, with the names of its bands.
    let candidates = [
      CheckpointFile.parameters.rawValue, "pretraining/model.safetensors", "model.safetensors",
    ]
    guard let name = candidates.first(where: { Files.exists(place + "/" + $0) }) else {
      throw RunError(
        description: "model.initialFrom names \(place.visible), a folder without "
          + "\(candidates[0]) or \(candidates[2]): name a run, one of its checkpoints, an "
          + "exported folder, or a file of safetensors")
    }
    return place + "/" + name
  }
}

/// timm's names for a ViT, and its order of values.
extension StartingFile {
  private mutating func translateFromTimm(_ model: ModelConfiguration) throws {
    guard let kernels = tensors.removeValue(forKey: "patch_embed.proj.weight") else { return }
    guard kernels.shape.count == 4, kernels.shape[2] == kernels.shape[3] else {
      throw RunError(
        description: "\(path.visible): patch_embed.proj.weight has the shape \(kernels.shape), and "
          + "not that of square patches, (width, bands, side, side)")
    }
    patchSide = kernels.shape[2]
    tensors["patch_embed.weight"] = Self.rows(of: kernels)
    tensors["patch_embed.bias"] = tensors.removeValue(forKey: "patch_embed.proj.bias")
    if let positions = tensors.removeValue(forKey: "pos_embed") {
      hasPositions = true
      addToClassToken(positions)
      takeSlot(from: positions, model)
    }
  }

  /// From (width, channel, row, column) to (width, row · column · channel), as patches are cut
  /// here.
  private static func rows(of kernels: Tensor) -> Tensor {
    let (width, channels) = (kernels.shape[0], kernels.shape[1])
    let places = kernels.shape[2] * kernels.shape[3]
    var values = [Float](repeating: 0, count: kernels.values.count)
    for output in 0..<width {
      for channel in 0..<channels {
        for place in 0..<places {
          values[(output * places + place) * channels + channel] =
            kernels.values[(output * channels + channel) * places + place]
        }
      }
    }
    return Tensor(shape: [width, places * channels], values: values)
  }

  /// The first of the positions is the class token's, where that has one: it is added each time,
  /// and has no place here.
  private mutating func addToClassToken(_ positions: Tensor) {
    guard let token = tensors["cls_token"], let width = token.shape.last,
      positions.shape.count == 3, positions.shape[0] == 1, positions.shape[2] == width
    else { return }
    let patches = positions.shape[1] - 1
    let side = Int(Double(max(0, patches)).squareRoot())
    guard side * side == patches else { return }
    tensors["cls_token"] = Tensor(
      shape: token.shape, values: zip(token.values, positions.values).map(+))
  }

  /// Positions are calculated here, so that a ViT's own are left out; but what an export adds to
  /// those of every patch is the first image's embedding.
  private mutating func takeSlot(from positions: Tensor, _ model: ModelConfiguration) {
    let (patches, width) = (model.patchesPerImage, model.width)
    guard positions.shape == [1, 1 + patches, width] else { return }
    let alone = PositionEmbedding(grid: model.patchGrid.side, width: width).ofImageAlone
    var slot = [Float](repeating: 0, count: width)
    for column in 0..<width {
      let added = (0..<patches).map {
        positions.values[(1 + $0) * width + column] - alone[$0 * width + column]
      }
      guard let low = added.min(), let high = added.max(), high - low < 1e-4 else { return }
      slot[column] = added[0]
    }
    tensors["img_embed"] = Tensor(
      shape: [1, ModelConfiguration.imagesPerPair, width],
      values: slot + [Float](repeating: 0, count: width))
    hasPositions = false
  }
}
