// Which chips a table is made of: those of a dataset, or those that scenes are cut into. Bands come
// into the run's order here.

import Basics
import Encoders
import Imagery
import Scenes

/// One stream after another.
package struct ChipSources {
  /// Chips in all streams.
  package let chips: Int
  /// What there is to say.
  package let remarks: [String]
  /// Pixels along the side of a chip; of scenes, those of the first.
  package let side: Int
  private let open: [(_ slots: Int) throws -> ChipStream]

  /// Opens the streams, one at a time.
  package func forEach(slots: Int) -> () throws -> ChipStream? {
    var number = 0
    return {
      guard number < open.count else { return nil }
      number += 1
      return try open[number - 1](slots)
    }
  }

  /// The chips of a dataset, held-out ones too, of the shards that are on this machine.
  /// - Throws: `EmbeddingError` for other bands, or where no shard is there; `DatasetError`.
  package static func dataset(_ dataset: Dataset, for trained: TrainedEncoder) throws -> ChipSources
  {
    let channels = try SceneEncoding.channels(of: dataset, as: trained.bands)
    let present = dataset.presentShards
    guard !present.isEmpty else { throw EmbeddingError.noShards(folder: dataset.folder) }
    let missing = dataset.description.shardCount - present.count
    let missingNote =
      missing == 0
      ? []
      : [
        "\(missing) of \(dataset.description.shardCount) shards are not in \(dataset.folder), and their "
          + "chips are not in the table"
      ]
    let unitNote = UnitNotes.note(on: dataset, channels: channels, against: trained.bands)
    let systems = Dictionary(
      dataset.description.referenceSystems.map { ($0.wkt, $0.authority ?? $0.wkt) },
      uniquingKeysWith: { first, _ in first })
    let (side, normalization) = (trained.model.imageSide, trained.normalization)
    return ChipSources(
      chips: present.reduce(0) { $0 + dataset.description[$1].chips },
      remarks: missingNote + [unitNote].compactMap(\.self),
      side: dataset.layout.side,
      open: present.map { id in
        { slots in
          .shard(
            try dataset.openUnread(id), channels: channels, side: side,
            normalization: normalization, systems: systems, slots: slots)
        }
      })
  }

  /// Scenes in windows of the ground that a training chip has.
  /// - Throws: `SceneError`, `EmbeddingError`.
  package static func scenes(
    _ recipes: [SceneRecipe], reading: ReadingOptions, for trained: TrainedEncoder
  ) throws -> ChipSources {
    let (imageSide, normalization) = (trained.model.imageSide, trained.normalization)
    var chips = 0
    var sides: [Int] = []
    var open: [(Int) throws -> ChipStream] = []
    var remarks = Remarks()
    for recipe in recipes {
      func reader() throws -> SceneReader {
        try SceneEncoding.open(recipe, reading: reading, bands: trained.bands)
      }
      let first = try reader()
      let side = try PatchSize.windowSide(ground: trained.ground.chip, in: first)
      sides.append(side)
      if let note = try UnitNotes.note(on: first, against: trained.bands) {
        remarks.add(note, scene: recipe.name, kind: "units")
      }
      func count(_ length: Int) -> Int { max(1, (length + side - 1) / side) }
      chips += count(first.grid.width) * count(first.grid.height)
      open.append { slots in
        try .scene(
          slots: slots, opening: reader, window: side, imageSide: imageSide,
          normalization: normalization)
      }
    }
    return ChipSources(chips: chips, remarks: remarks.texts, side: sides.first ?? 0, open: open)
  }
}
