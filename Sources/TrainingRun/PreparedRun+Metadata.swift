// What the files of a run say of its model to who uses it, without Terrane and without the dataset.

import Basics
import Configuration
import Imagery
import MaskedAutoencoding

extension PreparedRun {
  /// The bands of the model's input, by what it is normalised with.
  var inputBands: [InputBand] {
    zip(dataset.description.bands, scalings).map { band, scaling in
      InputBand(
        name: band.name, mean: scaling.center, standardDeviation: scaling.deviation,
        unit: band.unit)
    }
  }

  /// The metadata of a checkpoint's parameters, stable from release to release: `objective`;
  /// `model`, every extent of the model as a JSON object (`ModelConfiguration`); `bands`, a JSON
  /// list of `InputBand` in the order of the channels. A model sees (value − mean) /
  /// standardDeviation of each band.
  package var modelMetadata: [String: String] {
    get throws {
      [
        "objective": configuration.model.objective.title,
        "model": try JSONText.encode(model, .line),
        "bands": try JSONText.encode(inputBands, .line),
      ]
    }
  }
}
