// README.md: the model card, for people and for hubs, which read its front matter.

import Basics
import Configuration
import Imagery
import MaskedAutoencoding

extension ExportFacts {
  /// The content of README.md.
  var modelCard: String {
    [
      frontMatter, introduction, bandSection, useSection, dataSection, trainingSection, fileSection,
    ].joined(separator: "\n\n") + "\n"
  }

  /// Licences that hubs know by name: SPDX identifiers in small letters.
  private static let knownLicenses: Set<String> = [
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0",
    "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-4.0", "gpl-3.0", "lgpl-3.0",
    "agpl-3.0", "mpl-2.0", "isc", "unlicense", "etalab-2.0", "odbl",
  ]

  private var frontMatter: String {
    var lines = ["---", "library_name: timm", "pipeline_tag: image-feature-extraction"]
    if let license = options.license?.lowercased() {
      let isKnown = Self.knownLicenses.contains(license)
      lines.append("license: \(isKnown ? license : "other")")
      if !isKnown { lines.append("license_name: \(license)") }
    }
    lines.append("tags:")
    lines += [
      "timm", "image-feature-extraction", objective.rawValue, "masked-autoencoder",
      "remote-sensing",
      "earth-observation", "terrane",
    ].map { "- " + $0 }
    return (lines + ["---"]).joined(separator: "\n")
  }

  private var introduction: String {
    let model = encoder.model
    let license =
      options.license.map { "Licence of the weights: \($0)." }
      ?? "Nobody said yet under which licence the weights may be used."
    let average =
      encoder.isAverage
      ? "The weights are a running average over the steps (memory "
        + "\(encoder.run.configuration.optimizer.average)); losses below are of the newest ones. "
      : ""
    return """
      # \(options.name)

      A vision transformer for \(HumanFormat.counted(model.channels, "band")) of satellite \
      imagery: the encoder of a masked autoencoder that reconstructs \(objective.reconstructed) \
      ([\(objective.title)](\(objective.paper))), pretrained with Terrane \
      \(Release.version) on CPUs and taken after \
      \(HumanFormat.counted(encoder.step.index, "step")). \
      \(average)It was trained without labels, so it gives features and no classes. \(license)

      | | |
      | --- | --- |
      | image | \(model.imageSide) × \(model.imageSide) pixels, patches of \(model.patchSide) × \
      \(model.patchSide) |
      | tokens | 1 (class) + \(shape.grid.patchCount) (patches, row by row), each of \
      \(shape.width) values |
      | blocks, heads | \(shape.depth), \(model.heads) |
      | parameters | \(HumanFormat.count(parameterCount)) |
      \(groundRows.joined(separator: "\n"))
      """
  }

  private var groundRows: [String] {
    let crop = HumanFormat.decimal(encoder.ground.cropSide, places: 1)
    var rows = ["| an image in training | \(crop) scene pixels a side on average |"]
    let pixel = encoder.ground.pixel
    func metres(_ value: Double) -> String { HumanFormat.significant(value) + " m" }
    let range =
      pixel.finest == pixel.coarsest
      ? "" : ", from \(metres(pixel.finest)) to \(metres(pixel.coarsest))"
    rows.append("| a scene pixel | \(metres(pixel.median))\(range) |")
    rows.append("| a patch in training | \(metres(encoder.ground.patch)) on average |")
    if hasOtherSide {
      rows.append(
        "| a patch of this export | \(metres(patchMetres)) where an image shows as much ground as "
          + "those of the training, whose side was \(encoder.run.model.imageSide) pixels |")
    }
    return rows
  }

  private var bandSection: String {
    func number(_ value: Double) -> String { HumanFormat.significant(value) }
    let rows = encoder.bands.enumerated().map { place, band in
      let scaling = encoder.normalization
      let mean = number(Double(scaling.mean[place]))
      let deviation = number(Double(scaling.standardDeviation[place]))
      return "| \(place) | \(Self.cell(band.name)) | \(band.wavelength.map(number) ?? "–") | "
        + "\(Self.cell(band.unit ?? "–")) | \(number(band.scale)) | \(number(band.offset)) | "
        + "\(mean) | \(deviation) |"
    }
    let statistics =
      encoder.run.configuration.data.normalization == .quantiles
      ? "Mean and deviation stand for median and quartiles, which few extreme pixels do not move. "
      : ""
    return """
      ## Bands

      Channels in this order. A stored value v becomes (v − mean) / deviation; v · scale + offset \
      is a value in the unit. \(statistics)Pixels without a valid value are 0 after that. \
      `item.json` has these numbers in full.

      | channel | band | wavelength (µm) | unit | scale | offset | mean | deviation |
      | ---: | --- | ---: | --- | ---: | ---: | ---: | ---: |
      \(rows.joined(separator: "\n"))
      """
  }

  private static func cell(_ text: String) -> String {
    text.visible.replacing("|", with: "\\|")
  }

  private var useSection: String {
    let check =
      crops.areHeldOut
      ? "\(HumanFormat.counted(crops.count, "held-out chip"))"
      : "\(HumanFormat.counted(crops.count, "chip")) of the training (none was held out)"
    let side = encoder.model.imageSide
    return """
      ## Use

      ```sh
      pip install timm torch safetensors
      python check.py
      ```

      `check.py` computes the features of \(check) from raw values, as Terrane did, and compares: \
      it is the shortest example of right use. In short:

      ```python
      model = timm.create_model("local-dir:\(options.name)", pretrained=True).eval()
      pooled = model(images)  # (N, \(shape.width)): the mean of the patch tokens
      # After the last norm, (N, \(shape.tokens), \(shape.width)):
      tokens = model.forward_features(images)
      maps = timm.create_model("local-dir:\(options.name)", pretrained=True, features_only=True)
      ```

      `images` are (N, \(shape.grid.channels), \(side), \(side)), scaled as above; \
      `global_pool="token"` gives the class token instead of the mean. timm's own transforms \
      divide 8-bit values by 255 first, and these statistics are of stored values: scale by them \
      yourself. \
      Positions are made for this image side. Interpolating them is wrong by more than a tenth; \
      `terrane export --image-side` computes those of another side.
      """
  }

  private var dataSection: String {
    let description = encoder.run.dataset.description
    let scenes = description.scenes.filter { $0.chips > 0 }
    var lines = [
      "## Data", "",
      "- \(HumanFormat.counted(description.trainingChips, "chip")) of \(description.chipSide) × "
        + "\(description.chipSide) pixels for training, "
        + "\(HumanFormat.count(description.holdoutChips)) held out, of "
        + "\(HumanFormat.counted(scenes.count, "scene")): "
        + HumanFormat.listed(scenes.map { $0.name.visible }, "scene", first: 5),
      "- digest of the dataset: `\(encoder.run.dataset.digest)`",
    ]
    if let dates {
      lines.append(
        dates.first == dates.last
          ? "- taken on \(dates.first)" : "- taken from \(dates.first) to \(dates.last)")
    } else {
      lines.append("- nobody says when the scenes were taken")
    }
    if let bounds = outlines?.bounds {
      func degrees(_ value: Double) -> String { HumanFormat.decimal(value, places: 3) + "°" }
      lines.append(
        "- where: longitude \(degrees(bounds.west)) to \(degrees(bounds.east)), latitude "
          + "\(degrees(bounds.south)) to \(degrees(bounds.north)); outlines in `item.json`")
    }
    lines.append("- `check.safetensors` holds pixels of these scenes: mind their licence too")
    return lines.joined(separator: "\n")
  }

  private var trainingSection: String {
    let configuration = encoder.run.configuration
    let training = configuration.training
    var lines = [
      "## Training", "",
      "\(HumanFormat.count(encoder.step.index)) of "
        + "\(HumanFormat.counted(training.steps, "step")) of "
        + "\(HumanFormat.counted(training.pairsPerStep, objective.sampleName)). Other values of the run than the "
        + "defaults (`terrane train --explain`):", "", "```yaml",
    ]
    let settings = settings
    lines += settings.isEmpty ? ["# none"] : settings.map { "\($0.key): \($0.value)" }
    lines += ["```", ""]
    if heldOut.isEmpty {
      lines.append("No held-out loss was measured.")
    } else {
      lines += lossTable
    }
    lines += ["", "```sh"] + commands + ["```"]
    return lines.joined(separator: "\n")
  }

  /// What was called; folders by their names alone, as they lie elsewhere by now.
  private var commands: [String] {
    var export = [
      "terrane export", Files.name(of: Files.absolute(encoder.run.folder.path)).shellWord,
    ]
    export += [options.name, "--from \(encoder.isAverage ? "average" : "\(encoder.step)")"]
    if hasOtherSide { export.append("--image-side \(encoder.model.imageSide)") }
    if let license = options.license { export.append("--license \(license)") }
    if options.includesDecoder { export.append("--decoder") }
    return ["terrane train run.yaml  # with the values above", export.joined(separator: " ")]
  }

  /// Ten evaluations at most, the last one among them.
  private var lossTable: [String] {
    let shown = min(10, heldOut.count)
    let rows = (0..<shown).map { heldOut[($0 + 1) * heldOut.count / shown - 1] }
    func text(_ value: Double?) -> String {
      value.map { HumanFormat.decimal($0, places: 4) } ?? "–"
    }
    let copies = rows.contains { $0.copied != nil }
    return [
      "| step | held-out loss | of patch means |" + (copies ? " of copying the neighbour |" : ""),
      "| ---: | ---: | ---: |" + (copies ? " ---: |" : ""),
    ]
      + rows.map {
        "| \($0.step) | \(text($0.loss)) | \(text($0.patchMean)) |"
          + (copies ? " \(text($0.copied)) |" : "")
      }
      + ["", "A loss says how well hidden pixels are predicted, not what the features are worth."]
  }

  private var fileSection: String {
    var files = [
      ("model.safetensors, config.json", "the encoder, for timm"),
      (
        "item.json", "bands, scaling and footprints: STAC with the Machine Learning Model extension"
      ),
      ("check.safetensors, check.py", "raw chips, their features, and the comparison"),
      ("terratorch.yaml", "the encoder as a backbone of terratorch"),
      ("pangaea/", "for PANGAEA's own ViT encoder"),
      ("torchgeo_bench/", "a model of torchgeo-bench, which picks bands by name or wavelength"),
      ("torchgeo_weights.py", "an entry of weights as torchgeo has them"),
    ]
    if options.includesDecoder {
      files.append(("pretraining/", "the whole model, decoder too, by the names of the training"))
    }
    return
      (["## Files", "", "| | |", "| --- | --- |"]
      + files.map { "| \($0.0) | \($0.1) |" }).joined(separator: "\n")
  }
}
