// `terrane inspect`: what a path holds.

import ArgumentParser
import Basics
import Examination
import Observability

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describe a dataset, a run, a checkpoint or a file of one in a few lines.",
    discussion: """
      Of a dataset it also draws pictures: a map with chips, held-out ones among them, scenes, \
      shards and the links between scenes; and a sheet of chips.

      Examples:

        terrane inspect data/mine --picture map.png
        terrane inspect data/mine --sheet chips.png --bands B8,B4,B3

      And it says which shards go to which machine, so that each has a compact part of the map, in \
      lists for rsync:

        terrane inspect data/mine --place hosts --copies 2
      """)

  @Argument(
    help: "A folder made by terrane-ingest or terrane train, or a folder or file in such a one.")
  var path: String

  @Flag(
    help: """
      Read every shard of a dataset and hold it against its digest in dataset.json; status 1 if \
      one is wrong.
      """)
  var check = false

  @Flag(help: "List every scene, band and tensor, where otherwise only the first ones are.")
  var all = false

  @Option(
    help: ArgumentHelp("Draw where a dataset's chips lie, on a map.", valueName: "file.png"))
  var picture: String?

  @Option(
    help: ArgumentHelp("Draw some of a dataset's chips, chosen by lot.", valueName: "file.png"))
  var sheet: String?

  @Option(
    help: ArgumentHelp(
      "Bands of the sheet as red, green and blue, or one as grey: names, or places counted from 1.",
      valueName: "bands"))
  var bands: String?

  @Option(help: ArgumentHelp("Which chips the sheet shows: 0 when it is not given."))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Which shards go to which of the machines in this file, as Cluster/ssh/start reads it; "
        + "the lists are written to FILE.lists.", valueName: "file"))
  var place: String?

  @Option(help: ArgumentHelp("On how many machines each shard is: 1 when it is not given."))
  var copies: Int?

  func validate() throws {
    if place != nil && (check || all || picture != nil || sheet != nil) {
      throw ValidationError("--place writes lists; the rest is for calls of their own")
    }
    if let copies, copies < 1 || place == nil {
      throw ValidationError(
        place == nil
          ? "--copies is about machines; name their file by --place"
          : "--copies must be at least 1, found \(copies)")
    }
    let pictures = [picture, sheet].compactMap(\.self)
    for path in pictures {
      if let objection = Reconstruction.objection(toPicture: path) {
        throw ValidationError(objection)
      }
    }
    if pictures.count == 2 && pictures[0] == pictures[1] {
      throw ValidationError("--picture and --sheet name the same file; give each its own")
    }
    if !pictures.isEmpty && (check || all) {
      throw ValidationError(
        "--picture and --sheet draw; \(check ? "--check" : "--all") is for a call of its own")
    }
    for (option, isGiven) in [("--bands", bands != nil), ("--seed", seed != nil)]
    where isGiven && sheet == nil {
      throw ValidationError("\(option) is about a sheet of chips; name its file by --sheet")
    }
  }

  func run() throws {
    if let place {
      let lists = try PlacementLists(of: path, hostsFile: place, copies: copies ?? 1)
      return try Answer.print(try lists.write(), terminator: "")
    }
    if picture != nil || sheet != nil { return try draw() }
    guard check else {
      return try Answer.print(try Inspection.describe(path, all: all), terminator: "")
    }
    let outcome = try DatasetCheck(folder: path, console: Console())
    try Answer.print(outcome.text, terminator: "")
    if !outcome.isSound { throw ExitCode(1) }
  }

  private func draw() throws {
    let pictures = try DatasetPictures(of: path)
    if let picture {
      try pictures.drawMap(to: picture)
      try Answer.print("wrote \(picture)")
    }
    if let sheet {
      try pictures.drawSheet(to: sheet, bands: bands, seed: seed ?? 0)
      try Answer.print("wrote \(sheet)")
    }
  }
}
