// Folds of places that do not lie beside each other: blocks on the ground, and a gap between what
// is trained on and what is tested on. Places at random would leak: neighbours are alike.

import Basics
import Foundation
import Imagery

/// Which places are trained on, chosen with and tested on. Numbers are those of places.
package struct ProbeSplit: Hashable, Sendable {
  /// A part of the training places, and those by which hyperparameters are judged.
  package struct Choice: Hashable, Sendable {
    package var training: [Int]
    package var validation: [Int]

    package init(training: [Int], validation: [Int]) {
      self.training = training
      self.validation = validation
    }
  }

  /// At least one; validation may be empty in the first, where there is none.
  package var choices: [Choice]
  /// All that may be trained on.
  package var pool: [Int]
  package var test: [Int]

  package init(choices: [Choice], pool: [Int], test: [Int]) {
    self.choices = choices
    self.pool = pool
    self.test = test
  }
}

/// Places in blocks, and blocks in folds.
package struct SpatialFolds: Sendable {
  /// The number of the block of each place, from 0.
  package let blocks: [Int]
  /// The fold of each place; -1 while there are fewer blocks than folds.
  package let folds: [Int]
  package let foldCount: Int
  package let blockCount: Int
  private let positions: [SIMD3<Double>]

  /// A block is at least so many gaps wide, so that most places are beyond the gap.
  package static let gapsPerBlock = 4.0
  /// Blocks that the default size makes for each fold of places that cover their box, about.
  private static let blocksPerFold = 6.0

  /// Blocks are squares of a grid of longitudes and latitudes, as wide in metres at the places'
  /// middle latitude; they go to folds by their number of places, the largest first and equals by
  /// chance, each to the fold that has the fewest places.
  /// - Parameters:
  ///   - blockSide: in metres, positive.
  /// - Precondition: there are places, and two folds at least.
  package init(of places: [GeographicPoint], blockSide: Double, count: Int, seed: UInt64) {
    precondition(!places.isEmpty && count > 1 && blockSide > 0)
    positions = places.map(Ground.position)
    let plane = Self.plane(positions, places)
    let cells = plane.map { SIMD2<Int64>(($0 / blockSide).rounded(.down)) }
    // Blocks are numbered by their places on the grid.
    let known = Set(cells).sorted { ($0.y, $0.x) < ($1.y, $1.x) }
    let numbers = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, $0) })
    let blocks = cells.map { numbers[$0] ?? 0 }
    var sizes = [Int](repeating: 0, count: known.count)
    for block in blocks { sizes[block] += 1 }
    var foldOfBlock = [Int](repeating: -1, count: known.count)
    if known.count >= count {
      var random = CounterRandom(seed: seed, purpose: .spatialFolds)
      // The largest ones first; by chance among equals.
      let order = random.permutation(of: known.count).map { Int($0) }.enumerated()
        .sorted { (-sizes[$0.element], $0.offset) < (-sizes[$1.element], $1.offset) }
        .map(\.element)
      var filled = [Int](repeating: 0, count: count)
      for block in order {
        let fold = filled.indices.min { (filled[$0], $0) < (filled[$1], $1) } ?? 0
        foldOfBlock[block] = fold
        filled[fold] += sizes[block]
      }
    }
    self.blocks = blocks
    folds = blocks.map { foldOfBlock[$0] }
    foldCount = count
    blockCount = known.count
  }

  /// A side for which there are some blocks a fold, and most places lie beyond the gap.
  /// - Parameters:
  ///   - gap: in metres.
  ///   - count: of folds.
  package static func blockSide(
    for places: [GeographicPoint], gap: Double, count: Int
  ) -> Double {
    let plane = plane(places.map(Ground.position), places)
    func extent(_ values: [Double]) -> Double { (values.max() ?? 0) - (values.min() ?? 0) }
    let area = extent(plane.map(\.x)) * extent(plane.map(\.y))
    return max(gapsPerBlock * gap, (area / (blocksPerFold * Double(count))).squareRoot())
  }

  /// Metres east of the places' middle longitude, at their middle latitude, and north of the
  /// equator.
  private static func plane(
    _ positions: [SIMD3<Double>], _ places: [GeographicPoint]
  ) -> [SIMD2<Double>] {
    let sum = positions.reduce(SIMD3()) { $0 + $1 }
    let middle = atan2(sum.y, sum.x) * 180 / .pi
    let latitude = places.reduce(0) { $0 + $1.latitude } / Double(places.count)
    let metres = Earth.meanRadius * .pi / 180
    let across = max(cos(latitude * .pi / 180), 0.01)
    return places.map {
      SIMD2(
        ($0.longitude - middle).remainder(dividingBy: 360) * metres * across,
        $0.latitude * metres)
    }
  }

  /// One split a fold. Places nearer than the gap to a test place are in no part of it, and those
  /// nearer than the gap to a validation place are not trained on while it judges.
  /// - Parameter gap: in metres, positive.
  package func splits(gap: Double) -> [ProbeSplit] {
    (0..<foldCount).map { fold in
      let test = folds.indices.filter { folds[$0] == fold }
      let pool = beyond(gap, of: test, among: folds.indices.filter { folds[$0] != fold })
      // The fold after it first: it is the one where one is enough.
      let others = (1..<foldCount).map { (fold + $0) % foldCount }
      let choices = others.compactMap { other -> ProbeSplit.Choice? in
        let validation = pool.filter { folds[$0] == other }
        let training = beyond(gap, of: validation, among: pool.filter { folds[$0] != other })
        return validation.isEmpty || training.isEmpty
          ? nil : ProbeSplit.Choice(training: training, validation: validation)
      }
      return ProbeSplit(
        choices: choices.isEmpty ? [.init(training: pool, validation: [])] : choices, pool: pool,
        test: test)
    }
  }

  private func beyond(_ gap: Double, of others: [Int], among places: [Int]) -> [Int] {
    let near = NearPlaces(others.map { positions[$0] }, reach: gap)
    return places.filter { !near.hasPlace(near: positions[$0]) }
  }
}
