// What a scene is made of: which bands of which rasters, and what is known of them besides. A plain
// value that another process can open again. Not here: how recipes are found, and pixels.

import Basics
import Imagery

/// A scene as it is to be read.
package struct SceneRecipe: Hashable, Sendable, Codable {
  /// What people know it by: the file's name without its folder, or its producer's identifier.
  package var name: String
  /// What the user gave, or the file, folder or item that was found in it: a path or an address.
  package var source: String
  /// The bands in the order of the channels; at least one.
  package var bands: [BandSource]
  /// Rasters that say where the scene is not to be used.
  package var masks: [MaskSource]
  /// When it was taken; nil when nobody says.
  package var acquired: AcquisitionTime?
  /// Where it lies when its raster does not say it: the corners of an image whose footprint stands
  /// in another file.
  package var corners: GeographicCorners?

  package init(
    name: String, source: String, bands: [BandSource], masks: [MaskSource] = [],
    acquired: AcquisitionTime? = nil, corners: GeographicCorners? = nil
  ) {
    self.name = name
    self.source = source
    self.bands = bands
    self.masks = masks
    self.acquired = acquired
    self.corners = corners
  }
}

/// A band of a scene: one band of a raster that GDAL opens. What is nil is what the raster says.
package struct BandSource: Hashable, Sendable, Codable {
  /// As GDAL opens it.
  package var raster: String
  /// Of the raster's bands, from 1.
  package var number: Int
  package var name: String
  /// "red", "green" or "blue", by the raster's colour interpretation.
  package var color: String?
  package var unit: String?
  /// At the band's centre, in micrometres.
  package var wavelength: Double?
  /// A stored value means value · scale + offset. Nil when nobody says; 1 and 0 are said.
  package var scale: Double?
  package var offset: Double?
  /// Values that are not data; what the raster says of it counts as well.
  @CodableNodata package var nodata: Double?

  package init(
    raster: String, number: Int, name: String, color: String? = nil, unit: String? = nil,
    wavelength: Double? = nil, scale: Double? = nil, offset: Double? = nil, nodata: Double? = nil
  ) {
    self.raster = raster
    self.number = number
    self.name = name
    self.color = color
    self.unit = unit
    self.wavelength = wavelength
    self.scale = scale
    self.offset = offset
    self.nodata = nodata
  }
}

/// A quality layer: a band of a raster whose values say which pixels are not to be used.
package struct MaskSource: Hashable, Sendable, Codable {
  /// As GDAL opens it.
  package var raster: String
  /// Of the raster's bands, from 1.
  package var number: Int
  /// Pixels of these values are invalid.
  package var values: [Int]
  /// So are pixels that have any of these bits set (of a band like Landsat's QA_PIXEL).
  package var bits: [Int]

  package init(raster: String, number: Int, values: [Int] = [], bits: [Int] = []) {
    self.raster = raster
    self.number = number
    self.values = values
    self.bits = bits
  }
}

extension SceneRecipe {
  /// An error on the scene without the folders that it lies in.
  package func reason(_ error: any Error) -> String { withoutFolders("\(error)") }

  /// What others say of the scene without the folders that it lies in: a dataset is the same
  /// wherever its scenes lay, and tells nobody.
  package func withoutFolders(_ text: String) -> String {
    var result = text.replacing(source.visible, with: name.visible)
      .replacing(source, with: name.visible)
    for raster in Set(bands.map(\.raster) + masks.map(\.raster)).sorted() {
      result = result.replacing(raster.visible, with: Files.name(of: raster).visible)
        .replacing(raster, with: Files.name(of: raster).visible)
    }
    return PathText.withoutFolders(result)
  }
}
