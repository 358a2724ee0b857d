// `terrane inspect --picture` and `--sheet` on a dataset that terrane-ingest made.

import Foundation
import TestSupport
import Testing

@Suite("terrane inspect: pictures") struct InspectPictureTests {
  private func isPicture(_ path: String) throws -> Bool {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    return bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
      && bytes.count > 10_000
  }

  @Test("Both pictures in one call, each where it was told")
  func both() throws {
    let scratch = try TemporaryFolder()
    let (map, sheet) = (scratch.file("map.png"), scratch.file("chips.png"))
    let data = try SampleDataset.folder()
    let outcome = try terrane("inspect", data, "--picture", map, "--sheet", sheet)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "wrote \(map)\nwrote \(sheet)\n" && outcome.errors == "")
    #expect(try isPicture(map) && isPicture(sheet))

    let other = scratch.file("other.png")
    let grey = try terrane("inspect", data, "--sheet", other, "--bands", "green", "--seed", "7")
    #expect(grey.status == 0, "\(grey.errors)")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: other))
        != Data(contentsOf: URL(fileURLWithPath: sheet)))
  }

  @Test(
    "What cannot be drawn is refused with its reason, and nothing is written",
    arguments: [
      (["--picture", "map.pdf"], "Error: map.pdf does not end in .png"),
      (["--sheet", "/no/where/x.png"], "Error: /no/where/x.png cannot be written: there is no"),
      (["--bands", "3,2,1"], "Error: --bands is about a sheet of chips; name its file by --sheet"),
      (["--seed", "3"], "Error: --seed is about a sheet of chips; name its file by --sheet"),
      (["--picture", "m.png", "--sheet", "m.png"], "Error: --picture and --sheet name the same"),
      (["--picture", "m.png", "--check"], "Error: --picture and --sheet draw; --check is for"),
      (["--sheet", "m.png", "--seed", "-1"], "Error: "),
    ])
  func refused(options: [String], message: String) throws {
    let outcome = try run(Repository.terrane, ["inspect", SampleDataset.folder()] + options)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix(message), "\(outcome.errors)")
    #expect(outcome.output == "")
  }

  @Test("Bands that there are not, and what is no dataset, are named")
  func named() throws {
    let scratch = try TemporaryFolder()
    let path = scratch.file("x.png")
    let unknown = try terrane(
      "inspect", SampleDataset.folder(), "--sheet", path, "--bands", "nir")
    #expect(unknown.status == 64)
    #expect(
      unknown.errors
        == "Error: --bands: the dataset has no band 'nir'; it has 1 red, 2 green, 3 blue\n")
    let other = try terrane("inspect", scratch.path, "--picture", path)
    #expect(other.status == 1)
    #expect(
      other.errors
        == "Error: --picture and --sheet draw a dataset, and \(scratch.path) is not a dataset's "
        + "folder: it has no dataset.json\n")
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
