// The second pass: reads the chips of each shard, writes them and gathers the statistics of the
// bands.

import Basics
import Imagery
import Scenes

/// A window that became a chip, numbered along the curve.
struct PlannedChip {
  let scene: Int
  let window: PixelWindow
  let footprint: Footprint
  let bounds: GeographicBounds
  let corners: GeographicCorners
  var role = ChipRole.training
}

/// Writes shards one after another; holds one chip and a few open scenes at a time.
struct ShardStage {
  let catalog: SceneCatalog
  /// All chips, and of each the others that overlap or touch it.
  let chips: [PlannedChip]
  let neighbours: [[NeighbourLink]]

  private(set) var statistics: [RunningStatistics]
  private let readers: ReaderCache
  private var pixels: [UInt8]
  private var validity: [UInt8]

  init(catalog: SceneCatalog, chips: [PlannedChip], neighbours: [[NeighbourLink]]) {
    self.catalog = catalog
    self.chips = chips
    self.neighbours = neighbours
    statistics = Array(repeating: RunningStatistics(), count: catalog.layout.bandCount)
    readers = ReaderCache()
    pixels = [UInt8](repeating: 0, count: catalog.layout.pixelBytes)
    validity = [UInt8](repeating: 0, count: catalog.layout.pixelsPerBand)
  }

  /// Writes one shard into a folder.
  /// - Parameter advance: called after each chip.
  mutating func write(
    _ plan: ShardPlan, named name: String, in folder: String, advance: () throws -> Void
  ) throws -> ShardDescription {
    let path = folder + "/" + name
    let directory = directory(of: plan)
    var writer = try ShardWriter(creating: path, directory)
    for (index, number) in plan.chips.enumerated() {
      try read(chips[number])
      if index < plan.ownChips.count && chips[number].role == .training { count(number) }
      try pixels.withUnsafeBytes { bytes in
        try validity.withUnsafeBufferPointer { try writer.append(pixels: bytes, validity: $0) }
      }
      try advance()
    }
    let bytes = try writer.finish()
    return ShardDescription(
      file: name, chips: plan.ownChips.count, borderChips: plan.borderChips.count,
      links: directory.linkCount, bytes: bytes, digest: try ShardFile(path).digest())
  }

  private func directory(of plan: ShardPlan) -> ShardDirectory {
    let numbers = plan.chips
    let used = Set(numbers.map { chips[$0].scene }).sorted()
    var place: [Int: Int] = [:]
    for (index, scene) in used.enumerated() { place[scene] = index }
    let records = numbers.enumerated().map { index, number in
      let chip = chips[number]
      return ChipRecord(
        id: ChipID(index: number), scene: place[chip.scene]!, column: chip.window.column,
        row: chip.window.row, footprint: chip.footprint, bounds: chip.bounds,
        corners: chip.corners, isBorderCopy: index >= plan.ownChips.count)
    }
    return ShardDirectory(
      layout: catalog.layout, bands: catalog.meanings,
      scenes: used.map { place in
        let scene = catalog.scenes[place]
        return SceneReference(
          name: scene.recipe.name, crs: catalog.references[scene.system].wkt,
          transform: scene.grid.transform, acquired: scene.recipe.acquired)
      },
      chips: records, links: plan.links)
  }

  private mutating func read(_ chip: PlannedChip) throws {
    let reader = try readers.open(catalog.scenes[chip.scene].recipe)
    try pixels.withUnsafeMutableBytes { bytes in
      try validity.withUnsafeMutableBufferPointer {
        try reader.read(chip.window, pixels: bytes, validity: $0)
      }
    }
  }

  /// Adds the chip at hand to the statistics: its valid pixels that no earlier training chip of its
  /// scene has.
  private mutating func count(_ number: Int) {
    let chip = chips[number]
    let side = catalog.layout.side
    var mask = validity
    for link in neighbours[number] where link.chip < number {
      let other = chips[link.chip]
      if other.role != .training || other.scene != chip.scene { continue }
      let left = max(0, other.window.column - chip.window.column)
      let right = min(side, other.window.column + side - chip.window.column)
      let top = max(0, other.window.row - chip.window.row)
      let bottom = min(side, other.window.row + side - chip.window.row)
      if left >= right || top >= bottom { continue }
      for y in top..<bottom {
        for x in left..<right { mask[y * side + x] = 0 }
      }
    }
    let bandBytes = catalog.layout.pixelsPerBand * catalog.layout.pixelType.byteCount
    pixels.withUnsafeBytes { bytes in
      mask.withUnsafeBufferPointer { mask in
        for band in statistics.indices {
          catalog.layout.pixelType.accumulate(
            UnsafeRawBufferPointer(rebasing: bytes[band * bandBytes..<(band + 1) * bandBytes]),
            where: mask, into: &statistics[band])
        }
      }
    }
  }
}

/// The readers used last, open.
final class ReaderCache {
  private static let capacity = 16
  /// The one used last comes last.
  private var open: [SceneReader] = []

  func open(_ recipe: SceneRecipe) throws -> SceneReader {
    if let index = open.firstIndex(where: { $0.recipe == recipe }) {
      let reader = open.remove(at: index)
      open.append(reader)
      return reader
    }
    if open.count == Self.capacity { open.removeFirst() }
    let reader = try SceneReader(recipe)
    open.append(reader)
    return reader
  }
}
