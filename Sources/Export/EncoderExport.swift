// An encoder as a folder that others can use, with all that is needed to use it and to prove it.
// Not here: what the files say, each of which has a source of its own.

import Basics
import Checkpoints
import Encoders
import MaskedAutoencoding
import TrainingRun

package struct EncoderExport {
  /// What the files say.
  package let facts: ExportFacts
  private let timm: TimmTensors
  private let crops: CheckCrops

  /// Computes the features that the export proves itself with.
  /// - Throws: `RunError` for options that will not do, or where no chip is at hand; what a damaged
  ///   shard throws.
  package init(of encoder: TrainedEncoder, _ options: ExportOptions, pool: ThreadPool) throws {
    if let objection = options.objection {
      throw RunError(description: objection, exitStatus: .usage)
    }
    let network = encoder.encoder(capacity: 1, pool: pool)
    timm = TimmTensors(
      parameters: encoder.parameters, layout: encoder.model.parameterLayout, shape: network.shape,
      positions: network.positions)
    crops = try CheckCrops(of: encoder, pool: pool)
    facts = try ExportFacts(
      encoder, options, parameterCount: timm.parameterCount,
      crops: (crops.count, crops.areHeldOut))
  }

  /// Writes the folder, whole or not at all.
  /// - Throws: `FileError`, `RunError`.
  package func write(to folder: ExportFolder) throws {
    let archive = PyTorchFile(timm.tensors)
    guard archive.fits else {
      throw RunError(
        description:
          "the encoder's \(HumanFormat.count(timm.parameterCount)) values are more than a "
          + "file of PyTorch's holds as it is written here, which is 4 GiB")
    }
    try folder.fill { place in
      try write(
        SafetensorsWriter(timm.tensors, metadata: modelMetadata), place, "model.safetensors")
      try write(
        SafetensorsWriter(crops.tensors, metadata: ["format": "pt"]), place, "check.safetensors")
      let texts = [
        ("config.json", try JSONText.encode(facts.timmConfig, .indented) + "\n"),
        ("item.json", try JSONText.encode(facts.modelItem, .indented) + "\n"),
        ("README.md", facts.modelCard), ("check.py", CheckScript.text),
        ("terratorch.yaml", facts.terratorchConfiguration),
        ("torchgeo_weights.py", TorchGeoScripts.weights),
        ("pangaea/encoder.yaml", facts.pangaeaConfiguration),
        ("torchgeo_bench/terrane.py", TorchGeoScripts.bench),
        (
          "torchgeo_bench/terrane.yaml",
          TorchGeoScripts.benchConfiguration(name: facts.options.name)
        ),
      ]
      for name in ["pangaea", "torchgeo_bench"] { try Files.createFolder("\(place)/\(name)") }
      try Files.writeDurably(to: place + "/pangaea/model.pth") { try archive.write(to: $0) }
      for (name, text) in texts { try Files.writeDurably(text, to: "\(place)/\(name)") }
      if facts.options.includesDecoder { try writeWholeModel(in: place) }
    }
  }

  /// The model with its decoder, as the definition in PyTorch takes it.
  private func writeWholeModel(in place: String) throws {
    try Files.createFolder(place + "/pretraining")
    let encoder = facts.encoder
    let tensors = SafetensorsWriter.tensors(
      of: encoder.model.parameterLayout, in: encoder.parameters)
    try write(
      SafetensorsWriter(tensors, metadata: modelMetadata), place, "pretraining/model.safetensors")
    let configuration = try JSONText.encode(encoder.model.definition, .indented)
    try Files.writeDurably(configuration + "\n", to: place + "/pretraining/config.json")
  }

  /// What a run's checkpoints say of the model, and what of it is in the file.
  private var modelMetadata: [String: String] {
    get throws {
      let encoder = facts.encoder
      return try encoder.run.modelMetadata.merging(
        [
          "format": "pt", "step": "\(encoder.step)",
          "model": try JSONText.encode(encoder.model, .line),
        ]) { $1 }
    }
  }

  private func write(_ file: SafetensorsWriter, _ folder: String, _ name: String) throws {
    try Files.writeDurably(to: "\(folder)/\(name)") { try file.write(to: $0) }
  }
}

extension ModelConfiguration {
  /// The extents by the names of the definition's own configuration.
  var definition: JSONValue {
    .object(known: [
      "image_side": .whole(imageSide), "patch_side": .whole(patchSide),
      "channels": .whole(channels), "width": .whole(width), "depth": .whole(depth),
      "heads": .whole(heads), "decoder_width": .whole(decoderWidth),
      "decoder_depth": .whole(decoderDepth), "decoder_heads": .whole(decoderHeads),
      "mlp_ratio": .number(mlpRatio), "normalize_patches": .flag(normalizesPatches),
      "upsamplings": upsamplings == 0 ? nil : .whole(upsamplings),
    ])
  }
}
