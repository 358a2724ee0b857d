// What tests of `terrane probe` probe.

import Foundation
import TestSupport
import Testing

/// A run of two steps, and a window of the sample with labels that follow from its pixels.
struct ProbedWindow {
  let run: TinyRun
  var scene: String { run.file("window.tif") }

  private static let script = """
    import sys
    import numpy as np
    from osgeo import gdal
    gdal.UseExceptions()
    source, folder = sys.argv[1:]
    gdal.Translate(folder + "/window.tif", source, srcWin=[300, 800, 600, 400])
    window = gdal.Open(folder + "/window.tif")
    pixels = window.ReadAsArray().astype(float)
    red = pixels[0]
    def save(name, values, kind):
        out = gdal.GetDriverByName("GTiff").Create(folder + "/" + name, 600, 400, 1, kind)
        out.SetGeoTransform(window.GetGeoTransform())
        out.SetSpatialRef(window.GetSpatialRef())
        out.GetRasterBand(1).WriteArray(values)
    save("classes.tif", np.digitize(red, np.percentile(red, [33, 66])) + 1, gdal.GDT_Byte)
    save("red.tif", red, gdal.GDT_Float32)
    save("same.tif", red * 0 + 4, gdal.GDT_Byte)
    """

  init() throws {
    run = try TinyRun("training.steps=2")
    try #require(run.startTraining().waitForEnd() == 0)
    try Self.script.write(toFile: run.file("make.py"), atomically: false, encoding: .utf8)
    let folder = (run.file("x") as NSString).deletingLastPathComponent
    let made = try TestSupport.run(
      "/usr/bin/python3", [run.file("make.py"), Repository.landsat[1], folder])
    try #require(made.status == 0, "\(made.errors)")
  }

  func probe(_ arguments: String...) throws -> Outcome {
    try TestSupport.run(Repository.terrane, ["probe", run.folder] + arguments)
  }

  func json(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: run.file(name)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }
}
