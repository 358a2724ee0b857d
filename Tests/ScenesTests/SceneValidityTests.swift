// Which pixels are valid: nodata, masks, alpha and quality layers, held to GDAL's masks; and what
// is said of scenes that lose much.

import Basics
import Foundation
import Imagery
import Scenes
import Testing

@Suite("Which pixels are valid") struct SceneValidityTests {
  @Test("Nodata compares as in GDAL's masks: rounded floats, decimals, values out of the type")
  func nodata() throws {
    let scenes = try JudgedScenes(
      """
      t = (texture(2) / 1e4).astype("float32"); fill = X + Y > 130; big = np.finfo("float32").max
      floats = [(-3.4e38, -big), (-3.40282e38, -big), (3.4e38, big),
                (-9999.0, np.float32(-9999.001)), (-9999.0, np.float32(-9999.01)),
                (-1e30, np.float32(-1.0000001e30)), (-3.4028235e38, -big), (0.0, 0.0),
                (0.1, np.float32(0.1)), (float("nan"), np.nan), (1e-30, 1.0000001e-30)]
      for i, (declared, stored) in enumerate(floats):
          a = t.copy(); a[:, fill] = stored; save(f"{i}.tif", a, nodata=declared).FlushCache()
          judge(f"{i}", f"{i}.tif")
          a = a.astype("float64"); a = np.where(fill, np.float64(stored), a)
          save(f"d{i}.tif", a, nodata=declared).FlushCache()
          d = gdal.Open(f"d{i}.tif")
          mask = np.stack([d.GetRasterBand(b).GetMaskBand().ReadAsArray() for b in (1, 2)])
          expect(f"d{i}", a.astype("float32"), np.any(mask, 0) & np.all(np.isfinite(a), 0))
      u = texture(2).astype("uint16"); u[:, fill] = 0
      for i, declared in enumerate([0.5, -1, 70000, 65535, float("nan")]):
          save(f"u{i}.tif", u, nodata=declared).FlushCache(); judge(f"u{i}", f"u{i}.tif")
      """)
    for name in (0...10).flatMap({ ["\($0)", "d\($0)"] }) + (0...4).map({ "u\($0)" }) {
      try scenes.check(scenes.reader(name + ".tif"), reads: name)
    }
  }

  @Test("A pixel is valid where any band is, or every one; NaN and impossible values never pass")
  func rules() throws {
    let scenes = try JudgedScenes(
      """
      t = texture().astype("uint16"); t[3, :, :64] = 0; t[:, :5] = 0
      save("water.tif", t, nodata=0).FlushCache()
      judge("any", "water.tif", rule=max); judge("all", "water.tif", rule=min)
      f = (texture(2) / 1e4).astype("float32"); f[1] = np.nan; save("nan.tif", f)
      f[1] = -9999; f[1, 0, 0] = 0.5; save("sentinel.tif", f, nodata=-9999).FlushCache()
      judge("sentinel", "sentinel.tif", rule=min)
      save("none.tif", t, nodata=0); expect("none", t); save("two.tif", t, nodata=7)
      t[2, :, :64] = 0; save("several.tif", t, nodata=0)
      """)
    let water = try scenes.reader("water.tif")
    try scenes.check(water, reads: "any")
    let any = try scenes.reader("water.tif")
    _ = try JudgedScenes.readAll(any)
    #expect(
      any.findings == [
        "47.4 % of water.tif is nodata in band 4 alone and counts as valid; --nodata-rule all drops "
          + "such pixels"
      ])
    let several = try scenes.reader("several.tif")
    _ = try JudgedScenes.readAll(several)
    #expect(
      several.findings == [
        "47.4 % of several.tif is nodata in several bands, but not in all, and counts as valid; "
          + "--nodata-rule all drops such pixels"
      ])
    var options = ReadingOptions()
    options.nodataRule = .all
    let all = try scenes.reader("water.tif", options)
    _ = try JudgedScenes.readAll(all)
    #expect(
      all.findings.first?.hasPrefix("47.4 % of water.tif is invalid, by band 4 alone") == true)
    #expect(all.tally.pixels == 96 * 128 && all.tally.invalid == 91 * 64 + 5 * 128)
    try scenes.check(all, reads: "all")
    let nan = try scenes.reader("nan.tif")
    let (_, validity) = try JudgedScenes.readAll(nan)
    #expect(!validity.contains(1))
    #expect(nan.findings.first == "band 2 of nan.tif holds no valid pixel")
    try scenes.check(scenes.reader("sentinel.tif"), reads: "sentinel")
    options.nodata = [.init(value: 9), .init(band: "band 4", value: 0)]
    options.nodata[1].value = nil
    options.nodata[0].value = nil
    try scenes.check(scenes.reader("none.tif", options), reads: "none")
    options.nodata = [.init(value: 0)]
    try scenes.check(scenes.reader("two.tif", options), reads: "all")
  }

  @Test("Masks of rasters and alpha bands hide pixels; an alpha band that is an image is named")
  func masks() throws {
    let scenes = try JudgedScenes(
      """
      gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
      t = (texture() / 13).clip(1, 255).astype("uint8")
      d = save("mask.tif", t[:3]); d.CreateMaskBand(gdal.GMF_PER_DATASET)
      m = ((X // 9 + Y // 7) % 3 > 0).astype("uint8") * 255
      d.GetRasterBand(1).GetMaskBand().WriteArray(m); d = None
      expect("mask", t[:3], m)
      save("never-zero.tif", t); t[3, :, :32] = 0; save("water.tif", t)
      expect("alpha", t[:3], t[3]); expect("kept", t)
      ALPHA = ["PHOTOMETRIC=RGB", "ALPHA=YES"]
      w = t.astype("uint16") * 150; save("wide.tif", w, options=ALPHA); expect("wide", w[:3], w[3])
      t[3] = 0; save("night.tif", t)
      """)
    try scenes.check(scenes.reader("mask.tif"), reads: "mask")
    let water = try scenes.reader("water.tif")
    #expect(water.bandCount == 3 && water.alpha.map(\.number) == [4])
    _ = try JudgedScenes.readAll(water)
    #expect(water.findings.count == 1)
    #expect(
      water.findings.first?.hasPrefix("band 4 of water.tif is flagged as alpha, takes ") == true)
    #expect(
      water.findings.first?.contains("it is 0 in 25 % of the scene); --keep-alpha reads it") == true
    )
    try scenes.check(water, reads: "alpha")
    var options = ReadingOptions()
    options.keepAlpha = true
    let kept = try scenes.reader("water.tif", options)
    #expect(kept.bandCount == 4 && kept.alpha.isEmpty)
    try scenes.check(kept, reads: "kept")
    let wide = try scenes.reader("wide.tif")
    _ = try JudgedScenes.readAll(wide)
    #expect(
      wide.findings.first?.contains("takes many values and was used as a mask (it is 0 in 25 %")
        == true)
    try scenes.check(wide, reads: "wide")
    let night = try scenes.reader("night.tif")
    _ = try JudgedScenes.readAll(night)
    #expect(
      night.findings == ["all of night.tif is invalid: its alpha band, band 4, is 0 everywhere"])
  }

  @Test("Quality layers hide pixels by their values and by their bits")
  func quality() throws {
    let scenes = try JudgedScenes(
      """
      t = texture(2).astype("uint16"); save("t.tif", t)
      q = (X * 7 + Y * 13).astype("uint16"); save("q.tif", q[::-1], (500000, 10, 0, 5001600, 0, 10))
      expect("values", t, ~np.isin(q, [7, 13, 500]))
      expect("bits", t, (q & 8 == 0) & (q & 64 == 0))
      """)
    var recipe = try scenes.recipe("t.tif")
    let path = scenes.folder.file("q.tif")
    recipe.masks = [MaskSource(raster: path, number: 1, values: [7, 13, 500, -1, 70_000])]
    try scenes.check(SceneReader(recipe), reads: "values")
    recipe.masks = [MaskSource(raster: path, number: 1, bits: [3, 6, 99, -1])]
    try scenes.check(SceneReader(recipe), reads: "bits")
    recipe.masks = [MaskSource(raster: path, number: 2, bits: [3])]
    #expect(throws: SceneError.self) { try SceneReader(recipe) }
  }
}
