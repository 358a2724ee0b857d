// Labels of patches from files that GDAL makes: features and rasters, of the grid's own system and
// of another one. GDAL's own rasterizing and numpy judge.

import Basics
import Foundation
import Imagery
import Maps
import Scenes
import TestSupport
import Testing

@Suite("Labels") struct LabelTests {
  /// 40 × 30 patches of 50 m in UTM zone 33.
  private static let grid = RasterGrid(
    width: 40, height: 30,
    transform: AffineTransform(
      originX: 500_000, columnX: 50, rowX: 0, originY: 5_001_500, columnY: 0, rowY: -50))

  private static func reference() throws -> SpatialReference {
    try #require(SpatialReference(definition: "EPSG:32633"))
  }

  /// Writes features: `layer(file, crs, fields, features)`, each of them WKT and its values.
  private static let features = """
    from osgeo import ogr
    ogr.UseExceptions()

    def system(crs):
        result = osr.SpatialReference()
        result.SetFromUserInput(crs)
        result.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        return result

    def layer(file, crs, fields, features, to=None):
        out = ogr.GetDriverByName("GPKG").CreateDataSource(file)
        target = out.CreateLayer("labels", system(to or crs) if crs else None)
        for name, kind in fields: target.CreateField(ogr.FieldDefn(name, kind))
        for wkt, *values in features:
            feature = ogr.Feature(target.GetLayerDefn())
            if wkt:
                shape = ogr.CreateGeometryFromWkt(wkt)
                if to: shape.Transform(osr.CoordinateTransformation(system(crs), system(to)))
                feature.SetGeometry(shape)
            for (name, _), value in zip(fields, values):
                if value is not None: feature.SetField(name, value)
            target.CreateFeature(feature)

    SHAPES = [
        ("POINT (500010 5001490)", "water", "train"),
        ("POINT (501999 5000001)", "crop", "test"),
        ("POINT (400000 5000000)", "crop", "train"),
        ("POLYGON ((500500 5001200, 501100 5001300, 501200 5000700, 500490 5000600, 500500 5001200))",
         "tree", "Training"),
        ("MULTIPOINT ((500130 5000130), (500260 5000130))", "water", "val"),
        ("POINT (500700 5000900)", "crop", "train"), ("POINT (500710 5000810)", "tree", "test"),
        ("LINESTRING (500000 5000000, 501000 5001000)", "road", "train"),
        ("POINT (500310 5000130)", None, "train"), (None, "tree", "train"),
        ("POINT (500410 5000130)", "water", None)]
    FIELDS = [("name", ogr.OFTString), ("part", ogr.OFTString)]

    """

  @Test("Points label the patch that holds them, polygons those whose middles they cover")
  func shapes() throws {
    let made = try JudgedScenes(
      Self.features + """
        for file, to in (("same.gpkg", None), ("degrees.gpkg", "EPSG:4326")):
            layer(file, "EPSG:32633", FIELDS, SHAPES, to)
        burnt = gdal.GetDriverByName("MEM").Create("", 40, 30, 1, 1)
        burnt.SetGeoTransform((500000, 50, 0, 5001500, 0, -50))
        layer("one.gpkg", "EPSG:32633", FIELDS, SHAPES[3:4])
        one = ogr.Open("one.gpkg")
        gdal.RasterizeLayer(burnt, [1], one.GetLayer(0), burn_values=[1])
        burnt.ReadAsArray().tofile("burnt")
        """)
    let burnt = try Data(contentsOf: URL(fileURLWithPath: made.folder.file("burnt")))
    let inside = burnt.indices.filter { burnt[$0] == 1 }
    #expect(inside.count > 100)
    for file in ["same.gpkg", "degrees.gpkg"] {
      let layer = try LabelLayer(
        path: made.folder.file(file), field: "name", split: "part")
      let census = layer.census
      #expect(census.usable == 8 && census.unlabelled == 1)
      #expect(census.shapeless == 2 && census.roleless == 1)
      let found = try layer.patches(
        on: Self.grid, in: Self.reference(), needsRole: true)
      // The point of a crop in the tree polygon contradicts it.
      #expect(found.contradictions == 1)
      #expect(found.features.count == 6)
      let trees = found.patches.filter { $0.label == .text("tree") }
      let places = Set(trees.map { $0.row * 40 + $0.column })
      // Middles within a hair of an edge may fall on either side on the way through degrees.
      #expect(places.symmetricDifference(inside).count <= (file == "same.gpkg" ? 1 : 2))
      let others = found.patches.filter { $0.label != .text("tree") }
      #expect(others.map(\.column) == [0, 2, 5, 39] && others.map(\.row) == [0, 27, 27, 29])
      #expect(others.map(\.role) == [.train, .val, .val, .test])
      // A tree's point for the test takes its patch from the polygon to train on.
      #expect(trees.filter { $0.role == .test }.map { [$0.column, $0.row] } == [[14, 13]])
      #expect(trees.count { $0.role == .train } == trees.count - 1)
    }
    // Without roles the one that has none labels too.
    let plain = try LabelLayer(
      path: made.folder.file("same.gpkg"), field: "name", split: nil)
    let found = try plain.patches(on: Self.grid, in: Self.reference(), needsRole: false)
    #expect(found.features.count == 7 && found.patches.allSatisfy { $0.role == nil })
  }

  @Test("Fields of numbers give numbers, without NaN and null")
  func numbers() throws {
    let made = try JudgedScenes(
      Self.features + """
        layer("n.gpkg", "EPSG:32633", [("height", ogr.OFTReal)], [
            ("POINT (500010 5001490)", 2.5), ("POINT (500110 5001490)", float("nan")),
            ("POINT (500210 5001490)", None), ("POINT (500310 5001490)", -1.0)])
        layer("i.gpkg", "EPSG:32633", [("kind", ogr.OFTInteger64)],
              [("POINT (500010 5001490)", 7)])
        """)
    let layer = try LabelLayer(path: made.folder.file("n.gpkg"), field: nil, split: nil)
    #expect(layer.field == "height" && layer.census.unlabelled == 2)
    let found = try layer.patches(on: Self.grid, in: Self.reference(), needsRole: false)
    #expect(found.patches.map(\.label) == [.number(2.5), .number(-1)])
    #expect(found.patches.map(\.number) == [2.5, -1])
    let whole = try LabelLayer(path: made.folder.file("i.gpkg"), field: nil, split: nil)
    let seven = try whole.patches(on: Self.grid, in: Self.reference(), needsRole: false)
    #expect(seven.patches.map(\.label) == [.integer(7)])
  }

  @Test("What is no label is refused with what to do")
  func refusals() throws {
    let made = try JudgedScenes(
      Self.features + """
        layer("two.gpkg", "EPSG:32633", FIELDS, SHAPES)
        layer("lines.gpkg", "EPSG:32633", FIELDS, SHAPES[7:8])
        layer("empty.gpkg", "EPSG:32633", FIELDS, [])
        layer("null.gpkg", "EPSG:32633", FIELDS, [
            ("POINT (1 2)", None, "train"), ("POINT (1 3)", "", "test"), (None, "tree", "train")])
        layer("role.gpkg", "EPSG:32633", FIELDS, [("POINT (1 2)", "water", "holdout")])
        layer("nowhere.gpkg", None, FIELDS, SHAPES)
        layer("one.gpkg", "EPSG:32633", [("name", ogr.OFTString)], [("POINT (1 2)", "train")])
        """)
    func problem(_ file: String, _ field: String?, split: String? = nil) -> String {
      do {
        _ = try LabelLayer(path: made.folder.file(file), field: field, split: split)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(problem("two.gpkg", nil).hasSuffix("Say with --field which one holds the labels."))
    #expect(problem("two.gpkg", nil, split: "part") == "none")
    #expect(
      problem("one.gpkg", nil, split: "name").contains(
        "have no field but name, which --split takes for train and test"))
    #expect(problem("two.gpkg", "class").contains("has no field class. Its fields are name, part."))
    #expect(problem("lines.gpkg", "name").contains("holds no point and no polygon"))
    #expect(problem("empty.gpkg", "name").contains("is empty: it has no feature"))
    #expect(problem("null.gpkg", "name").contains("says nothing of any of its 2 features"))
    #expect(problem("role.gpkg", "name", split: "part").contains("has the value holdout"))
    #expect(problem("absent.gpkg", "name").contains("cannot read the labels"))
    #expect(problem("nowhere.gpkg", "name").contains("does not say its coordinate reference"))
    try made.folder.write("not a raster", to: "text.txt")
    #expect(!LabelLayer.holdsFeatures(made.folder.file("text.txt")))
    #expect(throws: SceneError.self) {
      try LabelRaster(path: made.folder.file("text.txt"), band: nil)
    }
  }

  @Test("A raster's patches have the mean and the commonest of their pixels, as numpy has them")
  func raster() throws {
    let made = try JudgedScenes(
      """
      noise = np.random.default_rng(4)
      values = noise.integers(1, 5, (150, 200)).astype("uint8")
      values[:20, :23] = 0
      place = (500000, 10, 0, 5001500, 0, -10)
      save("classes.tif", np.stack([values, values]), place, nodata=0)
      smooth = (np.mgrid[0:150, 0:200][1] * 0.5 + 3).astype("float32")
      out = save("smooth.tif", smooth, place)
      out.GetRasterBand(1).SetScale(2); out.GetRasterBand(1).SetOffset(-1)
      out = None
      save("plain.tif", smooth, place)
      gdal.Warp("degrees.tif", "plain.tif", dstSRS="EPSG:4326", resampleAlg="bilinear",
                dstNodata=-9999)
      blocks = values.reshape(30, 5, 40, 5).swapaxes(1, 2).reshape(30, 40, 25)
      counts = np.stack([(blocks == v).sum(2) for v in range(1, 5)], 2)
      common = np.where((blocks > 0).sum(2) * 2 >= 25, counts.argmax(2) + 1, 0)
      common.astype("uint8").tofile("common")
      """)
    let common = try Data(contentsOf: URL(fileURLWithPath: made.folder.file("common")))
    #expect(throws: LabelError.chooseBand(path: made.folder.file("classes.tif"), count: 2)) {
      try LabelRaster(path: made.folder.file("classes.tif"), band: nil)
    }
    let classes = try LabelRaster(path: made.folder.file("classes.tif"), band: 2)
    let found = try classes.patches(on: Self.grid, in: Self.reference())
    var labels = [UInt8](repeating: 0, count: 1200)
    for patch in found {
      if case .integer(let value) = patch.label {
        labels[patch.row * 40 + patch.column] = UInt8(value)
      }
    }
    #expect(labels == Array(common) && labels.contains(0))
    for file in ["smooth.tif", "degrees.tif"] {
      let smooth = try LabelRaster(path: made.folder.file(file), band: nil)
      let means = try smooth.patches(on: Self.grid, in: Self.reference())
      #expect(means.count == 1200 || file == "degrees.tif" && means.count > 1100)
      let worst = means.map { patch in
        let mean = (Double(patch.column) * 5 + 2) * 0.5 + 3
        // The one in degrees has no scale and offset.
        return abs(patch.number - (file == "smooth.tif" ? 2 * mean - 1 : mean))
      }.max()
      // Through degrees a point is off by half a pixel at most, which is a quarter, and patches at
      // the edge are seen in part.
      #expect(worst! < (file == "smooth.tif" ? 1e-9 : 0.6))
    }
  }
}
