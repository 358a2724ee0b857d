// How large a patch is in pixels of a scene.

import Imagery
import Maps
import Scenes

package enum PatchSize {
  /// Pixels of a scene along a side of a patch, at the least and at the most.
  private static let bounds = 1.0 / 64...4096.0

  /// Metres from the top of a scene's pixel to its bottom, as `GroundSize` has them; by the map's
  /// unit where the scene has no place on the globe.
  static func pixel(of reader: SceneReader) -> Double {
    let mapUnits = -reader.grid.transform.rowY
    let globe = SpatialReference.GeographicTransform(from: reader.reference)
    return globe?.corners(of: reader.grid.footprint).flatMap {
      GroundSize.pixel(mapUnits: mapUnits, rows: reader.grid.height, corners: $0)
    } ?? mapUnits * reader.reference.metresPerUnit
  }

  /// Pixels of a scene along a side of a patch of so many metres.
  /// - Throws: `EmbeddingError.unsuitablePatch`.
  package static func pixels(ground: Double, in reader: SceneReader) throws -> Double {
    let unit = pixel(of: reader)
    let pixels = ground / unit
    guard bounds.contains(pixels) else {
      throw EmbeddingError.unsuitablePatch(ground: ground, unit: unit)
    }
    return pixels
  }

  /// Whole pixels of a scene along a side of a window of so many metres.
  /// - Throws: `EmbeddingError.unsuitableChip`.
  static func windowSide(ground: Double, in reader: SceneReader) throws -> Int {
    let unit = pixel(of: reader)
    let side = (ground / unit).rounded()
    guard side >= 1 && side <= Double(ChipLayout.largestSide) else {
      throw EmbeddingError.unsuitableChip(
        scene: reader.recipe.source, ground: ground, unit: unit, most: ChipLayout.largestSide)
    }
    return Int(side)
  }
}
