// The rasters of an open scene, each on the scene's grid, and which channels they fill.

import CGDAL
import Imagery

/// A raster that lies on the scene's grid, with the channels that come from it.
struct SceneLayer {
  /// Channels that follow each other and are read in one go.
  struct Run {
    /// The first channel, from 0.
    var first: Int
    /// Bands of the layer's raster, one for each channel.
    var bands: [Int]
    var type: RawType
    /// Whether the raster's bytes are the chip's.
    var isDirect: Bool
  }

  let raster: Raster
  let orientation: RasterOrientation
  private(set) var runs: [Run] = []
  /// Bands and masks that are 0 where pixels are hidden.
  private(set) var masks: [(band: GDALRasterBandH, kind: ValidityMap.MaskKind)] = []

  /// - Parameter channels: with the layer's band of each, in order.
  init(
    _ raster: Raster, _ orientation: RasterOrientation,
    channels: [(channel: SceneChannel, band: Int)]
  ) {
    self.raster = raster
    self.orientation = orientation
    for (channel, band) in channels {
      let isDirect = channel.conversion.isNone
      if let last = runs.last, last.first + last.bands.count == channel.index,
        last.isDirect == isDirect, last.type == channel.type
      {
        runs[runs.count - 1].bands.append(band)
      } else {
        runs.append(
          Run(first: channel.index, bands: [band], type: channel.type, isDirect: isDirect))
      }
    }
  }

  /// Adds the alpha band with a number.
  mutating func addAlpha(_ number: Int, _ kind: ValidityMap.MaskKind) {
    guard let band = GDALGetRasterBand(raster.dataset, Int32(number)) else { return }
    masks.append((band, kind))
  }

  /// Adds what masks some of the raster's bands beyond nodata and alpha.
  mutating func addMasks(of numbers: [Int]) {
    for band in raster.bands where numbers.contains(band.number) {
      guard let mask = band.mask else { continue }
      masks.append((mask, .mask))
      if band.isMaskShared { break }
    }
  }
}

/// A channel of an open scene and where it comes from.
struct SceneChannel {
  let index: Int
  /// With what the raster says of it besides the recipe.
  var source: BandSource
  let raster: Raster
  /// Of the raster, from 1.
  let number: Int
  let type: RawType
  /// Values that are not data.
  let nodata: [Double]
  var conversion: PixelConversion
}

/// A quality layer on the scene's grid.
struct QualityLayer {
  let layer: SceneLayer
  /// Of the layer's raster, from 1.
  let band: Int
  /// Of each value from 0 to 65535, 0 where it hides a pixel and 255 where not.
  private let table: [UInt8]
  private let source: MaskSource

  init(_ layer: SceneLayer, band: Int, _ source: MaskSource) {
    self.layer = layer
    self.band = band
    self.source = source
    table = (0...0xFFFF).map { Self.hides($0, source) ? 0 : 255 }
  }

  /// The mask of some of the layer's values: 0 where a pixel is hidden.
  func mask(_ values: UnsafeBufferPointer<Int32>, into mask: UnsafeMutableBufferPointer<UInt8>) {
    for index in values.indices {
      let value = Int(values[index])
      mask[index] =
        value & ~0xFFFF == 0 ? table[value] : Self.hides(value, source) ? 0 : 255
    }
  }

  private static func hides(_ value: Int, _ source: MaskSource) -> Bool {
    source.values.contains(value)
      || source.bits.contains { (0..<32).contains($0) && value >> $0 & 1 != 0 }
  }
}
