// What a map that a program makes looks like. A plain value.

import Basics
import Maps
import Scenes

/// Number formats of maps.
package enum MapValue: String, Sendable, Codable {
  case float32, int8, uint8

  package var byteCount: Int { self == .float32 ? 4 : 1 }
}

/// Size, bands, place and words of a map.
package struct MapLayout {
  package var grid: RasterGrid
  package var reference: SpatialReference
  package var value: MapValue
  package var bandNames: [String]
  /// The value of pixels that hold nothing; NaN is one.
  package var nodata: Double
  /// Names and texts that the file says of itself, in their order.
  package var metadata: [(name: String, text: String)]
  /// What the values from 1 on mean, with the colour `0xRRGGBB` of each; of maps of one band of
  /// bytes. Empty for what is no map of classes.
  package var classes: [(name: String, color: UInt32)] = []

  package init(
    grid: RasterGrid, reference: SpatialReference, value: MapValue, bandNames: [String],
    nodata: Double, metadata: [(name: String, text: String)] = []
  ) {
    self.grid = grid
    self.reference = reference
    self.value = value
    self.bandNames = bandNames
    self.nodata = nodata
    self.metadata = metadata
  }

  /// Bytes of a pixel.
  package var pixelBytes: Int { bandNames.count * value.byteCount }

  /// Pixels along the side of a tile, all of whose bands lie together: what one read brings. From
  /// 16 to 512, of at most 4 MiB where hundreds of bands let it.
  package var tileSide: Int {
    var side = 512
    while side > 16 && side * side * pixelBytes > 4 << 20 { side /= 2 }
    return side
  }
}
