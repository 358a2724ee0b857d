// Whether values can be in the unit that a run was trained on: asked before anything is computed of
// them, by the rule by which terrane-ingest compares scenes.

import Basics
import Imagery
import Scenes

package enum UnitNotes {
  /// Windows along a side that are looked at, and pixels along the side of each.
  private static let (windows, windowSide) = (4, 64)
  /// Fewer valid pixels say nothing.
  private static let leastPixels = 256

  /// Looks at windows that are spread over a scene.
  /// - Parameter bands: of the run, in the reader's order.
  /// - Returns: a sentence without a full stop, where values lie far from those of the training.
  /// - Throws: `SceneError`.
  package static func note(
    on reader: SceneReader, against bands: [BandDescription]
  ) throws -> String? {
    let name = reader.recipe.name.visible
    let seen = try statistics(of: reader).map { statistics in
      statistics.count < leastPixels ? nil : SeenValues(place: name, statistics)
    }
    return note(seen, against: bands)
  }

  /// Compares a dataset's statistics.
  /// - Parameter channels: for each band of the run the dataset's.
  static func note(
    on dataset: Dataset, channels: [Int], against bands: [BandDescription]
  ) -> String? {
    note(
      channels.map { values(of: dataset.description.bands[$0], in: dataset.folder.visible) },
      against: bands)
  }

  /// Nil where a band's values say nothing.
  private static func note(_ seen: [SeenValues?], against bands: [BandDescription]) -> String? {
    for (found, band) in zip(seen, bands) {
      let trained = values(of: band, in: "the training")
      guard let found, found.areFar(from: trained) else { continue }
      return found.note(onMeansOf: band.name.visible, besides: trained)
        + " Features of values in another one mean nothing"
    }
    return nil
  }

  private static func values(of band: BandDescription, in place: String) -> SeenValues {
    SeenValues(place: place, mean: band.mean, deviation: band.standardDeviation)
  }

  /// Of the valid pixels of each band in the windows.
  private static func statistics(of reader: SceneReader) throws -> [RunningStatistics] {
    defer { reader.beginAnew() }
    let (width, height) = (reader.grid.width, reader.grid.height)
    let columns = starts(in: width)
    let (windowWidth, windowHeight) = (min(windowSide, width), min(windowSide, height))
    let count = windowWidth * windowHeight
    let bandBytes = count * reader.pixelType.byteCount
    let memory = ScratchBuffer<UInt8>(count: reader.bandCount * bandBytes)
    var validity = [UInt8](repeating: 0, count: count)
    var values = [Float](repeating: 0, count: count)
    var result = [RunningStatistics](repeating: RunningStatistics(), count: reader.bandCount)
    for row in starts(in: height) {
      for column in columns {
        let window = PixelWindow(
          column: column, row: row, width: windowWidth, height: windowHeight)
        try validity.withUnsafeMutableBufferPointer {
          try reader.read(window, pixels: memory.bytes, validity: $0)
        }
        for band in result.indices {
          values.withUnsafeMutableBufferPointer { values in
            reader.pixelType.copyValues(
              UnsafeRawPointer(memory.bytes.baseAddress!) + band * bandBytes, count: count,
              into: values.baseAddress!)
            validity.withUnsafeBufferPointer {
              result[band].add(UnsafeBufferPointer(values), where: $0) { Double($0) }
            }
          }
        }
      }
    }
    withExtendedLifetime(memory) {}
    return result
  }

  /// Where windows begin along a side: in the middles of equal parts, each at its own place.
  private static func starts(in length: Int) -> [Int] {
    let last = max(0, length - windowSide)
    let places = (0..<windows).map { last * (2 * $0 + 1) / (2 * windows) }
    return places.enumerated().filter { $0.offset == 0 || $0.element > places[$0.offset - 1] }
      .map(\.element)
  }
}
