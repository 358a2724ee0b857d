// Products, catalogues and photographs, each made a dataset of by one command; GDAL reads them
// itself and judges every chip.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Datasets of products") struct JudgedDatasetTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What the judge is told of a scene.
  private struct JudgedRecipe: Encodable {
    struct JudgedLayer: Encodable {
      var raster: String
      var number: Int?
      var name: String?
      var values: [Int]?

      func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        try list.encode(raster)
        if let number { try list.encode(number) }
        if let name { try list.encode(name) }
        if let values { try list.encode(values) }
      }
    }
    var bands: [JudgedLayer]
    var nodata: Int?
    var scale: Double?
    var offset: Double?
    var masks: [JudgedLayer] = []
  }

  private func python(_ script: String, _ arguments: String...) throws -> String {
    let outcome = try run("/usr/bin/python3", [Self.products + script] + arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static let products = Repository.root + "/Tests/Products/"

  /// The path of a file in a folder, by how it ends.
  private func file(_ ending: String, in root: String) throws -> String {
    let names = try #require(FileManager.default.enumerator(atPath: root))
    let found = names.compactMap { $0 as? String }.filter { $0.hasSuffix(ending) }
    return root + "/" + (try #require(found.sorted().first))
  }

  private func dataset(_ arguments: String...) throws -> Dataset {
    let outcome = try run(
      Repository.ingest,
      [folder.file("out")] + arguments + ["--chip-side", "16", "--stride", "16", "--overwrite"])
    try #require(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    return try Dataset(folder: folder.file("out"))
  }

  /// Has every chip compared with what GDAL reads.
  private func judge(_ recipes: [String: JudgedRecipe]) throws {
    let task = folder.file("task.json")
    try JSONEncoder().encode(recipes).write(to: URL(fileURLWithPath: task))
    let outcome = try run(
      "/bin/bash",
      [
        "-c", "exec /usr/bin/python3 \"$0\" \"$1\" < \"$2\"", Self.products + "judge_chips.py",
        folder.file("out"), task,
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.hasSuffix(" chips, 0 of other values, 0 valid elsewhere\n"))
    #expect(!outcome.output.hasPrefix("0 "), "\(outcome.output)")
  }

  private func name(_ path: String) -> String {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
  }

  @Test("Sentinel-2 with clouds hidden, as a folder and as its archive")
  func sentinel() throws {
    let product = try python("products.py", "safe", folder.path)
    let metadata = product + "/MTD_MSIL2A.xml"
    let bands = ["B02", "B8A", "B09"]
    let recipe = JudgedRecipe(
      bands: bands.map { JudgedRecipe.JudgedLayer(raster: metadata, name: $0) }, nodata: 0,
      masks: [.init(raster: try file("SCL_20m.jp2", in: product), values: [0, 1, 3, 8, 9, 10])])
    let archive = folder.file(name(product) + ".zip")
    let zip = try run(
      "/usr/bin/python3",
      ["-m", "zipfile", "-c", archive, product])
    try #require(zip.status == 0, "\(zip.errors)")
    for input in [product, archive] {
      let description = try dataset(
        input, "--bands", "B02,B8A,B09", "--mask", "SCL:0,1,3,8-10", "--max-nodata", "0.9"
      ).description
      try judge([name(product): recipe])
      #expect(description.bands.map(\.name) == bands)
      #expect(description.bands.map(\.wavelength) == [0.4924, 0.8647, 0.9451])
      #expect(description.bands.allSatisfy { $0.scale == 1e-4 && $0.offset == -0.1 })
      #expect(description.scenes.map(\.acquired) == [AcquisitionTime("2020-05-18T13:52:11Z")])
    }
  }

  @Test("Sentinel-2 with and without the offset of its baseline become comparable")
  func baselines() throws {
    let new = try python("products.py", "safe", folder.path)
    let old = try python(
      "products.py", "safe", folder.path, "baseline=02.09", "offset=none",
      "sensed=20190518T135211")
    let description = try dataset(new, old, "--bands", "B03,B05").description
    #expect(description.pixelType == .float32)
    #expect(description.bands.allSatisfy { $0.scale == 1 && $0.offset == 0 })
    #expect(description.bands.map(\.unit) == ["reflectance", "reflectance"])
    try judge(
      Dictionary(
        uniqueKeysWithValues: [(new, -0.1), (old, 0)].map { product, offset in
          let metadata = product + "/MTD_MSIL2A.xml"
          return (
            name(product),
            JudgedRecipe(
              bands: [.init(raster: metadata, name: "B03"), .init(raster: metadata, name: "B05")],
              nodata: 0, scale: 1e-4, offset: offset)
          )
        }))
  }

  @Test("Landsat at level 2, and items of a catalogue over it and over Sentinel-2")
  func landsatAndItems() throws {
    let landsat = try python("products.py", "landsat", folder.path)
    func band(_ name: String) throws -> JudgedRecipe.JudgedLayer {
      .init(raster: try file("_\(name).TIF", in: landsat), number: 1)
    }
    let bands = try dataset(landsat, "--bands", "red,nir,ST_B10").description.bands
    try judge([
      name(landsat): JudgedRecipe(
        bands: try ["SR_B4", "SR_B5", "ST_B10"].map(band), nodata: 0)
    ])
    #expect(bands.map(\.scale) == [2.75e-05, 2.75e-05, 0.00341802])
    #expect(bands.map(\.offset) == [-0.2, -0.2, 149])
    #expect(bands.map(\.unit) == ["reflectance", "reflectance", "K"])
    let safe = try python("products.py", "safe", folder.path)
    let items = try python(
      "products.py", "stac", folder.path, "sentinel=\(name(safe)).SAFE",
      "landsat=\(name(landsat))")
    let scenes = try dataset(items, "--assets", "red,green").description.scenes
    #expect(scenes.map(\.name) == ["sentinel", "landsat"])
    let metadata = safe + "/MTD_MSIL2A.xml"
    try judge([
      "sentinel": JudgedRecipe(
        bands: [.init(raster: metadata, name: "B04"), .init(raster: metadata, name: "B03")],
        nodata: 0, scale: 1e-4, offset: -0.1),
      "landsat": JudgedRecipe(
        bands: try ["SR_B4", "SR_B3"].map(band), nodata: 0, scale: 2.75e-05, offset: -0.2),
    ])
  }

  @Test("Photographs whose places stand in fMoW's metadata")
  func photographs() throws {
    let root = try python("products.py", "fmow", folder.file("fmow"))
    let layer = folder.file("fmow/images.geojson")
    let made = try run(Repository.root + "/scripts/fmow-footprints", [root, layer])
    try #require(made.status == 0, "\(made.errors)")
    let description = try dataset(
      root, "--footprints", layer, "--footprint-path", "path", "--footprint-date", "date"
    ).description
    #expect(description.scenes.count == 4)
    #expect(description.scenes[1].acquired == AcquisitionTime("2016-02-02T09:24:45Z"))
    #expect(description.scenes[1].footprint.left == 10.001)
    // Rounding of their corners makes no other pixel size.
    #expect(!description.notes.contains { $0.contains("pixel sizes") }, "\(description.notes)")
    var recipes: [String: JudgedRecipe] = [:]
    for scene in description.scenes {
      let path = try file(scene.name, in: root)
      recipes[scene.name] = JudgedRecipe(bands: (1...3).map { .init(raster: path, number: $0) })
    }
    try judge(recipes)
  }
}
