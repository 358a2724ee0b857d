// A recipe's rasters, opened and brought to one grid: the finest one of its bands, or what the user
// says. Pixels are read by SceneReader.

import Basics
import CGDAL
import Imagery
import Maps

/// What a reader holds open.
struct OpenScene {
  let grid: RasterGrid
  let reference: SpatialReference
  let pixelType: PixelType
  let channels: [SceneChannel]
  /// Bands that are flagged as alpha and used as masks.
  let alpha: [BandSource]
  let layers: [SceneLayer]
  let quality: [QualityLayer]
  let remarks: [String]
  /// Of all rasters.
  let fileBytes: Int

  /// - Throws: `SceneError`.
  init(_ recipe: SceneRecipe, _ options: ReadingOptions) throws {
    var rasters = SceneRasters(options: options)
    var channels = try rasters.channels(of: recipe)
    let bands = channels.map(\.source.name)
    for name in options.namedBands where !bands.contains(name) {
      throw SceneError.unknownBand(scene: recipe.source, name: name, bands: bands)
    }
    let pixelType =
      options.values == .physical ? .float32 : RawType.pixelType(of: channels.map(\.type))
    var placement = try ScenePlacement(rasters.used(by: channels), recipe, options)
    for index in channels.indices {
      let raster = channels[index].raster
      channels[index].convert(
        to: pixelType, options.values, isInterpolated: placement.interpolates(raster))
    }
    var layers: [SceneLayer] = []
    for raster in rasters.used(by: channels) {
      layers += try placement.layers(of: raster, channels.filter { $0.raster === raster })
    }
    var quality: [QualityLayer] = []
    for mask in recipe.masks + rasters.impliedMasks {
      quality.append(try placement.quality(mask, of: try rasters.open(mask.raster)))
    }
    grid = placement.grid
    reference = placement.reference
    self.pixelType = pixelType
    self.channels = channels
    self.layers = layers
    self.quality = quality
    alpha = rasters.alpha(beside: channels)
    remarks = rasters.remarks + placement.remarks(channels)
    fileBytes = rasters.fileBytes
  }
}

extension SceneChannel {
  /// Decides how its numbers become those of chips.
  /// - Parameter isInterpolated: whether the raster's numbers are means of stored ones.
  fileprivate mutating func convert(
    to pixelType: PixelType, _ values: ReadingOptions.Values, isInterpolated: Bool
  ) {
    var scaling: (Double, Double)?
    if values == .physical {
      let (scale, offset) = (source.scale ?? 1, source.offset ?? 0)
      if scale != 1 || offset != 0 { scaling = (scale, offset) }
      source.scale = 1
      source.offset = 0
    }
    conversion = PixelConversion(
      from: type, to: pixelType, scaling: scaling, rounds: isInterpolated || values == .physical,
      nodata: nodata)
  }
}
