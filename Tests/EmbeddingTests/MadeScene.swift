// Scenes that a test makes with GDAL's own Python, and what that says of maps.

import Foundation
import TestSupport
import Testing

enum MadeScene {
  /// Runs a script with numpy and GDAL in a folder.
  static func python(in folder: TemporaryFolder, _ script: String, _ arguments: [String] = [])
    throws -> String
  {
    let prelude = """
      import os, sys
      import numpy as np
      from osgeo import gdal, osr
      gdal.UseExceptions()
      os.chdir(\(pythonText(folder.path)))

      def save(name, pixels, nodata=None, place=(500000, 10, 0, 5000000, 0, -10), epsg=32633):
          pixels = np.asarray(pixels)
          kind = {"uint8": 1, "uint16": 2, "int16": 3, "float32": 6}[pixels.dtype.name]
          out = gdal.GetDriverByName("GTiff").Create(
              name, pixels.shape[2], pixels.shape[1], len(pixels), kind)
          out.SetGeoTransform(place)
          system = osr.SpatialReference()
          system.ImportFromEPSG(epsg)
          out.SetSpatialRef(system)
          for number, band in enumerate(pixels, 1):
              if nodata is not None: out.GetRasterBand(number).SetNoDataValue(nodata)
              out.GetRasterBand(number).WriteArray(band)


      """
    try folder.write(prelude + script, to: "script.py")
    let outcome = try run("/usr/bin/python3", [folder.file("script.py")] + arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  private static func pythonText(_ text: String) -> String { "'" + text + "'" }
}
