// Datasets of scenes in several coordinate systems and containers, and around the globe. GDAL's own
// programs make the scenes.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Scenes of several coordinate systems") struct CoordinateSystemTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func gdal(_ program: String, _ arguments: [String]) throws {
    let outcome = try run("/usr/bin/" + program, arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func dataset(_ scenes: [String], _ options: [String], named name: String = "out") throws
    -> Dataset
  {
    let outcome = try run(Repository.ingest, [folder.file(name)] + scenes + options)
    try #require(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    return try Dataset(folder: folder.file(name))
  }

  /// Chips of 256 pixels of a raster of its own at a place, in an EPSG system.
  private func scene(_ name: String, code: Int, left: Double, top: Double, pixel: Double) throws
    -> String
  {
    let plain = try SyntheticScene(width: 256, height: 256).write(name + ".img", in: folder)
    let path = folder.file(name + ".tif")
    let size = 256 * pixel
    try gdal(
      "gdal_translate",
      ["-q", "-a_srs", "EPSG:\(code)", "-a_ullr"]
        + [left, top, left + size, top - size].map { "\($0)" } + [plain, path])
    return path
  }

  @Test("Equal scenes in other containers become equal shards")
  func containers() throws {
    let raster = try scene("a", code: 32633, left: 500_000, top: 5_002_560, pixel: 10)
    let names = ["tif", "vrt", "img"]
    var digests: Set<String> = []
    for name in names {
      try Files.createFolder(folder.file(name))
      let path = folder.file(name + "/scene")
      try gdal(
        "gdal_translate",
        ["-q", "-of", ["tif": "GTiff", "vrt": "VRT", "img": "ENVI"][name]!, raster, path])
      let dataset = try dataset(
        [path], ["--chip-side", "64", "--stride", "48"], named: "out-" + name)
      #expect(dataset.description.referenceSystems.map(\.authority) == ["EPSG:32633"])
      digests.insert(dataset.description.shards.map { "\($0.digest)" }.joined())
    }
    #expect(digests.count == 1)
  }

  @Test("Tiles that touch at 180 degrees are linked as tiles anywhere else")
  func antimeridian() throws {
    let pixel = 0.0001
    let options = ["--chip-side", "64", "--stride", "48", "--holdout", "0"]
    let west = try scene("west", code: 4326, left: 180 - 256 * pixel, top: 65, pixel: pixel)
    let east = try scene("east", code: 4326, left: -180, top: 65, pixel: pixel)
    #expect(try dataset([west, east], options).description.summary.links == 157)
    let edge = 20_037_508.342789244
    let left = try scene("left", code: 3857, left: edge - 2560, top: 5e6, pixel: 10)
    let right = try scene("right", code: 3857, left: -edge, top: 5e6, pixel: 10)
    #expect(try dataset([left, right], options, named: "b").description.summary.links == 157)
  }

  @Test("A place with longitudes of 190 and of -170 is never both held out and trained on")
  func longitudes() throws {
    let twins = try [190.0, -170].map {
      try scene("at\($0)", code: 4326, left: $0, top: 65, pixel: 0.0001)
    }
    let dataset = try dataset(twins, ["--chip-side", "64", "--stride", "48"])
    #expect(dataset.description.summary.linksByIoU[10] > 0)
    func places(_ shards: [ShardDescription]) throws -> Set<[Int]> {
      let records = try shards.flatMap {
        try ShardFile(dataset.path(of: $0)).chips.filter { !$0.isBorderCopy }
      }
      return Set(records.map { [$0.column, $0.row] })
    }
    let training = try places(dataset.description.trainingShards)
    let heldOut = try places(dataset.description.holdoutShards)
    #expect(!heldOut.isEmpty && training.isDisjoint(with: heldOut))
  }

  @Test("A Landsat scene beside itself in another zone and on Mercator's map")
  func landsat() throws {
    let original = Repository.landsat[0]
    let warped = try [32620, 3857].map { code in
      let path = folder.file("\(code).tif")
      try gdal("gdalwarp", ["-q", "-t_srs", "EPSG:\(code)", original, path])
      return path
    }
    let dataset = try dataset([original] + warped, ["--chip-side", "128", "--stride", "128"])
    #expect(
      dataset.description.referenceSystems.map(\.authority)
        == ["EPSG:32621", "EPSG:32620", "EPSG:3857"])
    // Each chip of the original lies under chips of both copies.
    for shard in dataset.description.trainingShards {
      let file = try ShardFile(dataset.path(of: shard))
      for (index, chip) in file.chips.enumerated() where !chip.isBorderCopy {
        let links = file.directory.neighbours(of: index)
        let others = Set(links.map { file.chips[$0.chip].scene })
        for link in links {
          let isAcross = file.chips[link.chip].scene != chip.scene
          #expect(isAcross == (link.placement != nil))
        }
        if links.count > 8 { #expect(others.count >= 2) }
      }
    }
  }
}
