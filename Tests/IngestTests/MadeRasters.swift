// Rasters that a test makes with GDAL in Python: smooth textures, with what is wrong with them.

import Foundation
import TestSupport
import Testing

/// GDAL's own Python, which scripts/setup installs.
enum MadeRasters {
  /// `texture(bands, seed)` is smooth, from 300 to 2800; `save` writes a GeoTIFF of 10 m pixels.
  private static let prelude = """
    from osgeo import gdal, osr
    import numpy as np
    gdal.UseExceptions()
    Y, X = np.mgrid[0:256, 0:256]
    HERE, EAST = (500000, 10, 0, 5002560, 0, -10), (502560, 10, 0, 5002560, 0, -10)
    SOUTH = (500000, 10, 0, 5000000, 0, -10)

    def texture(bands=4, seed=1):
        noise = np.random.default_rng(seed)
        return np.stack([1200 + 500 * np.sin(X / 17 + b) + 400 * np.cos(Y / 23 - b) + 150 * b
                         + noise.integers(0, 257, X.shape) for b in range(bands)])

    def save(name, pixels, place=HERE, nodata=None, options=()):
        pixels = np.asarray(pixels)
        kind = {"uint8": 1, "uint16": 2, "int16": 3, "float32": 6}[pixels.dtype.name]
        out = gdal.GetDriverByName("GTiff").Create(name, pixels.shape[2], pixels.shape[1],
                                                   len(pixels), kind, list(options))
        out.SetGeoTransform(place)
        system = osr.SpatialReference()
        system.ImportFromEPSG(32633)
        out.SetSpatialRef(system)
        for number, band in enumerate(pixels, 1):
            if nodata is not None: out.GetRasterBand(number).SetNoDataValue(nodata)
            out.GetRasterBand(number).WriteArray(band)

    """

  /// Runs a script in a folder.
  static func make(in folder: TemporaryFolder, _ script: String) throws {
    try folder.write(
      prelude + "import os\nos.chdir(\(pythonText(folder.path)))\n" + script, to: "make.py")
    let outcome = try run("/usr/bin/python3", [folder.file("make.py")])
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private static func pythonText(_ text: String) -> String { "'" + text + "'" }
}
