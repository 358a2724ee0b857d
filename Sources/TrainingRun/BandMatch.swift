// Which bands of another model's weights are those of a run's.

import Basics
import MaskedAutoencoding
import Tensors

/// The band of a starting file that each channel of a model is.
struct BandMatch {
  /// By channel; nil where the file has no such band.
  let sources: [Int?]
  /// Bands of the file, and their names where it gives them.
  private let count: Int
  private let known: [String]?
  /// The run's, by channel.
  private let names: [String]
  private let model: ModelConfiguration

  /// Whether each channel is the file's of the same place.
  var isWhole: Bool { sources == (0..<count).map(Optional.some) }

  /// Bands of the same name match, or all where the file names none and has as many.
  /// - Throws: `RunError` where the file has no encoder of such tokens and patches.
  init(_ file: StartingFile, _ model: ModelConfiguration, bands names: [String]) throws {
    guard let embedding = file.tensors["patch_embed.weight"] else {
      throw RunError(
        description: "\(file.path.visible) holds no encoder: it lacks patch_embed.weight, and "
          + "patch_embed.proj.weight of a timm ViT")
    }
    let places = model.patchSide * model.patchSide
    guard embedding.shape.count == 2, embedding.shape[0] == model.width,
      embedding.shape[1] % places == 0, embedding.shape[1] > 0,
      file.patchSide ?? model.patchSide == model.patchSide
    else {
      let side = file.patchSide.map { ", of patches with a side of \($0)" } ?? ""
      throw RunError(
        description: "\(file.path.visible): patch_embed.weight has the shape "
          + "\(embedding.shape)\(side), and this model's tokens have \(model.width) values and "
          + "its patches a side of \(model.patchSide): set model.preset, model.width and "
          + "model.patchSide as they were there")
    }
    count = embedding.shape[1] / places
    self.names = names
    self.model = model
    known = file.bands.flatMap { [count] in $0.count == count ? $0 : nil }
    if let known {
      sources = names.map { known.firstIndex(of: $0) }
    } else if count == names.count {
      sources = Array(0..<count)
    } else {
      sources = names.map { _ in nil }
    }
  }

  /// Which bands keep their weights; nil where all do.
  var words: String? {
    if isWhole { return nil }
    func list(_ isKept: Bool) -> String {
      zip(names, sources).filter { ($0.1 != nil) == isKept }.map(\.0.visible)
        .joined(separator: ", ")
    }
    let (kept, fresh) = (list(true), list(false))
    let its = known.map { $0.map(\.visible).joined(separator: ", ") } ?? "\(count) without names"
    return "of its bands (\(its)) these keep their weights: \(kept.isEmpty ? "none" : kept)"
      + (fresh.isEmpty ? "" : "; these bands start at random: \(fresh)")
  }

  /// Whether a tensor's shape follows from the bands.
  static func concerns(_ name: String) -> Bool {
    ["patch_embed.weight", "decoder_pred.", "proj_up_", "up_block"].contains(
      where: name.hasPrefix)
  }

  /// Takes what the file has for the matching channels.
  /// - Parameters:
  ///   - given: with a row, or a column, for each value of a patch.
  ///   - target: the model's tensor of that name, whose other channels stay as they are.
  /// - Returns: false where the given one is no such tensor; nothing is taken then.
  func take(
    _ given: StartingFile.Tensor, for tensor: ParameterTensor,
    into target: UnsafeMutableBufferPointer<Float>
  ) -> Bool {
    let places = model.patchSide * model.patchSide
    // Channels are inside of an embedding's rows, and rows inside of the prediction's channels.
    let isEmbedding = tensor.name == "patch_embed.weight"
    guard
      isEmbedding
        || tensor.name.hasPrefix("decoder_pred.") && given.shape.first == places * count
          && given.shape.dropFirst() == tensor.shape.dropFirst()
    else { return false }
    let outer = isEmbedding ? model.width : 1
    let inner = isEmbedding ? 1 : given.shape.dropFirst().reduce(1, *)
    for row in 0..<outer * places {
      for (channel, source) in sources.enumerated() {
        guard let source else { continue }
        let (from, to) = ((row * count + source) * inner, (row * sources.count + channel) * inner)
        for value in 0..<inner { target[to + value] = given.values[from + value] }
      }
    }
    return true
  }
}
