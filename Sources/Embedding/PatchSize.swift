// How large a patch is on the ground, and in pixels of a scene. Pure but for what a map says of its
// units.

import Basics
import Encoders
import Imagery
import Maps
import Scenes

package enum PatchSize {
  /// Pixels of a scene along a side of a patch, at the least and at the most.
  private static let bounds = 1.0 / 64...4096.0

  /// Metres from the top of a patch to its bottom, as a patch had them on average in the training:
  /// the share of a chip's side that an image shows, over the patches of an image. Where scenes had
  /// pixels of several sizes, by the median over their chips. Degrees count as on the equator.
  package static func ground(ofTraining trained: TrainedEncoder) -> Double {
    pixel(of: trained.run.dataset.description) * trained.trainingCropSide
      / Double(trained.model.patchGrid.side)
  }

  /// Metres of a training pixel from its top to its bottom.
  package static func pixel(of description: DatasetDescription) -> Double {
    let units = description.referenceSystems.map {
      SpatialReference(definition: $0.wkt)?.metresPerUnit ?? 1
    }
    let sizes = description.scenes.map {
      (size: $0.pixelHeight * units[$0.referenceSystem], chips: $0.chips)
    }.sorted { $0.size < $1.size }
    let half = sizes.reduce(0) { $0 + $1.chips } / 2
    var chips = 0
    for entry in sizes {
      chips += entry.chips
      if chips > half { return entry.size }
    }
    return sizes.last?.size ?? 1
  }

  /// Pixels of a scene along a side of a patch of so many metres.
  /// - Throws: `EmbeddingError.unsuitablePatch`.
  package static func pixels(ground: Double, in reader: SceneReader) throws -> Double {
    let unit = -reader.grid.transform.rowY * reader.reference.metresPerUnit
    let pixels = ground / unit
    guard bounds.contains(pixels) else {
      throw EmbeddingError.unsuitablePatch(ground: ground, unit: unit)
    }
    return pixels
  }

  /// Whole pixels of a scene along a side of a window of so many metres.
  /// - Throws: `EmbeddingError.unsuitableChip`.
  static func windowSide(ground: Double, in reader: SceneReader) throws -> Int {
    let unit = -reader.grid.transform.rowY * reader.reference.metresPerUnit
    let side = (ground / unit).rounded()
    guard side >= 1 && side <= Double(ChipLayout.largestSide) else {
      throw EmbeddingError.unsuitableChip(
        scene: reader.recipe.source, ground: ground, unit: unit, most: ChipLayout.largestSide)
    }
    return Int(side)
  }
}
