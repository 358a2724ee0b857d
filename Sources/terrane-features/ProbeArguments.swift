// The options of `terrane probe` about labels, probes and files.

import ArgumentParser
import Basics
import Encoders
import Pictures
import Probing
import Scenes

extension ProbeProtocol: ExpressibleByArgument {}
extension ProbeTarget.Kind: ExpressibleByArgument {}

/// What is to be predicted.
struct LabelArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("Features with a class or a number, or a raster.", valueName: "file"))
  var labels: String

  @Option(
    help: ArgumentHelp(
      "The field with the labels. (default: the only one)", valueName: "name"))
  var field: String?

  @Option(
    help: ArgumentHelp(
      "The band with the labels, of a raster, from 1. (default: the only one)",
      valueName: "number"))
  var labelBand: Int?

  @Option(help: "What labels are: classes or numbers. (default: by what they look like)")
  var task: ProbeTarget.Kind?

  func validate() throws {
    if let labelBand, labelBand < 1 {
      throw ValidationError("--label-band must be 1 or more, found \(labelBand)")
    }
    if labelBand != nil && field != nil {
      throw ValidationError(
        "--field is of features and --label-band of rasters: leave out one of them.")
    }
  }

  func fill(_ request: inout ProbeRequest) throws {
    request.field = field
    request.band = labelBand
    request.kind = task
  }
}

/// How it is predicted, and on which places.
struct ProbeArguments: ParsableArguments {
  @Option(name: .customLong("protocol"), help: "Whose protocol: see above.")
  var probeProtocol = ProbeProtocol.torchgeoBench

  @Option(
    help: ArgumentHelp(
      "A field of the labels that says train, val or test, in place of spatial folds.",
      valueName: "field"))
  var split: String?

  @Option(help: "Spatial folds.")
  var folds = 5

  @Option(
    help: ArgumentHelp(
      "Side of a block in metres. (default: four images, or more where places are spread out)",
      valueName: "metres"))
  var block: Double?

  @Option(
    help: ArgumentHelp(
      "Side of a patch in metres. (default: that of the training)", valueName: "metres"))
  var patchGround: Double?

  @Option(help: "Labelled patches that are probed, at most; drawn at random.")
  var limit = 20_000

  @Option(help: "Scores that are drawn again for intervals.")
  var bootstrap = 1000

  @Option(help: "Seed of folds, draws and first weights.")
  var seed: UInt64 = 0

  func validate() throws {
    func check<Value: Comparable>(_ name: String, _ value: Value?, _ range: ClosedRange<Value>)
      throws
    {
      guard let value, !range.contains(value) else { return }
      throw ValidationError(
        "--\(name) must be between \(range.lowerBound) and \(range.upperBound), found \(value)")
    }
    try check("folds", folds, 2...20)
    try check("block", block, 1...10_000_000)
    try check("patch-ground", patchGround, 0.001...10_000_000)
    try check("limit", limit, 4...1_000_000)
    try check("bootstrap", bootstrap, 10...100_000)
  }

  func fill(_ request: inout ProbeRequest) {
    request.probeProtocol = probeProtocol
    request.split = split
    request.folds = folds
    request.block = block
    request.patchGround = patchGround
    request.limit = limit
    request.bootstrap = bootstrap
    request.seed = seed
  }
}

/// What is written besides the answer.
struct ProbeOutputArguments: ParsableArguments {
  @Flag(help: "Add the scores to the run's probes.jsonl: the curve of what it learns.")
  var record = false

  @Option(help: ArgumentHelp("The report, as JSON.", valueName: "file.json"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "Rows in torchgeo-bench's columns; added to what the file holds.", valueName: "file.csv"))
  var csv: String?

  @Option(help: ArgumentHelp("A picture of the confusion matrix.", valueName: "file.png"))
  var confusion: String?

  @Option(
    help: ArgumentHelp(
      "A GeoTIFF of what the probe makes of the scene that has the most labels.",
      valueName: "file.tif"))
  var map: String?

  @Option(help: ArgumentHelp("The map beside the scene, as a picture.", valueName: "file.png"))
  var picture: String?

  @Option(
    help: ArgumentHelp(
      "The probe that makes the map, by its name in the table. (default: the better one)",
      valueName: "method"))
  var mapWith: String?

  @Option(
    help: ArgumentHelp(
      "Places, features and splits, for other programs.", valueName: "file.safetensors"))
  var save: String?

  /// Before anything is computed.
  /// - Parameter sources: files that are read, and never written over.
  func check(beside sources: [String]) throws {
    let read = Set(sources.map(Files.absolute))
    for path in [json, csv, confusion, map, picture, save].compactMap({ $0 })
    where read.contains(Files.absolute(path)) {
      throw ValidationError("\(path.visible) is what is read; give what is written another name")
    }
    for picture in [confusion, picture].compactMap({ $0 }) { try PictureFile.check(picture) }
    for path in [json, csv, map, save].compactMap({ $0 }) {
      let folder = Files.parent(of: path)
      guard Files.isFolder(folder) else {
        throw ValidationError(
          "\(path.visible) cannot be written: there is no folder \(folder.visible); create it first"
        )
      }
      if Files.isFolder(path) {
        throw ValidationError("\(path.visible) is a folder; name a file in it")
      }
    }
  }

  /// Writes what is asked for.
  /// - Returns: the files.
  func write(
    _ outcome: ProbeOutcome, of run: ProbeRun, _ trained: TrainedEncoder,
    advance: (String) -> Void
  ) throws -> [String] {
    var written: [String] = []
    if record {
      try outcome.report.appendRecords(to: trained.run.folder)
      written.append(trained.run.folder.probes)
    }
    if let json {
      try Files.writeDurably(try JSONText.encode(outcome.report, .indented) + "\n", to: json)
      written.append(json)
    }
    if let csv {
      try outcome.report.appendTable(to: csv)
      written.append(csv)
    }
    if let save {
      try outcome.write(to: save)
      written.append(save)
    }
    if let confusion {
      guard let sheet = ProbePictures.confusion(of: outcome.report) else {
        throw ValidationError("--confusion draws classes, and these labels are numbers.")
      }
      try sheet.write(to: confusion)
      written.append(confusion)
    }
    if map != nil || picture != nil { written += try drawMap(outcome, of: run, trained) }
    return written
  }

  private func drawMap(
    _ outcome: ProbeOutcome, of run: ProbeRun, _ trained: TrainedEncoder
  ) throws -> [String] {
    let own = outcome.results.filter { $0.features == outcome.results[0].features }
    let name = mapWith ?? outcome.report.best?.method
    guard let result = name == nil ? own.last : own.last(where: { $0.method.name == name }) else {
      throw ValidationError(
        "--map-with is one of \(own.map(\.method.name).joined(separator: ", "))")
    }
    let scene = outcome.sceneOfMostPlaces
    let probed = try run.map(result, of: outcome, scene: scene)
    var written: [String] = []
    if let map {
      try probed.write(
        to: map, target: outcome.target, bandName: outcome.report.labels.source,
        metadata: [
          ("TERRANE_RUN", "\(outcome.report.encoder.run), \(outcome.report.encoder.place)"),
          ("TERRANE_PROBE", "\(outcome.report.probeProtocol), \(result.method.name)"),
        ])
      written.append(map)
    }
    if let picture {
      let sheet = try ProbePictures.sheet(
        of: probed, outcome, method: result.method.name, reader: run.reader(of: scene),
        bands: trained.bands, places: outcome.places.filter { $0.scene == scene })
      try sheet.write(to: picture)
      written.append(picture)
    }
    return written
  }
}
