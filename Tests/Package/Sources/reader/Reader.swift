// Reads a dataset and the newest checkpoint of a run with Terrane's libraries, and prints what they
// hold.

import Basics
import Checkpoints
import Foundation
import Imagery
import MaskedAutoencoding
import NeighborMAE
import Tensors

struct ReaderError: Error, CustomStringConvertible {
  let description: String
}

@main struct Reader {
  /// A folder that terrane-ingest made.
  let data: String
  /// A run's folder.
  let run: String

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else { throw ReaderError(description: "usage: reader DATA RUN") }
    let reader = Reader(data: arguments[1], run: arguments[2])
    try reader.readShard()
    try reader.readCheckpoint()
  }

  /// Reads the first chip of the first shard.
  private func readShard() throws {
    let dataset = try Dataset(folder: data)
    let shard = try dataset.openShard(ShardID(index: 0))
    let chip = ChipBuffer(shard.layout)
    try shard.decode(chip: 0, into: chip)
    let valid = chip.copiedValidity.count { $0 == 1 }
    print(
      "shard 0: \(shard.chips.count) chips of \(shard.layout.bandCount) bands,",
      "\(valid) valid pixels of \(shard.layout.pixelsPerBand) in the first")
  }

  /// Reads the parameters into a vector that a `NeighborMAENetwork` takes.
  private func readCheckpoint() throws {
    let store = CheckpointStore(reading: run + "/checkpoints")
    guard let checkpoint = try store.newestValid().checkpoint else {
      throw ReaderError(description: "\(run) has no checkpoint that is whole")
    }
    let file = try SafetensorsFile(checkpoint.path(of: .parameters))
    guard let model = file.metadata["model"] else {
      throw ReaderError(description: "\(file.path) does not say which model it is of")
    }
    let configuration = try JSONDecoder().decode(ModelConfiguration.self, from: Data(model.utf8))
    try configuration.validate()
    let layout = configuration.parameterLayout
    let parameters = FloatBuffer(count: layout.count)
    for tensor in layout.tensors {
      try file.withValues(of: tensor.name, as: Float.self, shape: tensor.shape) { values in
        _ = parameters[tensor.range].update(fromContentsOf: values)
      }
    }
    guard parameters.values.allSatisfy(\.isFinite) else {
      throw ReaderError(description: "\(file.path) holds values that are not finite")
    }
    print(
      "step \(checkpoint.step.rawValue): \(layout.tensors.count) tensors,",
      "\(layout.count) parameters of width \(configuration.width)")
  }
}
