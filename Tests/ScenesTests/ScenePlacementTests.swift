// Where scenes lie and how their pixels come upright and onto one grid, held to GDAL's own reading
// and warping.

import Basics
import Foundation
import Imagery
import Scenes
import Testing

@Suite("Where pixels lie") struct ScenePlacementTests {
  @Test("A grid along the map's axes is read upright in all eight ways, every pixel as it is")
  func orientations() throws {
    let scenes = try JudgedScenes(
      """
      U = texture(3).astype("uint16")
      U[:, X + Y < 60] = 0
      H, W = U.shape[1:]
      expect("upright", U, U.any(0))
      for t in (0, 1):
          for mx in (0, 1):
              for my in (0, 1):
                  a = U[:, :, ::-1] if mx else U
                  a = a[:, ::-1] if my else a
                  x, y = 500000 + (W * 10 if mx else 0), 5002560 - (H * 10 if my else 0)
                  sx, sy = (-10 if mx else 10), (10 if my else -10)
                  place = (x, 0, sx, y, sy, 0) if t else (x, sx, 0, y, 0, sy)
                  a = a.transpose(0, 2, 1) if t else a
                  options = ("TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16", "COMPRESS=DEFLATE")
                  save(f"{t}{mx}{my}.tif", np.ascontiguousarray(a), place, nodata=0,
                       options=options + (("INTERLEAVE=BAND",) if mx else ()))
      """)
    for name in ["000", "001", "010", "011", "100", "101", "110", "111"] {
      let reader = try scenes.reader("\(name).tif")
      #expect(
        reader.grid
          == RasterGrid(
            width: 128, height: 96,
            transform: AffineTransform(
              originX: 500_000, columnX: 10, rowX: 0, originY: 5_002_560, columnY: 0, rowY: -10)),
        "\(name)")
      #expect(reader.remarks.isEmpty)
      try scenes.check(reader, reads: "upright")
    }
  }

  @Test("Rotation that is only rounding is none; a real one is warped, and said")
  func rotations() throws {
    let scenes = try JudgedScenes(
      """
      a = texture().astype("uint16")
      save("rounded.tif", a, (500000, 10, 1e-5, 5002560, -1e-5, -10))
      expect("rounded", a)
      rotated = save("rotated.tif", a, (500000, 9, 4, 5002560, 4, -9))
      rotated = None
      w = warp("rotated.tif")
      judge_warped("rotated", w)
      a[:, 30:50, 30:50] = 7
      a[1, :20] = 7
      save("hole.tif", a, (500000, 9, 4, 5002560, 4, -9), nodata=7)
      d = gdal.Open("hole.tif")
      w = warp(d, srcNodata=7, dstNodata=7, warpOptions=["UNIFIED_SRC_NODATA=NO"])
      p = w.ReadAsArray()[:4]
      expect("any", p, (p != 7).any(0) & (w.GetRasterBand(5).ReadAsArray() != 0))
      expect("all", p, (p != 7).all(0) & (w.GetRasterBand(5).ReadAsArray() != 0))
      """)
    let rounded = try scenes.reader("rounded.tif")
    #expect(rounded.remarks.isEmpty)
    try scenes.check(rounded, reads: "rounded")
    let rotated = try scenes.reader("rotated.tif")
    #expect(
      rotated.remarks == [
        "rotated.tif is rotated against its map and was warped (bilinear)"
      ])
    try scenes.check(rotated, reads: "rotated")
    #expect(rotated.tally.outside > 0)
    try scenes.check(scenes.reader("hole.tif"), reads: "any")
    var options = ReadingOptions()
    options.nodataRule = .all
    try scenes.check(scenes.reader("hole.tif", options), reads: "all")
  }

  @Test("Control points and rational functions are warped as gdalwarp does it, and said")
  func controlPoints() throws {
    let scenes = try JudgedScenes(
      """
      a = texture(2).astype("uint16")
      save("base.tif", a, None, None)
      gcps = [gdal.GCP(x, y, 0, c, r) for x, y, c, r in
              [(15.00, 45.20, 0, 0), (15.03, 45.21, 128, 0), (14.995, 45.18, 0, 96),
               (15.025, 45.19, 128, 96)]]
      gdal.Translate("gcp.tif", "base.tif", outputSRS="EPSG:4326", GCPs=gcps)
      w = warp("gcp.tif"); judge_warped("gcp", w)
      d = save("rpc.tif", a, None, None)
      zero = ["0"] * 20
      one = ["1"] + ["0"] * 19
      line, sample = list(zero), list(zero)
      line[2], sample[1], line[1] = "-1", "1", "0.1"
      d.SetMetadata({
          "LINE_OFF": "48", "SAMP_OFF": "64", "LAT_OFF": "45.2", "LONG_OFF": "15",
          "HEIGHT_OFF": "0",
          "LINE_SCALE": "48", "SAMP_SCALE": "64", "LAT_SCALE": "0.005", "LONG_SCALE": "0.01",
          "HEIGHT_SCALE": "500", "LINE_NUM_COEFF": " ".join(line),
          "SAMP_NUM_COEFF": " ".join(sample), "LINE_DEN_COEFF": " ".join(one),
          "SAMP_DEN_COEFF": " ".join(one)}, "RPC")
      d = None
      w = warp("rpc.tif"); judge_warped("rpc", w)
      """)
    for (name, reason) in [
      ("gcp", "has control points but no geotransform"),
      ("rpc", "is placed by rational functions (RPC)"),
    ] {
      let reader = try scenes.reader(name + ".tif")
      #expect(
        reader.remarks == [
          "\(name).tif \(reason) and was warped (bilinear)"
        ])
      try scenes.check(reader, reads: name)
    }
  }

  @Test("An image without georeference lies in its footprint: as it is in a box, warped in others")
  func footprints() throws {
    let scenes = try JudgedScenes(
      """
      a = (texture(3) / 12).astype("uint8")
      save("photo.tif", a, None, None)
      expect("box", a)
      gcps = [gdal.GCP(x, y, 0, c, r) for x, y, c, r in
              [(179.99, 45.20, 0, 0), (180.01, 45.21, 128, 0), (180.012, 45.19, 128, 96),
               (179.991, 45.18, 0, 96)]]
      v = gdal.Translate("", "photo.tif", format="VRT", outputSRS="EPSG:4326", GCPs=gcps)
      w = warp(v, tps=True); judge_warped("askew", w)
      """)
    func corners(_ places: [(Double, Double)]) -> GeographicCorners {
      let points = places.map { GeographicPoint(longitude: $0.0, latitude: $0.1) }
      return GeographicCorners(
        upperLeft: points[0], upperRight: points[1], lowerRight: points[2], lowerLeft: points[3])
    }
    var recipe = try scenes.recipe("photo.tif")
    #expect(throws: SceneError.self) { try SceneReader(recipe) }
    recipe.corners = corners([(15, 45.2), (15.0128, 45.2), (15.0128, 45.1904), (15, 45.1904)])
    let box = try SceneReader(recipe)
    #expect(box.remarks.isEmpty && box.reference.description.authority == "EPSG:4326")
    #expect(abs(box.grid.transform.columnX - 1e-4) < 1e-12)
    try scenes.check(box, reads: "box")
    recipe.corners = corners([
      (179.99, 45.2), (-179.99, 45.21), (-179.988, 45.19), (179.991, 45.18),
    ])
    let askew = try SceneReader(recipe)
    #expect(askew.remarks.first?.contains("lies askew in its footprint") == true)
    try scenes.check(askew, reads: "askew")
  }

  @Test("Bands of 10, 20 and 60 m come to the finest grid, or to the one asked for")
  func resolutions() throws {
    let scenes = try JudgedScenes(
      """
      a = texture(4).astype("uint16")
      save("b10.tif", a[:2])
      save("b20.tif", a[2, ::2, ::2], (500000, 20, 0, 5002560, 0, -20), nodata=0)
      save("b60.tif", (a[3, ::6, ::6] / 12).astype("uint8"), (500000, 60, 0, 5002560, 0, -60))
      save("scl.tif", ((X // 16 + Y // 16) % 4).astype("uint8")[::2, ::2],
           (500000, 20, 0, 5002560, 0, -20))
      def on(grid, w, h):
          o = dict(outputBounds=grid, width=w, height=h)
          parts = [warp("b10.tif", **o).ReadAsArray()[:2] if w != 128 else a[:2]]
          parts += [warp("b20.tif", srcNodata=0, dstNodata=0, **o).ReadAsArray()[:1]]
          w6 = warp("b60.tif", **o)
          inside = w6.GetRasterBand(2).ReadAsArray() != 0
          parts += [w6.ReadAsArray()[:1].astype("uint16")]
          scl = gdal.Warp("", "scl.tif", format="MEM", resampleAlg="near", **o).ReadAsArray()
          return np.concatenate(parts), inside & (scl != 2)
      expect("ten", *on((500000, 5002560 - 960, 501280, 5002560), 128, 96))
      expect("forty", *on((500000, 5002560 - 960, 501280, 5002560), 32, 24))
      """)
    func band(_ file: String, _ number: Int, _ name: String) -> BandSource {
      BandSource(raster: scenes.folder.file(file), number: number, name: name)
    }
    let recipe = SceneRecipe(
      name: "S", source: scenes.folder.path,
      bands: [
        band("b10.tif", 1, "B02"), band("b10.tif", 2, "B03"), band("b20.tif", 1, "B05"),
        band("b60.tif", 1, "B01"),
      ],
      masks: [MaskSource(raster: scenes.folder.file("scl.tif"), number: 1, values: [2])])
    let reader = try SceneReader(recipe)
    #expect(reader.pixelType == .uint16 && reader.grid.width == 128)
    #expect(reader.remarks == ["S: B05, B01 brought to pixels of 10.0 map units (bilinear)"])
    try scenes.check(reader, reads: "ten")
    #expect(reader.tally.masked > 0)
    var options = ReadingOptions()
    options.resolution = 40
    let coarse = try SceneReader(recipe, options: options)
    #expect(coarse.grid.width == 32 && coarse.grid.height == 24)
    try scenes.check(coarse, reads: "forty")
    for resolution in [0, -1, .nan, 1e-9] {
      options.resolution = resolution
      #expect(throws: SceneError.self) { try SceneReader(recipe, options: options) }
    }
  }
}
