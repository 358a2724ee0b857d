// Windows of a scene that no raster reaches: known without reading them, however large they are.

import Imagery

/// A window whose pixels are all the same.
package struct UniformWindow {
  /// (bands) in the scene's pixel type.
  package let pixel: [UInt8]
  package let isValid: Bool
}

/// Pixels that nobody wrote.
package struct UnwrittenPixels {
  /// Of all pixels.
  package let share: Double
  /// Whether they lie between the sources of a virtual raster, and not in tiles that are missing.
  package let isBetweenSources: Bool
}

extension SceneReader {
  /// The pixels that nobody wrote and that neither a nodata value nor a mask hides: of the raster
  /// with the most.
  package var unwritten: UnwrittenPixels {
    let rasters = scene.channels.filter(\.nodata.isEmpty).map(\.raster)
      .filter { $0.bands.allSatisfy { $0.mask == nil && !$0.isAlpha } }
    let shares = rasters.map {
      UnwrittenPixels(share: $0.unwrittenShare, isBetweenSources: $0.isVirtual)
    }
    return shares.max { $0.share < $1.share }
      ?? UnwrittenPixels(share: 0, isBetweenSources: false)
  }

  /// What a window holds into which no raster of the scene is known to reach; nil for any other.
  /// The tally counts all of it.
  /// - Throws: `SceneError`.
  package func uniform(_ window: PixelWindow) throws -> UniformWindow? {
    guard isEmpty(window) else { return nil }
    // GDAL says what is read where nothing is.
    let before = tally
    forgetTally()
    var pixel = [UInt8](repeating: 0, count: bandCount * pixelType.byteCount)
    var validity: [UInt8] = [0]
    let corner = PixelWindow(column: window.column, row: window.row, width: 1, height: 1)
    try pixel.withUnsafeMutableBytes { pixels in
      try validity.withUnsafeMutableBufferPointer { try read(corner, pixels: pixels, validity: $0) }
    }
    countTally(before, window.count)
    return UniformWindow(pixel: pixel, isValid: validity[0] != 0)
  }

  private func isEmpty(_ window: PixelWindow) -> Bool {
    for layer in scene.layers {
      let place = Raster.UprightWindow(
        window: window, grid: scene.grid, orientation: layer.orientation)
      guard layer.runs.allSatisfy({ layer.raster.isEmpty($0.bands, place) }),
        layer.masks.allSatisfy({ layer.raster.isEmpty(band: $0.band, place) })
      else { return false }
    }
    return scene.quality.allSatisfy { quality in
      let place = Raster.UprightWindow(
        window: window, grid: scene.grid, orientation: quality.layer.orientation)
      return quality.layer.raster.isEmpty([quality.band], place)
        && quality.layer.masks.allSatisfy { quality.layer.raster.isEmpty(band: $0.band, place) }
    }
  }
}
