// Presets in numbers: what a value of null stands for.

import Basics
import MaskedAutoencoding

extension RunConfiguration {
  /// A value that a run may leave to its preset, and what the preset says.
  private typealias PresetValue = (
    given: WritableKeyPath<RunConfiguration, Int?>, ofModel: KeyPath<ModelConfiguration, Int>
  )

  private static var presetValues: [PresetValue] {
    [
      (\.model.imageSide, \.imageSide), (\.model.patchSide, \.patchSide),
      (\.model.width, \.width), (\.model.depth, \.depth), (\.model.heads, \.heads),
      (\.model.decoderWidth, \.decoderWidth), (\.model.decoderDepth, \.decoderDepth),
      (\.model.decoderHeads, \.decoderHeads),
    ]
  }

  /// The same run with every number written out.
  package var resolved: RunConfiguration {
    let preset = model.preset.configuration(channels: 1)
    var result = self
    for value in Self.presetValues where self[keyPath: value.given] == nil {
      result[keyPath: value.given] = preset[keyPath: value.ofModel]
    }
    return result
  }

  /// The same run with what is the preset's own left to the preset: whoever names another preset
  /// then gets that one's numbers, and two ways to write one run are equal.
  var leavingNumbersToPreset: RunConfiguration {
    let preset = model.preset.configuration(channels: 1)
    var result = self
    for value in Self.presetValues
    where self[keyPath: value.given] == preset[keyPath: value.ofModel] {
      result[keyPath: value.given] = nil
    }
    return result
  }

  /// What the presets are: a table for reading on a terminal, a line each.
  static var presetTable: [String] {
    let models = ModelPreset.allCases.map { $0.configuration(channels: 3) }
    func row(_ name: String, _ value: (ModelConfiguration) -> String) -> [String] {
      [name] + models.map(value)
    }
    return TextTable.lines([
      ["model.preset"] + ModelPreset.allCases.map(\.rawValue),
      row("imageSide") { "\($0.imageSide)" }, row("patchSide") { "\($0.patchSide)" },
      row("width") { "\($0.width)" }, row("depth") { "\($0.depth)" },
      row("heads") { "\($0.heads)" }, row("decoderWidth") { "\($0.decoderWidth)" },
      row("decoderDepth") { "\($0.decoderDepth)" },
      row("decoderHeads") { "\($0.decoderHeads)" },
      row("parameters, of 3 bands") { HumanFormat.count($0.parameterLayout.count) },
    ])
  }
}
