// How labelled places are split: as their file says, or into spatial folds.

import Basics

/// The splits of places, and what is drawn together when scores are resampled.
struct Splitting {
  let splits: [ProbeSplit]
  let units: [Int]
  /// Nil where the file says the split.
  let folds: SpatialFolds?
  let block: Double?
  let gap: Double?
  let isValidationMadeUp: Bool

  /// - Throws: `ProbeError`.
  init(
    _ places: [ProbePlace], kind: ProbeTarget.Kind, _ request: ProbeRequest, gap: Double
  ) throws(ProbeError) {
    if request.split != nil {
      let (split, isMadeUp) = try ProbePlaces.split(
        places, kind: kind, labels: request.labelPath)
      splits = [split]
      units = Array(places.indices)
      folds = nil
      block = nil
      self.gap = nil
      isValidationMadeUp = isMadeUp
      return
    }
    let points = places.map(\.place)
    let block =
      request.block ?? SpatialFolds.blockSide(for: points, gap: gap, count: request.folds)
    let folds = SpatialFolds(
      of: points, blockSide: block, count: request.folds, seed: request.seed)
    guard folds.blockCount >= request.folds else {
      throw .fewBlocks(blocks: folds.blockCount, side: block, folds: request.folds)
    }
    splits = folds.splits(gap: gap)
    units = folds.blocks
    self.folds = folds
    self.block = block
    self.gap = gap
    isValidationMadeUp = false
  }
}
