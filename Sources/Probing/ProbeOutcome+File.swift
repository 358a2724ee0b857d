// A probe's places, features and splits as a safetensors file, so that another program can probe
// them too.

import Basics
import Checkpoints
import LinearAlgebra
import Tensors

extension ProbeOutcome {
  /// Writes what was probed, whole or not at all. Tensors, all float32: `features.NAME` (places,
  /// values), `labels` (places), `place` (places, 2: longitude and latitude), of each split
  /// `split.K.training`, `split.K.validation`, `split.K.pool` and `split.K.test` as numbers of
  /// places, and `predictions.NAME.METHOD` (places; NaN where a place was in no test). The metadata
  /// hold the names of the classes and what was chosen.
  /// - Throws: `FileError`.
  package func write(to path: String) throws {
    var tensors: [SafetensorsWriter.Tensor] = []
    var metadata = ["format": "pt", "protocol": report.probeProtocol]
    func add(_ name: String, _ shape: [Int], _ values: [Float]) {
      let buffer = FloatBuffer(count: values.count)
      for (index, value) in values.enumerated() { buffer.pointer[index] = value }
      tensors.append(SafetensorsWriter.Tensor(name: name, shape: shape, buffer: buffer))
    }
    func plain(_ name: String) -> String { name.replacing(" ", with: "-") }
    for set in features {
      add(
        "features.\(plain(set.name))", [set.values.rows, set.values.columns],
        set.values.values.map { Float($0) })
    }
    switch target {
    case .classes(let values, let names):
      add("labels", [values.count], values.map { Float($0) })
      metadata["classes"] = try JSONText.encode(names, .line)
    case .numbers(let values): add("labels", [values.count], values.map { Float($0) })
    }
    add(
      "place", [places.count, 2],
      places.flatMap { [Float($0.place.longitude), Float($0.place.latitude)] })
    for (index, split) in splits.enumerated() {
      let parts = [
        ("training", split.choices[0].training), ("validation", split.choices[0].validation),
        ("pool", split.pool), ("test", split.test),
      ]
      for (name, numbers) in parts where !numbers.isEmpty {
        add("split.\(index).\(name)", [numbers.count], numbers.map { Float($0) })
      }
    }
    for result in results {
      let name = "\(plain(result.features)).\(result.method.name)"
      add("predictions.\(name)", [result.predictions.count], result.predictions.map { Float($0) })
      metadata["choices.\(name)"] = try JSONText.encode(result.choices, .line)
    }
    let writer = SafetensorsWriter(tensors, metadata: metadata)
    try Files.writeDurably(to: path) { try writer.write(to: $0) }
  }
}
