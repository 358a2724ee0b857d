// What an export says of an encoder in more than one of its files, gathered once.

import Basics
import Configuration
import Encoders
import Imagery
import MaskedAutoencoding
import Observability
import TrainingRun
import VisionTransformer

/// What a user decides about an export.
package struct ExportOptions: Hashable, Sendable {
  /// What the encoder is called.
  package var name: String
  /// The licence of the weights by its SPDX identifier; nil when nobody said.
  package var license: String?
  /// Whether the whole model comes along, for those who go on training it.
  package var includesDecoder: Bool

  /// Nothing is checked; see `objection`.
  package init(
    name: String, license: String? = nil, includesDecoder: Bool = false
  ) {
    self.name = name
    self.license = license
    self.includesDecoder = includesDecoder
  }

  /// What is wrong with the texts; nil when nothing is.
  package var objection: String? {
    func fits(_ text: String, _ others: String, upTo limit: Int) -> Bool {
      (1...limit).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
          let character = Character(Unicode.Scalar(byte))
          return byte < 128
            && (character.isLetter || character.isNumber || others.contains(character))
        }
    }
    if !fits(name, "-_.", upTo: 96) || name.hasPrefix(".") || name.hasPrefix("-") {
      return "an export's name has letters, digits, '-', '_' and '.' alone, and 96 of them at "
        + "most; found '\(name)'. Give it another one by --name"
    }
    if let license, !fits(license, "-+.", upTo: 64) {
      return "a licence is named by its SPDX identifier, like Apache-2.0 or CC-BY-4.0 "
        + "(https://spdx.org/licenses); found '\(license)'"
    }
    return nil
  }
}

/// A held-out loss of the run.
package struct HeldOutLoss: Hashable, Sendable {
  /// The step after which it was measured.
  package let step: Step
  /// Of the model: what is minimised.
  package let loss: Double
  /// Of predicting the mean of each patch.
  package let patchMean: Double?
  /// Of copying the neighbour where it is visible.
  package let copied: Double?
}

/// What several files of an export say.
package struct ExportFacts {
  /// What the user decided.
  package let options: ExportOptions
  /// Where the numbers come from.
  package let encoder: TrainedEncoder
  /// How its input is cut.
  package let shape: EncoderShape
  /// Values in the encoder.
  package let parameterCount: Int
  /// Nil where no scene has a chip.
  package let outlines: SceneOutlines?
  /// The first and the last date of the scenes; nil where none has a date.
  package let dates: (first: AcquisitionTime, last: AcquisitionTime)?
  /// Up to the encoder's step, oldest first; empty when nothing is held out.
  package let heldOut: [HeldOutLoss]
  /// What the encoder is checked with.
  package let crops: (count: Int, areHeldOut: Bool)

  /// - Throws: `FileError` when the run's metrics cannot be read.
  package init(
    _ encoder: TrainedEncoder, _ options: ExportOptions, parameterCount: Int,
    crops: (count: Int, areHeldOut: Bool)
  ) throws {
    self.options = options
    self.encoder = encoder
    self.parameterCount = parameterCount
    self.crops = crops
    shape = encoder.model.encoderShape
    let description = encoder.run.dataset.description
    outlines = SceneOutlines(description)
    let acquired = description.scenes.filter { $0.chips > 0 }.compactMap(\.acquired)
    dates = acquired.min().flatMap { first in acquired.max().map { (first, $0) } }
    heldOut = try MetricsReader.entries(inFileAt: encoder.run.folder.metrics).compactMap { entry in
      guard entry.kind == EvaluationRecord.kind, entry.step <= encoder.step,
        let loss = entry.number("weightedLoss")
      else { return nil }
      return HeldOutLoss(
        step: entry.step, loss: loss,
        patchMean: entry.number("patchMeanWeighted") ?? entry.number("patchMean"),
        copied: entry.number("copyWeighted"))
    }
  }

  /// What was minimised.
  package var objective: ObjectiveKind { encoder.run.configuration.model.objective }

  /// What identifies the encoder: its name and its step.
  package var identifier: String { "\(options.name)-step-\(encoder.step)" }

  /// Metres on the ground that a patch shows in an image of this export's side that shows as much
  /// ground as those of the training.
  package var patchMetres: Double {
    encoder.ground.image / Double(shape.grid.side)
  }

  /// Whether the export sees images of another side than the training.
  package var hasOtherSide: Bool {
    encoder.model.imageSide != encoder.run.model.imageSide
  }

  /// The values of the run that differ from the defaults and decide its numbers.
  package var settings: [RunConfiguration.Difference] {
    encoder.run.configuration.differences(from: RunConfiguration())
  }
}
