// A map of features as a cloud-optimised GeoTIFF: whole or not at all, in bounded memory, and gone
// on with when it was cut.

import Basics
import Foundation
import MapFiles
import Observability
import Scenes

/// What a map is to be like.
package struct MapRequest {
  /// Where it goes.
  package var path: String
  /// Whether vectors become bytes of unit vectors, see `Int8Vectors`; else they are floats as the
  /// model gives them.
  package var isQuantised: Bool
  /// Whether a map that is there is replaced.
  package var overwrites = false
  /// Whether what an earlier run has begun is thrown away.
  package var restarts = false
  /// What the map says of itself, in the order of the words. What differs makes another map.
  package var words: [(name: String, text: String)]
  /// What else makes another map, and is not told in it: where the pixels come from.
  package var inputs: [String] = []

  package init(path: String, isQuantised: Bool, words: [(name: String, text: String)]) {
    self.path = path
    self.isQuantised = isQuantised
    self.words = words
  }
}

/// Makes one map.
package struct MapWriting {
  private let map: FeatureMap
  private let request: MapRequest
  private let work: MapWork
  private let layout: MapLayout

  /// Patches between two times at which everything is on the disk, about.
  private static let patchesBetweenSaves = 16_384

  package init(_ map: FeatureMap, _ request: MapRequest) {
    self.map = map
    self.request = request
    work = MapWork(path: request.path)
    layout = MapLayout(
      grid: map.grid, reference: map.reference, value: request.isQuantised ? .int8 : .float32,
      bandNames: Self.bandNames(map.dimensions),
      nodata: request.isQuantised ? Double(Int8Vectors.nodata) : .nan, metadata: request.words)
  }

  /// E000, E001, …
  package static func bandNames(_ dimensions: Int) -> [String] {
    let digits = max(3, String(max(0, dimensions - 1)).count)
    return (0..<dimensions).map { "E" + $0.zeroPadded(to: digits) }
  }

  /// Names the work: another scene, run, grid or option is another request.
  private var digest: Digest {
    let grid = map.grid
    let lines =
      request.words.map { "\($0.name)=\($0.text)" } + request.inputs + [
        "\(request.isQuantised) \(map.dimensions) \(map.blocks.count)",
        "\(grid.width) \(grid.height) \(grid.transform.numbers)",
        map.reference.description.wkt,
      ]
    return Digest(of: lines.joined(separator: "\n"))
  }

  /// - Returns: what was measured on the way.
  /// - Throws: `OutputError`, `EmbeddingError`, `SceneError`, `MapFileError`, `FileError`.
  package func run() throws -> MapProgress {
    try OutputFile("--map", request.path).check(overwrites: request.overwrites)
    let description = request.words.map { "\($0.name): \($0.text)" }.joined(separator: "; ")
    var progress: MapProgress
    if let found = try work.progress(of: digest, restarts: request.restarts) {
      guard (0...map.blocks.count).contains(found.blocks) else {
        throw EmbeddingError.foreignWork(folder: work.folder)
      }
      progress = found
    } else {
      try Files.createFolder(work.folder)
      try MapRaster.create(work.raster, layout)
      progress = MapProgress(request: digest, description: description)
      try work.save(progress)
    }
    try fill(&progress)
    let raster = try MapRaster(work.raster)
    let bar = ProgressBar(
      title: "Writing the map", total: 1000, unit: "‰", console: Console(),
      startingAt: .monotonicNow())
    defer { bar.finish() }
    try raster.writeCloudOptimised(
      to: work.copy, tileSide: layout.tileSide, metadata: request.words + measured(progress)
    ) { bar.update(done: Int($0 * 1000), at: .monotonicNow()) }
    try work.publish()
    return progress
  }

  private func fill(_ progress: inout MapProgress) throws {
    guard progress.blocks < map.blocks.count else { return }
    let raster = try MapRaster(work.raster, forUpdate: true)
    guard raster.width == map.grid.width, raster.height == map.grid.height,
      raster.bandCount == map.dimensions
    else { throw EmbeddingError.foreignWork(folder: work.folder) }
    let bar = ProgressBar(
      title: "Features", total: map.grid.width * map.grid.height, unit: "patches",
      console: Console(), startingAt: .monotonicNow())
    defer { bar.finish() }
    var done = map.blocks.patches(ofFirst: progress.blocks)
    var unsaved = 0
    for block in map.blocks[progress.blocks...] {
      try write(try map.compute(block), to: raster, &progress)
      progress.blocks += 1
      done += block.count
      unsaved += block.count
      bar.update(done: done, at: .monotonicNow())
      if unsaved >= Self.patchesBetweenSaves || progress.blocks == map.blocks.count {
        try raster.synchronize()
        try work.save(progress)
        unsaved = 0
      }
    }
  }

  private func write(
    _ features: BlockFeatures, to raster: MapRaster, _ progress: inout MapProgress
  ) throws {
    let block = features.block
    let window = PixelWindow(
      column: block.columns.lowerBound, row: block.rows.lowerBound, width: block.columns.count,
      height: block.rows.count)
    progress.validPatches += features.validity.reduce(0) { $0 + Int($1) }
    progress.seams.add(features, dimensions: map.dimensions)
    if request.isQuantised {
      let bytes = UnsafeMutableBufferPointer<Int8>.allocate(capacity: features.values.count)
      defer { bytes.deallocate() }
      bytes.initialize(repeating: Int8Vectors.nodata)
      for place in 0..<block.count where features.validity[place] == 1 {
        progress.loss.add(
          Int8Vectors.quantise(
            features.values.pointer + place * map.dimensions, count: map.dimensions,
            into: bytes.baseAddress! + place * map.dimensions))
      }
      try raster.write(window, pixels: UnsafeRawBufferPointer(bytes))
      return
    }
    for place in 0..<block.count where features.validity[place] == 0 {
      features.values[place * map.dimensions..<(place + 1) * map.dimensions]
        .update(repeating: .nan)
    }
    try raster.write(window, pixels: UnsafeRawBufferPointer(features.values.values))
  }

  private func measured(_ progress: MapProgress) -> [(name: String, text: String)] {
    var words: [(name: String, text: String)] = []
    if request.isQuantised {
      words += [
        ("QUANTIZATION", Int8Vectors.formula),
        ("QUANTIZATION_ROOT_MEAN_SQUARE", "\(progress.loss.rootMeanSquare)"),
        ("QUANTIZATION_LARGEST_DIFFERENCE", "\(progress.loss.largest)"),
        ("QUANTIZATION_MEAN_COSINE", "\(progress.loss.meanCosine)"),
      ]
    }
    if let across = progress.seams.meanAcross, let inside = progress.seams.meanInside {
      words += [
        ("STEP_ACROSS_CROP_BORDERS", "\(across)"), ("STEP_INSIDE_CROPS", "\(inside)"),
      ]
    }
    return words
  }
}
