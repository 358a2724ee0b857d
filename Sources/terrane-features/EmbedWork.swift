// What `terrane embed` does for each output, and what it says of it.

import ArgumentParser
import Basics
import Commands
import Embedding
import Encoders
import Foundation
import Imagery
import MapFiles
import Scenes

/// One call of the command.
struct EmbedWork {
  let trained: TrainedEncoder
  let source: FeatureSource
  let output: EmbedOutput
  let reading: ReadingOptions
  let pool: ThreadPool

  /// A map for each scene.
  func writeMaps(of recipes: [SceneRecipe], to files: EmbedMaps) throws {
    for (recipe, place) in zip(recipes, files.places) {
      try withExtendedLifetime(files.hold(place)) { try writeMap(of: recipe, to: place) }
    }
  }

  private func writeMap(of recipe: SceneRecipe, to place: EmbedMaps.Place) throws {
    let path = place.map
    let reader = try SceneEncoding.open(recipe, reading: reading, bands: trained.bands)
    // Before hours of work for nothing.
    if let note = try UnitNotes.note(on: reader, against: trained.bands) {
      Notes.say(["\(note)."])
    }
    let training = trained.ground.patch
    let ground = output.patchGround ?? training
    let pixels = try PatchSize.pixels(ground: ground, in: reader)
    let map = try FeatureMap(
      reader, by: source, normalization: trained.normalization, patchPixels: pixels,
      seams: output.seams, pool: pool)
    var request = MapRequest(
      path: path, isQuantised: output.isQuantised,
      words: words(of: recipe, reader, ground: ground, pixels: pixels))
    request.inputs = recipe.bands.map { "\(Files.absolute($0.raster)) \($0.number)" }
    request.overwrites = output.overwrite
    request.restarts = output.restart
    let progress = try MapWriting(map, request).run()
    if let preview = place.preview {
      try PreviewPicture(try MapRaster(path), isQuantised: output.isQuantised).write(
        to: preview, headline: "Features of \(recipe.name)",
        notes: ["\(trained.run.folder.path), \(trained.place)"])
    }
    let report = MapReport(
      scene: recipe.name, path: path, map: map, progress: progress, ground: ground,
      training: training, isQuantised: output.isQuantised)
    let said = reader.remarks + reader.findings
    try Answer.print((report.lines + said.map { "Note: \($0)." }).joined(separator: "\n"))
  }

  /// What the map says of itself.
  private func words(
    of recipe: SceneRecipe, _ reader: SceneReader, ground: Double, pixels: Double
  ) -> [(name: String, text: String)] {
    var words = [
      ("TIFFTAG_SOFTWARE", "terrane \(Release.version)"),
      ("SCENE", recipe.name),
      ("RUN", trained.run.identity), ("STEP", "\(trained.step)"),
      ("PARAMETERS", trained.parameterWords),
      ("FEATURES", "patch tokens after the encoder's last norm"),
      ("INPUT_BANDS", trained.bands.map(\.name).joined(separator: ",")),
      ("INPUT_FILES_BYTES", "\(reader.fileBytes)"),
      ("PATCH_GROUND_METRES", "\(ground)"), ("PATCH_SCENE_PIXELS", "\(pixels)"),
      ("IMAGE_PIXELS", "\(trained.model.imageSide)"),
      ("PATCH_PIXELS", "\(trained.model.patchSide)"),
      ("CROPS", output.seams.words),
    ]
    if let acquired = recipe.acquired { words.append(("ACQUIRED", "\(acquired)")) }
    if let text = try? JSONText.encode(reading, .line), reading != ReadingOptions() {
      words.append(("READ_WITH", text))
    }
    return words.map { (name: $0.0, text: $0.1) }
  }

  /// The table, and its STAC item.
  func writeTable(of sources: ChipSources) throws {
    guard let path = output.chips else { return }
    let table = FeatureTable(
      by: source, output.pool, maker: "\(trained.run.identity) \(trained.place)", pool: pool)
    let contract = try JSONText.encode(
      [
        "run": trained.run.identity, "step": "\(trained.step)",
        "parameters": trained.parameterWords, "pooling": output.pool.words,
        "bands": trained.bands.map(\.name).joined(separator: ","),
        "made by": "terrane \(Release.version)",
      ], .line)
    let summary = try table.write(
      to: path, chips: sources.chips, metadata: [("terrane", contract)],
      sources.forEach(slots: pool.threadCount))
    var lines = [
      "\(path.visible): \(HumanFormat.count(summary.rows)) rows of "
        + "\(output.pool.dimensions(of: source)) values, \(output.pool.words)"
    ]
    if summary.dropped > 0 {
      lines.append(
        "Left out: \(HumanFormat.counted(summary.dropped, "chip")) of which less than half is valid."
      )
    }
    if summary.withoutDate > 0 {
      lines.append(
        "Note: \(HumanFormat.counted(summary.withoutDate, "row")) without a date, which torchgeo's "
          + "classes need; --date-pattern finds one in the scenes' names.")
    }
    lines += sources.remarks.map { "Note: \($0)." }
    if let line = try writeItem(beside: path, summary, side: sources.side) { lines.append(line) }
    try Answer.print(lines.joined(separator: "\n"))
  }

  /// - Returns: what there is to say.
  private func writeItem(
    beside path: String, _ summary: FeatureTableSummary, side: Int
  ) throws -> String? {
    guard let place = output.itemPath, let bounds = summary.bounds, !summary.crossesAntimeridian
    else { return nil }
    guard summary.earliest != nil else {
      return "Note: no STAC item was written, since an item needs a date and no chip has one."
    }
    var item = FeatureItem(
      id: Files.name(of: EmbedOutput.stem(of: path)), file: Files.name(of: path),
      mediaType: "application/vnd.apache.parquet", bounds: bounds,
      groundSize: trained.ground.chip,
      normalization: trained.normalization, bands: trained.bands.map(\.name),
      parameters: [
        "type": "chip", "dimensions": output.pool.dimensions(of: source),
        "pooling": output.pool.words, "run": trained.run.identity, "step": trained.step.index,
        "parameters": trained.parameterWords,
        "chip_size": [side, side], "image_side": trained.model.imageSide,
      ])
    item.earliest = summary.earliest
    item.latest = summary.latest
    item.model = output.modelItem
    try Files.writeDurably(try item.json(), to: place)
    return "\(place.visible): its STAC item"
      + (output.modelItem == nil ? ", without a link to the model's (--model-item)" : "")
  }
}

/// What is said of a map.
struct MapReport {
  let scene: String
  let path: String
  let map: FeatureMap
  let progress: MapProgress
  /// Metres along a patch, here and in the training.
  let ground: Double
  let training: Double
  let isQuantised: Bool

  var lines: [String] {
    let patches = map.grid.width * map.grid.height
    let number = HumanFormat.significant
    var lines = [
      "\(path.visible): \(HumanFormat.count(map.grid.width)) × \(HumanFormat.count(map.grid.height)) "
        + "patches of \(scene.visible), \(map.dimensions) values each",
      "A patch is \(number(ground)) m: \(number(map.patchPixels)) pixels of the scene, seen as "
        + "\(map.source.patches.patchSide) of the model's; "
        + (ground == training ? "as in the training" : "in the training \(number(training)) m"),
    ]
    if progress.validPatches == 0 {
      lines.append(
        "Note: no patch of the scene is half valid: the map holds nodata alone. gdalinfo says what "
          + "the scene declares as nodata, and --nodata replaces it.")
    } else if progress.validPatches < patches {
      let share = HumanFormat.percent(Double(progress.validPatches) / Double(patches))
      lines.append("Valid: \(share) of the patches; the others are nodata")
    }
    if let across = progress.seams.meanAcross, let inside = progress.seams.meanInside {
      lines.append(
        "Neighbouring patches differ by \(number(across)) across borders of crops, by "
          + "\(number(inside)) inside of them")
    }
    if isQuantised {
      lines.append(
        "As bytes: values are off by \(number(progress.loss.rootMeanSquare)) (root mean square), "
          + "\(number(progress.loss.largest)) at most; mean cosine "
          + HumanFormat.decimal(progress.loss.meanCosine, places: 6))
    }
    return lines
  }
}
