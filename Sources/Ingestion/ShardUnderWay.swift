// A shard that several threads write, a piece each.

import Basics
import Imagery

/// What the pieces of a shard share.
///
/// `@unchecked Sendable`: the chips and the directory do not change; the rest is in the monitor.
final class ShardUnderWay: @unchecked Sendable {
  let section: ShardSection
  let assembly: ShardAssembly
  let linkCount: Int

  private struct State {
    /// Of each piece that is done.
    var statistics: [Int: [ChipStatistics]] = [:]
    var histograms: [ValueHistogram] = []
    var piecesLeft: Int
  }

  private let state: Monitor<State>

  init(_ section: ShardSection, _ directory: ShardDirectory, path: String, pieces: Int) throws {
    self.section = section
    linkCount = directory.linkCount
    assembly = try ShardAssembly(
      creating: path, directory,
      section.chips.map { (payload: $0.payload, validCount: Int($0.validCount)) })
    state = Monitor(State(piecesLeft: pieces))
  }

  /// Adds the statistics of a piece.
  /// - Returns: those of the whole shard, in the order of its chips, once all pieces are done.
  func add(
    _ statistics: ChipAccumulator, of piece: Int
  ) -> (chips: [ChipStatistics], histograms: [ValueHistogram])? {
    state.withLock { state in
      state.statistics[piece] = statistics.chips
      if state.histograms.isEmpty {
        state.histograms = statistics.histograms
      } else {
        for (band, histogram) in statistics.histograms.enumerated() {
          state.histograms[band].merge(histogram)
        }
      }
      state.piecesLeft -= 1
      if state.piecesLeft > 0 { return nil }
      let chips = state.statistics.sorted { $0.key < $1.key }.flatMap(\.value)
      return (chips, state.histograms)
    }
  }
}
