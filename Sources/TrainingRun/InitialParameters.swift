// The parameters that a run begins with: random ones, or as many as fit of another model's, kept in
// the run's folder. Not here: where those are found.

import Basics
import Checkpoints
import MaskedAutoencoding
import Objectives
import Tensors

/// A run's parameters before its first step.
struct InitialParameters {
  /// In the layout of the run's model.
  let values: FloatBuffer
  /// What was taken from where, and what was not: a sentence.
  let origin: String

  var digest: Digest { Digest(of: UnsafeRawBufferPointer(values[0..<values.count])) }

  /// What fits of a file, and random numbers for the rest.
  ///
  /// The encoder's tensors must fit, but for those whose shape follows from the bands.
  /// - Parameter bands: names of the run's, in the order of the channels.
  /// - Throws: `RunError` for another encoder.
  init(
    _ file: StartingFile, for model: ModelConfiguration, bands: [String], seed: UInt64
  ) throws {
    let layout = model.parameterLayout
    let values = layout.initialParameters(seed: seed)
    let match = try BandMatch(file, model, bands: bands)
    try Self.checkEncoder(of: file, against: model, layout)
    var fresh: [String] = []
    for tensor in layout.tensors {
      guard let given = file.tensors[tensor.name] else {
        fresh.append(tensor.name)
        continue
      }
      let target = values[tensor.range]
      if given.shape == tensor.shape && (match.isWhole || !BandMatch.concerns(tensor.name)) {
        for (place, value) in given.values.enumerated() { target[place] = value }
      } else if !match.take(given, for: tensor, into: target) {
        fresh.append(tensor.name)
      }
    }
    self.values = values
    let taken = layout.tensors.count - fresh.count
    let sentences = [
      "\(taken) of \(layout.tensors.count) tensors are those of \(file.path.visible)", match.words,
      file.hasPositions ? "its positions are left out, for they are calculated here" : nil,
      Self.words(fresh),
    ]
    origin = sentences.compactMap { $0 }.joined(separator: "; ")
  }

  /// Those of a run's folder.
  /// - Throws: `RunError` where they are not what the run began with.
  init(readingFrom path: String, layout: ParameterLayout, digest: String) throws {
    let file = try SafetensorsFile(path)
    let values = FloatBuffer(count: layout.count)
    for tensor in layout.tensors {
      let given = try file.values(of: tensor.name, as: Float.self, shape: tensor.shape)
      let target = values[tensor.range]
      for (place, value) in given.enumerated() { target[place] = value }
    }
    self.values = values
    origin = Self.origin(in: file)
    guard self.digest.description == digest else {
      throw RunError(
        description: "\(path.visible) is not what the run began with: its digest is "
          + "\(self.digest), and model.initialDigest is \(digest). Put the file back, or start a "
          + "new run")
    }
  }

  /// What a file of a run's folder says of where its values are from.
  static func origin(in file: SafetensorsFile) -> String { file.metadata["origin"] ?? "" }

  func write(to path: String, layout: ParameterLayout, metadata: [String: String]) throws {
    let tensors = SafetensorsWriter.tensors(of: layout, in: values)
    let all = metadata.merging(["format": "pt", "origin": origin]) { $1 }
    try Files.writeDurably(to: path) { try SafetensorsWriter(tensors, metadata: all).write(to: $0) }
  }

  /// - Throws: `RunError` where the file's encoder computes anything else than this one, as far as
  ///   that shows.
  private static func checkEncoder(
    of file: StartingFile, against model: ModelConfiguration, _ layout: ParameterLayout
  ) throws {
    if let heads = file.model?.heads, heads != model.heads {
      throw RunError(
        description: "\(file.path.visible) holds an encoder of \(heads) heads, and this model's "
          + "has \(model.heads): set model.preset or model.heads as they were there")
    }
    if file.tensors["blocks.\(model.depth).norm1.weight"] != nil {
      throw RunError(
        description: "\(file.path.visible) holds an encoder of more blocks than the \(model.depth) "
          + "of this model: set model.preset or model.depth as they were there")
    }
    for name in file.tensors.keys.filter(StartingFile.isOfEncoder).sorted() {
      guard let tensor = layout.tensor(name) else {
        throw RunError(
          description: "\(file.path.visible) holds \(name.visible), which this encoder does not "
            + "have: it is a ViT of another kind")
      }
      let found = file.tensors[name]?.shape ?? []
      if found != tensor.shape && !BandMatch.concerns(name) {
        throw RunError(
          description: "\(file.path.visible): \(name) has the shape \(found), and in this "
            + "model \(tensor.shape): set model.preset, or the values that differ, as they were "
            + "there")
      }
    }
  }

  /// Tensors in groups of their names' first parts; nil for none.
  private static func words(_ fresh: [String]) -> String? {
    if fresh.isEmpty { return nil }
    var groups: [(name: String, count: Int)] = []
    for name in fresh {
      let group = String(name.prefix { $0 != "." })
      if groups.last?.name == group {
        groups[groups.count - 1].count += 1
      } else {
        groups.append((group, 1))
      }
    }
    let list = groups.map { $0.count == 1 ? $0.name : "\($0.name) (\($0.count))" }
    return "these start at random: " + list.joined(separator: ", ")
  }
}
