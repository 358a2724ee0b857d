// The options of `terrane probe` that say what is written, and the writing.

import ArgumentParser
import Basics
import Pictures
import Probing

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

  @Flag(help: "Replace files that are there.")
  var overwrite = false

  func validate() throws {
    if mapWith != nil && !drawsMap {
      throw ValidationError("--map-with goes with --map or --picture.")
    }
  }

  private var drawsMap: Bool { map != nil || picture != nil }

  /// Keeps the files for this process, before anything is computed.
  /// - Parameter sources: names of what is read.
  /// - Throws: `PictureError`, `OutputError`, `ProbeTableError`, `FileError`.
  func claim(beside sources: [String]) throws -> OutputClaim {
    for picture in [confusion, picture].compactMap({ $0 }) { try PictureFile.check(picture) }
    try checkApart(from: sources)
    if let csv {
      try OutputFile("--csv", csv).check(overwrites: true)
      try ProbeReport.checkTable(at: csv)
    }
    let claim = try OutputClaim(files, overwrites: overwrite)
    if let map { try OutputFile("--map", map).check(endsIn: [".tif", ".tiff"], as: "a GeoTIFF") }
    return claim
  }

  /// - Throws: `OutputError`.
  func checkApart(from sources: [String]) throws(OutputError) {
    let table = csv.map { [OutputFile("--csv", $0)] } ?? []
    try OutputFile.checkApart(files + table, from: sources)
  }

  /// Those that are made; rows are added to a table by whoever comes.
  private var files: [OutputFile] {
    let options = [
      ("--json", json), ("--confusion", confusion), ("--map", map), ("--picture", picture),
      ("--save", save),
    ]
    return options.compactMap { option, path in path.map { OutputFile(option, $0) } }
  }

  /// Whether labels of a kind can be drawn as is asked for.
  /// - Throws: `ValidationError`.
  func check(_ kind: ProbeTarget.Kind, by probeProtocol: ProbeProtocol) throws {
    if confusion != nil && kind == .numbers {
      throw ValidationError("--confusion draws classes, and these labels are numbers.")
    }
    let names = probeProtocol.methods(for: kind).map(\.name)
    if let mapWith, !names.contains(mapWith) {
      throw ValidationError(
        "--map-with is '\(mapWith)'; the probes of \(kind.rawValue) by this protocol are "
          + "\(names.joined(separator: ", ")).")
    }
  }

  /// Writes what is asked for.
  /// - Returns: the files.
  func write(
    _ outcome: ProbeOutcome, of run: ProbeRun
  ) throws -> [String] {
    var written: [String] = []
    if record {
      let folder = run.trained.run.folder
      try outcome.report.appendRecords(to: folder)
      written.append(folder.probes)
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
      try ProbePictures.confusion(of: outcome.report)?.write(to: confusion)
      written.append(confusion)
    }
    if drawsMap { written += try drawMap(outcome, of: run) }
    return written
  }

  private func drawMap(
    _ outcome: ProbeOutcome, of run: ProbeRun
  ) throws -> [String] {
    let own = outcome.results.filter { $0.features == outcome.results[0].features }
    let name = mapWith ?? outcome.report.best?.method
    guard let result = own.last(where: { $0.method.name == name }) ?? own.last else { return [] }
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
        of: probed, outcome, method: result.method.name, reader: run.survey.reader(of: scene),
        bands: run.trained.bands, places: outcome.places.filter { $0.scene == scene })
      try sheet.write(to: picture)
      written.append(picture)
    }
    return written
  }
}
