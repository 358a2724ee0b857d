// What pixels are read as: formats, colour tables, scale and offset, held to GDAL's own reading.

import Basics
import Foundation
import Imagery
import Scenes
import Testing

@Suite("What pixels are") struct SceneValueTests {
  @Test("Bytes, 16-bit integers and floats are read as they are, whatever the file's layout")
  func plain() throws {
    let scenes = try JudgedScenes(
      """
      t = texture()
      kinds = {"uint8": t / 12, "uint16": t * 20, "int16": t - 1500, "float32": t / 1e4}
      for kind, values in kinds.items():
          for layout in ("PIXEL", "BAND"):
              name = kind + layout
              save(name + ".tif", values.astype(kind), nodata=150,
                   options=["ALPHA=NO", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=32",
                            "INTERLEAVE=" + layout, "COMPRESS=LZW"]).FlushCache()
              judge(name, name + ".tif")
      """)
    for type in PixelType.allCases {
      for layout in ["PIXEL", "BAND"] {
        let reader = try scenes.reader(type.rawValue + layout + ".tif")
        #expect(reader.pixelType == type && reader.bandCount == 4)
        try scenes.check(reader, reads: type.rawValue + layout)
      }
    }
  }

  @Test(
    "Some bands, in any order, are those bands, whatever the file's layout",
    arguments: ["PIXEL", "BAND"])
  func someBands(layout: String) throws {
    let scenes = try JudgedScenes(
      """
      save("t.tif", texture().astype("uint16"),
           options=["TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32", "INTERLEAVE=\(layout)",
                    "COMPRESS=DEFLATE"]).FlushCache()
      gdal.Translate("v.vrt", "t.tif")
      for bands in ((4,), (2, 1), (1, 3), (4, 2, 3)):
          judge("".join(map(str, bands)), "t.tif", bands)
      """)
    for raster in ["t.tif", "v.vrt"] {
      for order in [[4], [2, 1], [1, 3], [4, 2, 3]] {
        var recipe = try scenes.recipe(raster)
        recipe.bands = order.map { recipe.bands[$0 - 1] }
        try scenes.check(SceneReader(recipe), reads: order.map(String.init).joined())
      }
    }
  }

  @Test("Bytes with a sign, wide integers and doubles are read exactly")
  func wide() throws {
    let scenes = try JudgedScenes(
      """
      s = (texture(2) / 12 - 120).astype("int8")
      d = save("signed.tif", s.view("uint8"), options=["PIXELTYPE=SIGNEDBYTE"], nodata=-3)
      expect("signed", s.astype("int16"), (s != -3).all(0)); d = None
      for kind in ("int32", "uint32", "float64"):
          v = (texture(2) * 5000).astype("float32").astype(kind)
          v[:, 3] = 16777216
          v[0, 5, 5] = {"int32": -2147483647, "uint32": 4294967295, "float64": 0.1}[kind]
          nodata = v[0, 5, 5]
          v[:, 5, 5] = nodata
          save(kind + ".tif", v, nodata=float(nodata)).FlushCache()
          expect(kind, v.astype("float32"), (v != nodata).any(0))
      """)
    let signed = try scenes.reader("signed.tif")
    #expect(signed.pixelType == .int16)
    try scenes.check(signed, reads: "signed")
    for kind in ["int32", "uint32", "float64"] {
      let reader = try scenes.reader(kind + ".tif")
      #expect(reader.pixelType == .float32)
      try scenes.check(reader, reads: kind)
    }
  }

  @Test("A number that float32 cannot hold is refused with its place and a command that helps")
  func inexact() throws {
    let scenes = try JudgedScenes(
      """
      v = texture(2).astype("int32"); v[1, 7, 9] = 16777217; save("i.tif", v)
      v = texture(1); v[0, 0, 0] = 0.1; save("d.tif", v)
      """)
    for (name, band, value) in [("i.tif", 2, "16777217.0 (int32)"), ("d.tif", 1, "(float64)")] {
      let reader = try scenes.reader(name)
      let error = #expect(throws: SceneError.self) { _ = try JudgedScenes.readAll(reader) }
      let text = "\(try #require(error))"
      #expect(text.contains("band \(band) of \(scenes.folder.file(name)) holds "))
      #expect(text.contains(value), "\(text)")
      let made = try advised(text, in: scenes)
      #expect(
        try SceneReader(#require(SceneInputs.recipes(for: [made]).recipes.first)).pixelType
          == .float32)
    }
  }

  @Test("Files of different types come to the smallest type that holds all of them")
  func mixed() throws {
    let scenes = try JudgedScenes(
      """
      t = texture(4)
      save("b.tif", (t[0] / 12).astype("uint8")); save("u.tif", t[1].astype("uint16"))
      save("i.tif", (t[2] - 1500).astype("int16")); save("f.tif", t[3].astype("float32") / 7)
      """)
    func type(_ names: String...) throws -> PixelType {
      try SceneReader(
        SceneRecipe(
          name: "s", source: "s",
          bands: names.map {
            BandSource(raster: scenes.folder.file($0), number: 1, name: $0)
          })
      ).pixelType
    }
    #expect(try type("b.tif", "u.tif") == .uint16)
    #expect(try type("i.tif", "b.tif") == .int16)
    #expect(try type("b.tif", "i.tif", "u.tif") == .float32)
    #expect(try type("u.tif", "f.tif") == .float32)
  }

  @Test(
    "Scale and offset: the option's before the recipe's before the raster's; physical on request")
  func scaling() throws {
    let scenes = try JudgedScenes(
      """
      a = texture(2).astype("uint16"); a[:, :9, :9] = 0
      d = save("s.tif", a, nodata=0)
      for b in (1, 2):
          d.GetRasterBand(b).SetScale(0.0001); d.GetRasterBand(b).SetOffset(-0.1)
      d = None
      judge("raw", "s.tif")
      v = gdal.Translate("", "s.tif", format="VRT")
      p = np.stack([a[0] * 0.0001 - 0.1, a[1] * 0.0002 + 3.0]).astype("float32")
      expect("physical", p, a.any(0))
      """)
    var recipe = try scenes.recipe("s.tif")
    for index in recipe.bands.indices {
      recipe.bands[index].scale = nil
      recipe.bands[index].offset = nil
    }
    let raw = try SceneReader(recipe)
    #expect(raw.bands.map(\.scale) == [0.0001, 0.0001] && raw.bands.map(\.offset) == [-0.1, -0.1])
    try scenes.check(raw, reads: "raw")
    recipe.bands[1].scale = 0.0002
    var options = ReadingOptions()
    options.offset = [.init(band: recipe.bands[1].name, value: 3)]
    #expect(try SceneReader(recipe, options: options).bands[1].offset == 3)
    options.values = .physical
    let physical = try SceneReader(recipe, options: options)
    #expect(physical.pixelType == .float32 && physical.bands.map(\.scale) == [1, 1])
    try scenes.check(physical, reads: "physical")
    options.offset = [.init(band: "B9", value: 3)]
    #expect(throws: SceneError.self) { try SceneReader(recipe, options: options) }
  }

  @Test("A colour table is refused, or expanded on request; black and white is an image")
  func palettes() throws {
    let scenes = try JudgedScenes(
      """
      c = ((X // 32 * 7 + Y // 32) % 4).astype("uint8")
      def color(name, colors, values, nodata=None):
          v = gdal.Translate("", save("values.tif", values, nodata=nodata), format="MEM")
          t = gdal.ColorTable()
          for i, entry in enumerate(colors): t.SetColorEntry(i, entry)
          v.GetRasterBand(1).SetColorTable(t)
          bits = ["NBITS=1"] if len(colors) == 2 else []
          gdal.GetDriverByName("GTiff").CreateCopy(name, v, options=bits)
      colors = [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)]
      color("p.tif", colors, c); color("n.tif", colors, c, nodata=2)
      color("1.tif", [(0, 0, 0), (255, 255, 255)], c % 2)
      expect("bw", c % 2)
      rgb = np.array(colors, "uint8")[c].transpose(2, 0, 1)
      expect("rgb", rgb); expect("hole", np.where(c != 2, rgb, 0), c != 2)
      d = save("names.tif", c); d.GetRasterBand(1).SetCategoryNames(["no data", "cloud", "clear"])
      d = None
      """)
    let path = scenes.folder.file("p.tif")
    let error = #expect(throws: SceneError.self) { try scenes.reader("p.tif") }
    let text = "\(try #require(error))"
    #expect(text.contains("band 1 of \(path) holds indexes into a colour table"))
    #expect(text.contains("--expand-palette"))
    let made = try advised(text, in: scenes)
    try scenes.check(
      SceneReader(#require(SceneInputs.recipes(for: [made]).recipes.first)), reads: "rgb")
    var options = ReadingOptions()
    options.expandPalette = true
    let expanded = try scenes.reader("p.tif", options)
    #expect(expanded.bands.map(\.name) == ["red", "green", "blue"])
    try scenes.check(expanded, reads: "rgb")
    try scenes.check(scenes.reader("n.tif", options), reads: "hole")
    try scenes.check(scenes.reader("1.tif"), reads: "bw")
    #expect(
      try scenes.reader("names.tif").remarks.first?.contains(
        "holds classes (no data, cloud, clear), not measurements") == true)
  }

  @Test("Complex pixels are refused, and the advice gives their amplitude")
  func complex() throws {
    let scenes = try JudgedScenes(
      """
      import os
      t = texture(1)
      os.mkdir("two words")
      save("two words/slc 1.tif", (t * np.exp(1j * X * Y)).astype("complex64"))
      expect("amplitude", np.abs((t * np.exp(1j * X * Y)).astype("complex64")))
      """)
    let error = #expect(throws: SceneError.self) { try scenes.reader("two words/slc 1.tif") }
    let made = try advised("\(try #require(error))", in: scenes)
    #expect(made.hasSuffix("/slc 1-amplitude.tif"))
    let reader = try SceneReader(#require(SceneInputs.recipes(for: [made]).recipes.first))
    let (pixels, _) = try JudgedScenes.readAll(reader)
    let expected = try Data(
      contentsOf: URL(fileURLWithPath: scenes.folder.file("amplitude.pixels")))
    let worst = pixels.withUnsafeBytes { pixels in
      expected.withUnsafeBytes { expected in
        zip(pixels.bindMemory(to: Float.self), expected.bindMemory(to: Float.self))
          .reduce(0) { max($0, abs($1.0 - $1.1)) }
      }
    }
    // Two ways to take a root of numbers up to 2800, in float32.
    #expect(worst <= 2 * Float(2800).ulp)
  }
}
