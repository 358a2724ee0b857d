// Scenes that GDAL's own Python makes, with what GDAL reads of them, to which readers are held.

import Basics
import CGDAL
import Foundation
import Imagery
import Scenes
import TestSupport
import Testing

/// A folder with rasters that a script made, and the pixels and masks that it expects.
struct JudgedScenes {
  let folder: TemporaryFolder

  /// Needs python3-gdal, which scripts/setup installs.
  private static let python = "/usr/bin/python3"

  /// GDAL as terrane-ingest has it, but less patient with servers.
  static let library: Void = {
    // Not by the environment, which other tests read at the same time.
    CPLSetConfigOption("GDAL_HTTP_RETRY_DELAY", "0.05")
    RasterLibrary.initialize()
  }()

  /// Runs a script in a folder of its own, behind `prelude`.
  init(_ script: String) throws {
    _ = Self.library
    folder = try TemporaryFolder()
    try folder.write(Self.prelude + script, to: "make.py")
    let command = "cd \"$0\" && exec \(Self.python) make.py"
    let outcome = try run("/bin/bash", ["-c", command, folder.path])
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  /// `texture`: smooth values from 300 to 2800 (bands, 96, 128). `save` writes a GeoTIFF.
  /// `expect` writes what a reader is to read; `judge` takes it from a raster that GDAL opens, by
  /// the rule that some band (max) or every band (min) of it is valid.
  private static let prelude = """
    from osgeo import gdal, osr
    import numpy as np
    gdal.UseExceptions()
    Y, X = np.mgrid[0:96, 0:128]
    HERE = (500000, 10, 0, 5002560, 0, -10)

    def texture(bands=4, seed=1):
        noise = np.random.default_rng(seed)
        return np.stack([1200 + 500 * np.sin(X / 17 + b) + 400 * np.cos(Y / 23 - b) + 150 * b
                         + noise.integers(0, 257, X.shape) for b in range(bands)])

    def save(name, pixels, place=HERE, crs="EPSG:32633", nodata=None, options=()):
        pixels = np.asarray(pixels)
        pixels = pixels if pixels.ndim == 3 else pixels[None]
        kind = {"uint8": 1, "uint16": 2, "int16": 3, "uint32": 4, "int32": 5, "float32": 6,
                "float64": 7, "complex64": 10}[pixels.dtype.name]
        out = gdal.GetDriverByName("GTiff").Create(
            name, pixels.shape[2], pixels.shape[1], len(pixels), kind, list(options))
        if place: out.SetGeoTransform(place)
        if crs:
            system = osr.SpatialReference()
            system.SetFromUserInput(crs)
            out.SetSpatialRef(system)
        for number, band in enumerate(pixels, 1):
            b = out.GetRasterBand(number)
            if nodata is not None: b.SetNoDataValue(nodata)
            b.WriteArray(band)
        return out

    def expect(name, pixels, mask=None):
        pixels = np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[None])
        mask = np.ones(pixels.shape[1:]) if mask is None else mask
        pixels.tofile(name + ".pixels")
        np.ascontiguousarray(mask != 0).astype("uint8").tofile(name + ".mask")

    def judge(name, raster, bands=None, rule=max):
        d = gdal.Open(raster) if isinstance(raster, str) else raster
        bands = bands or range(1, d.RasterCount + 1)
        pixels = np.stack([d.GetRasterBand(b).ReadAsArray() for b in bands])
        masks = [d.GetRasterBand(b).GetMaskBand().ReadAsArray() for b in bands]
        mask = np.any(masks, 0) if rule is max else np.all(masks, 0)
        expect(name, pixels, mask & np.all(np.isfinite(pixels), 0))

    def judge_warped(name, d):  # its last band is alpha
        pixels = d.ReadAsArray()
        expect(name, pixels[:-1], pixels[-1])

    def warp(raster, **options):
        return gdal.Warp("", raster, format="VRT", dstAlpha=True, resampleAlg="bilinear", **options)


    """

  /// The recipe of all image bands of one raster.
  func recipe(_ name: String) throws -> SceneRecipe {
    try #require(SceneInputs.recipes(for: [folder.file(name)]).recipes.first)
  }

  func reader(_ name: String, _ options: ReadingOptions = ReadingOptions()) throws -> SceneReader {
    try SceneReader(recipe(name), options: options)
  }

  /// Compares a reader with what the script expects under a name, in whole and in 1,000 windows.
  func check(
    _ reader: SceneReader, reads name: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    let pixels = try Data(contentsOf: URL(fileURLWithPath: folder.file(name + ".pixels")))
    let mask = try Data(contentsOf: URL(fileURLWithPath: folder.file(name + ".mask")))
    let grid = reader.grid
    let size = reader.pixelType.byteCount
    try #require(mask.count == grid.width * grid.height, "\(name)", sourceLocation: location)
    try #require(
      pixels.count == mask.count * reader.bandCount * size, "\(name): \(reader.pixelType)",
      sourceLocation: location)
    var random = CounterRandom(seed: 7, purpose: .simulation, 0x5CE5, 0)
    for number in 0...1_000 {
      var window = PixelWindow(column: 0, row: 0, width: grid.width, height: grid.height)
      if number > 0 {
        window.width = 1 + random.index(below: min(40, grid.width))
        window.height = 1 + random.index(below: min(40, grid.height))
        window.column = random.index(below: grid.width - window.width + 1)
        window.row = random.index(below: grid.height - window.height + 1)
      }
      let (found, validity) = try Self.read(window, of: reader)
      let isEqual = Self.agrees(found, with: pixels, window, grid, bands: reader.bandCount, size)
      let isValid = Self.agrees(validity, with: mask, window, grid, bands: 1, 1)
      try #require(isEqual, "\(name): pixels of \(window)", sourceLocation: location)
      try #require(isValid, "\(name): validity of \(window)", sourceLocation: location)
    }
  }

  /// Pixels and validity of a window.
  static func read(_ window: PixelWindow, of reader: SceneReader) throws -> ([UInt8], [UInt8]) {
    let bytes = window.count * reader.bandCount * reader.pixelType.byteCount
    // What must be written is not 0 before.
    var pixels = [UInt8](repeating: 0xA5, count: bytes)
    var validity = [UInt8](repeating: 0xA5, count: window.count)
    try pixels.withUnsafeMutableBytes { pixels in
      try validity.withUnsafeMutableBufferPointer {
        try reader.read(window, pixels: pixels, validity: $0)
      }
    }
    return (pixels, validity)
  }

  /// The whole scene.
  static func readAll(_ reader: SceneReader) throws -> ([UInt8], [UInt8]) {
    try read(
      PixelWindow(column: 0, row: 0, width: reader.grid.width, height: reader.grid.height),
      of: reader)
  }

  /// Whether a window's bytes are those of the scene, row by row.
  private static func agrees(
    _ found: [UInt8], with whole: Data, _ window: PixelWindow, _ grid: RasterGrid, bands: Int,
    _ size: Int
  ) -> Bool {
    found.withUnsafeBytes { found in
      whole.withUnsafeBytes { whole in
        for band in 0..<bands {
          for row in 0..<window.height {
            let here = (band * window.height + row) * window.width * size
            let there =
              ((band * grid.height + window.row + row) * grid.width + window.column) * size
            let count = window.width * size
            let isEqual = found[here..<here + count].elementsEqual(whole[there..<there + count])
            if !isEqual { return false }
          }
        }
        return true
      }
    }
  }
}
