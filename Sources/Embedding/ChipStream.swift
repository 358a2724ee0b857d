// Chips one after another, as images and with their places: those of a shard, or windows of a
// scene. What becomes of them is `FeatureTable`'s business.

import Basics
import Imagery
import Maps
import Scenes

/// Where a chip lies and what it was cut from.
package struct EmbeddedChip: Hashable, Sendable {
  /// The scene's name.
  package var scene: String
  package var acquired: AcquisitionTime?
  /// In the scene's pixels.
  package var window: PixelWindow
  /// On the scene's map.
  package var footprint: Footprint
  package var corners: GeographicCorners
  /// The map's system: its code, or else its text.
  package var system: String
}

/// Some chips, any of which can be loaded by any thread, each thread with a slot of its own.
package struct ChipStream {
  package let count: Int
  /// Loads one: normalised bands (C, side, side) in the run's order, 0 where invalid.
  /// Nil, with the image left undefined, for a chip of which less than half is valid.
  let load:
    (_ index: Int, _ slot: Int, _ image: UnsafeMutablePointer<Float>) throws -> EmbeddedChip?
}

extension ChipStream {
  /// Less of a chip is not worth a vector.
  static let leastValidShare = 0.5

  /// The own chips of a shard.
  /// - Parameters:
  ///   - channels: for each channel of the run the shard's band.
  ///   - normalization: in the order of the run's channels.
  ///   - systems: codes of reference systems by their texts.
  static func shard(
    _ shard: ShardFile, channels: [Int], side: Int, normalization: Normalization,
    systems: [String: String], slots: Int
  ) -> ChipStream {
    let layout = shard.layout
    // Bands that the run does not have are read beside the others, and left.
    var mean = [Float](repeating: 0, count: layout.bandCount)
    var deviation = [Float](repeating: 1, count: layout.bandCount)
    for (channel, band) in channels.enumerated() {
      mean[band] = normalization.mean[channel]
      deviation[band] = normalization.standardDeviation[channel]
    }
    let inOrder = Normalization(mean: mean, standardDeviation: deviation)
    let rooms = (0..<slots).map { _ in
      (
        sampler: CropSampler(layout: layout, side: side, normalization: inOrder),
        pixels: [Float](repeating: 0, count: side * side * layout.bandCount),
        validity: [UInt8](repeating: 0, count: side * side)
      )
    }
    let own = shard.directory.ownChipCount
    return ChipStream(count: own) { index, slot, image in
      let chip = shard.chips[index]
      if chip.validShare < leastValidShare { return nil }
      var room = rooms[slot]
      let plane = side * side
      try room.pixels.withUnsafeMutableBufferPointer { pixels in
        try room.validity.withUnsafeMutableBufferPointer { validity in
          _ = try room.sampler.load(
            chip: index, of: shard, box: .whole(side: layout.side), into: pixels.baseAddress!,
            validity: validity.baseAddress!)
        }
        for (channel, band) in channels.enumerated() {
          (image + channel * plane).update(from: pixels.baseAddress! + band * plane, count: plane)
        }
      }
      let scene = shard.directory.scenes[chip.scene]
      return EmbeddedChip(
        scene: scene.name, acquired: scene.acquired,
        window: PixelWindow(
          column: chip.column, row: chip.row, width: layout.side, height: layout.side),
        footprint: chip.footprint, corners: chip.corners, system: systems[scene.crs] ?? scene.crs)
    }
  }

  /// A scene in windows of so many of its pixels that only touch; the last ones end at its edges. A
  /// scene that is smaller than a window is one window, the rest of which is invalid.
  /// - Throws: `SceneError`; `EmbeddingError` where the scene has no place on the globe.
  static func scene(
    slots: Int, opening: () throws -> SceneReader, window side: Int, imageSide: Int,
    normalization: Normalization
  ) throws -> ChipStream {
    let readers = try (0..<slots).map { _ in try opening() }
    let reader = readers[0]
    func starts(_ length: Int) -> [Int] {
      length < side ? [0] : WindowGrid.starts(length: length, side: side, stride: side)
    }
    let (rows, columns) = (starts(reader.grid.height), starts(reader.grid.width))
    let images = readers.map {
      SceneImages(
        $0, scale: Double(side) / Double(imageSide), normalization: normalization, pool: nil)
    }
    let globes = try readers.map { reader in
      guard let globe = SpatialReference.GeographicTransform(from: reader.reference) else {
        throw EmbeddingError.noPlaceOnGlobe(scene: reader.recipe.source)
      }
      return globe
    }
    let described = reader.reference.description
    let system = described.authority ?? described.wkt
    return ChipStream(count: rows.count * columns.count) { index, slot, image in
      let window = PixelWindow(
        column: columns[index % columns.count], row: rows[index / columns.count], width: side,
        height: side)
      let seen = try images[slot].load(chip: window, side: imageSide)
      let valid = seen.validity.reduce(0) { $0 + Int($1) }
      if Double(valid) < leastValidShare * Double(imageSide * imageSide) { return nil }
      image.update(from: seen.pixels.pointer, count: seen.pixels.count)
      let footprint = reader.grid.footprint(window)
      guard let corners = globes[slot].corners(of: footprint) else {
        throw EmbeddingError.noPlaceOnGlobe(scene: reader.recipe.source)
      }
      return EmbeddedChip(
        scene: reader.recipe.name, acquired: reader.recipe.acquired, window: window,
        footprint: footprint, corners: corners, system: system)
    }
  }
}
