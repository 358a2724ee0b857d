// Landsat products, STAC items over products, and photographs with footprints.

import Foundation
import Imagery
import Scenes
import TestSupport
import Testing

@Suite("Landsat products") struct LandsatProductTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Level 2: reflectance and temperature with their own scales, quality layers set aside")
  func surface() throws {
    let product = try MadeProducts.make("landsat", folder.path)
    let found = try MadeProducts.find(product)
    let recipe = try #require(found.recipes.first)
    #expect(found.recipes.count == 1)
    let names = (1...7).map { "SR_B\($0)" } + ["ST_B10"]
    #expect(recipe.bands.map(\.name) == names)
    for band in recipe.bands.prefix(7) {
      #expect(band.scale == 2.75e-5)
      #expect(band.offset == -0.2)
      #expect(band.unit == "reflectance")
      #expect(band.nodata == 0)
    }
    #expect(recipe.bands[7].scale == 0.00341802)
    #expect(recipe.bands[7].offset == 149)
    #expect(recipe.bands[7].unit == "K")
    #expect(recipe.bands.map(\.wavelength).first == 0.443)
    #expect(recipe.acquired == AcquisitionTime("2020-05-18T13:38:43Z"))
    #expect(
      found.remarks.contains {
        $0.hasPrefix("QA_PIXEL, QA_RADSAT, SR_QA_AEROSOL, ST_QA of ")
          && $0.hasSuffix("as in --mask QA_PIXEL:bits:0,1,2,3,4")
      })
    #expect(found.remarks.contains { $0.hasPrefix("ST_EMIS of ") && $0.contains("left out") })
  }

  @Test("Level 1: reflectance at the top of the atmosphere, radiance for the thermal bands")
  func topOfAtmosphere() throws {
    let product = try MadeProducts.make("landsat", folder.path, "level=L1TP")
    let recipe = try #require(
      try MadeProducts.find(product) {
        $0.masks = [try MaskChoice("qa_pixel:bits:1,3,4")]
      }.recipes.first)
    #expect(recipe.bands.map(\.name) == (1...11).map { "B\($0)" })
    #expect(recipe.bands[3].scale == 2e-5)
    #expect(recipe.bands[3].offset == -0.1)
    #expect(recipe.bands[9].scale == 3.342e-4)
    #expect(recipe.bands[9].unit == "W/(m2 sr um)")
    #expect(recipe.masks.map(\.bits) == [[1, 3, 4]])
    #expect(recipe.masks[0].raster.hasSuffix("_QA_PIXEL.TIF"))
  }

  @Test("A folder of products, its pattern and a list of it give the same scenes in one order")
  func ways() throws {
    let surface = try MadeProducts.make("landsat", folder.file("all"))
    let top = try MadeProducts.make("landsat", folder.file("all"), "level=L1TP")
    let expected = [top, surface]
    #expect(try MadeProducts.find(folder.file("all")).recipes.map(\.source) == expected)
    let pattern = folder.file("all/LC08_*")
    #expect(try MadeProducts.find(pattern).recipes.map(\.source) == expected)
    try folder.write("# both\n\"\(top)\"\n\n\(surface)\n", to: "list.txt")
    #expect(
      try MadeProducts.find("@" + folder.file("list.txt")).recipes.map(\.source) == expected)
    #expect(MadeProducts.refusal(folder.file("all"), top).contains("is given twice"))
  }
}

@Suite("STAC items") struct CatalogueTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Items of a collection are scenes: names, wavelengths, scales and dates are theirs")
  func collection() throws {
    let safe = try MadeProducts.make("safe", folder.path)
    let landsat = try MadeProducts.make("landsat", folder.path)
    let items = try MadeProducts.make(
      "stac", folder.path, "sentinel=\(URL(fileURLWithPath: safe).lastPathComponent)",
      "landsat=\(URL(fileURLWithPath: landsat).lastPathComponent)")
    let found = try MadeProducts.find(items)
    #expect(found.recipes.map(\.name) == ["sentinel", "landsat"])
    #expect(found.recipes.map(\.source) == [items + "#sentinel", items + "#landsat"])
    #expect(found.recipes[0].bands.map(\.name) == ["B03", "B04"])
    let chosen = try MadeProducts.find(items) { $0.assets = ["red", "green"] }.recipes
    #expect(chosen.map { $0.bands.map(\.name) } == [["B04", "B03"], ["B4", "B3"]])
    #expect(chosen.map { $0.bands.map(\.color) } == [["red", "green"], ["red", "green"]])
    #expect(chosen[0].bands.map(\.wavelength) == [0.665, 0.56])
    #expect(chosen[0].bands[0].scale == 1e-4)
    #expect(chosen[1].bands[0].offset == -0.2)
    #expect(chosen[1].bands[0].nodata == 0)
    #expect(chosen[0].acquired == AcquisitionTime("2020-05-18T13:52:11Z"))
    let direct = try MadeProducts.find(safe) { $0.bands = ["B04"] }.recipes[0].bands[0]
    #expect(
      try MadeProducts.sums([chosen[0].bands[0].raster]) == MadeProducts.sums([direct.raster]))
    #expect(BandMatching.order(of: chosen[1].bands, as: chosen[0].bands) == [0, 1])
    #expect(
      MadeProducts.refusal(items) { $0.assets = ["blue"] }
        == "the item \(items)#sentinel has no asset blue with a file; it has SCL, green, red.")
    #expect(found.remarks.contains { $0.hasPrefix("SCL of sentinel") })
  }

  @Test("An offset that a catalogue has applied and repeats is refused")
  func appliedTwice() throws {
    let item = """
      {"type": "Feature", "stac_version": "1.0.0", "id": "a", "properties":
      {"datetime": null, "start_datetime": "2023-01-02T00:00:00Z",
      "earthsearch:boa_offset_applied": true}, "assets": {"red": {"href": "https://x.org/B04.tif",
      "roles": ["data"], "raster:bands": [{"scale": 0.0001, "offset": -0.1, "nodata": "nan"}],
      "type": "image/tiff; application=geotiff"}}}
      """
    try folder.write(item, to: "item.json")
    let path = folder.file("item.json")
    #expect(
      MadeProducts.refusal(path).contains("boa_offset_applied says that the offset is applied"))
    let recipe = try MadeProducts.find(path) { $0.saysOffset = true }.recipes[0]
    #expect(recipe.bands[0].raster == "/vsicurl/https://x.org/B04.tif")
    #expect(recipe.acquired == AcquisitionTime("2023-01-02T00:00:00Z"))
    try folder.write(item.replacing("\"id\": \"a\",", with: ""), to: "item.json")
    #expect(
      MadeProducts.refusal(path)
        == "cannot read \(path): it is no STAC item or collection of items: id is missing")
  }
}

@Suite("Footprints in a layer") struct FootprintTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("fMoW's metadata become footprints, and its photographs scenes with corners and dates")
  func photographs() throws {
    let root = try MadeProducts.make("fmow", folder.file("fmow"))
    try FileManager.default.removeItem(
      atPath: root + "/train/airport/airport_0/airport_0_3_rgb.jpg")
    let layer = folder.file("images.geojson")
    let outcome = try run(Repository.root + "/scripts/fmow-footprints", [root, layer])
    #expect(outcome.status == 0)
    #expect(outcome.output == "3 footprints in \(layer), 1 left out\n")
    #expect(outcome.errors.contains("airport_0_3_rgb.json has no image beside it"))
    let source = FootprintSource(layer: layer, pathField: "path", dateField: "date")
    let found = try MadeProducts.find(root) { $0.footprints = source }
    #expect(found.recipes.map(\.name) == (0..<3).map { "airport_0_\($0)_rgb.jpg" })
    #expect(found.recipes[1].acquired == AcquisitionTime("2016-02-02T09:24:45Z"))
    let corners = try #require(found.recipes[1].corners)
    #expect(corners.upperLeft == GeographicPoint(longitude: 10.001, latitude: 50.002))
    #expect(corners.upperRight == GeographicPoint(longitude: 10.005, latitude: 50.002))
    #expect(corners.lowerRight == GeographicPoint(longitude: 10.005, latitude: 50))
    #expect(corners.lowerLeft == GeographicPoint(longitude: 10.001, latitude: 50))
    #expect(found.recipes[0].bands.map(\.color) == ["red", "green", "blue"])
    RasterLibrary.initialize()
    var options = InputOptions()
    options.footprints = source
    #expect(try SceneInputs.recipes(for: [], options: options).recipes == found.recipes)
    #expect(MadeProducts.refusal(root).contains("give footprints with --footprints"))
    #expect(
      MadeProducts.refusal(root) { options in
        options.footprints = FootprintSource(layer: layer, pathField: "file")
      }.contains("it has no field file; it has path, date, gsd, category, country."))
  }

  @Test("A layer in another system gives degrees; images that it lacks are named")
  func projected() throws {
    let root = try MadeProducts.make("fmow", folder.file("fmow"))
    let layer = folder.file("images.geojson")
    _ = try run(Repository.root + "/scripts/fmow-footprints", [root, layer])
    let warped = folder.file("images.gpkg")
    let outcome = try run(
      "/usr/bin/ogr2ogr", ["-t_srs", "EPSG:32632", "-where", "gsd > 0", warped, layer])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let source = FootprintSource(layer: warped, pathField: "path", dateField: "date")
    let recipes = try MadeProducts.find(root) { $0.footprints = source }.recipes
    for (recipe, number) in zip(recipes, 0...) {
      let corners = try #require(recipe.corners)
      #expect(abs(corners.upperLeft.longitude - 10 - Double(number) * 0.001) < 1e-8)
      #expect(abs(corners.upperLeft.latitude - 50.002) < 1e-8)
      #expect(recipe.acquired != nil)
    }
    let three = folder.file("three.geojson")
    _ = try run("/usr/bin/ogr2ogr", ["-where", "date < '2016-04-01'", three, layer])
    let fewer = FootprintSource(layer: three, pathField: "path")
    let found = try MadeProducts.find(root) { $0.footprints = fewer }
    #expect(found.recipes.count == 3)
    #expect(
      found.remarks.contains {
        $0.hasSuffix(
          "is named by no feature of three.geojson and is left out: airport_0_3_rgb.jpg")
      })
    let image = root + "/train/airport/airport_0/airport_0_3_rgb.jpg"
    #expect(
      MadeProducts.refusal(image) { $0.footprints = fewer }
        == "no feature of \(three) names \(image), and it has no georeference.")
    #expect(
      MadeProducts.refusal(image) { options in
        options.footprints = FootprintSource(layer: image, pathField: "path")
      }.hasPrefix("cannot use \(image): "))
  }

  /// Writes a layer with one polygon for the first photograph.
  private func layer(_ ring: [[Double]]) throws -> FootprintSource {
    let polygon = ring + ring.prefix(1)
    try folder.write(
      """
      {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"path":
      "fmow/train/airport/airport_0/airport_0_0_rgb.jpg"}, "geometry": {"type": "Polygon",
      "coordinates": [\(polygon)]}}]}
      """, to: "one.geojson")
    return FootprintSource(layer: folder.file("one.geojson"), pathField: "path")
  }

  @Test("Corners come to their places from any first corner, in any direction, across 180°")
  func corners() throws {
    _ = try MadeProducts.make("fmow", folder.file("fmow"), "images=1")
    // Turned by some degrees, about 60° north, where a degree of longitude is half as long.
    let turned = [[10.0, 60.02], [10.04, 60.03], [10.05, 60.01], [10.01, 60.0]]
    let across = [[179.99, -5.0], [-179.99, -5.0], [-179.99, -5.01], [179.99, -5.01]]
    let dense = [[10.0, 50.002], [10.002, 50.002], [10.004, 50.002], [10.004, 50], [10, 50]]
    for (ring, expected) in [
      (turned, turned), (across, across),
      (dense, [dense[0], dense[2], dense[3], dense[4]]),
    ] {
      for start in ring.indices {
        let shifted = Array(ring[start...] + ring[..<start])
        for order in [shifted, Array(shifted.reversed())] {
          let source = try layer(order)
          let recipe = try MadeProducts.find(folder.file("fmow")) { $0.footprints = source }
            .recipes[0]
          let found = try #require(recipe.corners).points.map { [$0.longitude, $0.latitude] }
          #expect(found == expected)
        }
      }
    }
    for wrong in [Array(turned.prefix(3)), [[0, 0], [1, 0], [2, 0], [3, 0]]] {
      let source = try layer(wrong)
      #expect(
        MadeProducts.refusal(folder.file("fmow")) { $0.footprints = source }
          .contains("has no four corners that an image could have"))
    }
  }
}
