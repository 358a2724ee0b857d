// Pixels of a scene in windows, as chips need them: all bands on one grid, with one validity. Opens
// what a recipe names.

import Basics
import Imagery
import Maps

/// Where a scene's pixels lie: columns run east and rows run south, however the file has them.
package struct RasterGrid: Hashable, Sendable, Codable {
  package var width: Int
  package var height: Int
  /// From columns and rows to the map.
  package var transform: AffineTransform

  package init(width: Int, height: Int, transform: AffineTransform) {
    self.width = width
    self.height = height
    self.transform = transform
  }

  /// A window's box on the map. Equal pixel edges have equal coordinates, so that windows that
  /// touch do so exactly.
  package func footprint(_ window: PixelWindow) -> Footprint {
    Footprint(
      left: transform.originX + transform.columnX * Double(window.column),
      top: transform.originY + transform.rowY * Double(window.row),
      right: transform.originX + transform.columnX * Double(window.column + window.width),
      bottom: transform.originY + transform.rowY * Double(window.row + window.height))
  }

  /// Of the whole scene.
  package var footprint: Footprint {
    footprint(PixelWindow(column: 0, row: 0, width: width, height: height))
  }
}

/// An open scene. One thread at a time; any number of readers of one recipe may be open.
package final class SceneReader {
  package let recipe: SceneRecipe
  package let grid: RasterGrid
  package let reference: SpatialReference
  /// Of all bands.
  package let pixelType: PixelType
  /// The bands with what their rasters say of them.
  package let bands: [BandSource]
  private let raster: Raster

  /// - Throws: `SceneError` for what GDAL cannot open and what chips cannot be cut from.
  package init(_ recipe: SceneRecipe) throws {
    raster = try Raster(recipe.source)
    guard let reference = raster.spatialReference else {
      throw SceneError.noGeoreferencing(
        scene: recipe.source, what: "coordinate reference system")
    }
    self.recipe = recipe
    self.reference = reference
    pixelType = raster.pixelType
    bands = recipe.bands
    grid = try raster.grid()
  }

  package var bandCount: Int { bands.count }

  /// Bytes of the files that the scene consists of; 0 for what is not a file.
  package var fileBytes: Int { raster.fileBytes }

  /// Reads a window.
  /// - Parameters:
  ///   - pixels: (bands, height, width) of the window, in `pixelType`, written whole.
  ///   - validity: (height, width) of the window, written whole: 1 where a pixel is valid, else 0.
  /// - Throws: `SceneError`.
  package func read(
    _ window: PixelWindow, pixels: UnsafeMutableRawBufferPointer,
    validity: UnsafeMutableBufferPointer<UInt8>
  ) throws {
    try raster.readPixels(window, into: pixels)
    try raster.readValidity(window, of: UnsafeRawBufferPointer(pixels), into: validity)
  }
}
