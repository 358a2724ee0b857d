// The search for neighbours on one map: boxes, also where the map repeats itself around the globe.

import Basics
import Maps
import Scenes

extension NeighbourIndex {
  /// Pixels by which windows are looked for beyond what is in reach, for rounding.
  private static let pixelSlack = 0.01

  /// What a chip meets on its own map, each once, in no order.
  func meetingsOnItsMap(_ chip: Int) throws -> [Contact] {
    let system = systems[self.system(of: chip)]!
    let box = footprint(chip)
    var best: [Int: (turns: Int, overlap: Double)] = [:]
    for turns in Self.turns(from: box, into: system) {
      let moved = box.movedEast(by: turns, of: system.period)
      for scene in try system.scenes.items(meeting: [moved.widened(by: system.tolerance)]) {
        let grid = scenes[scene].grid
        let (columns, rows) = grid.pixels(of: moved, slack: Self.pixelSlack)
        windows.forEachChip(of: scene, columns: columns, rows: rows) { other in
          if other == chip { return }
          let pair = OrderedPair(chip, other, turns: turns)
          guard let overlap = overlap(pair, system) else { return }
          if let known = best[other], !pair.isBetter(overlap: overlap, than: known) { return }
          best[other] = (pair.turns, overlap)
        }
      }
    }
    for chips in system.atPoles where chips.contains(chip) {
      for other in chips where other != chip && best[other] == nil {
        best[other] = (OrderedPair.onlyAtPole, 0)
      }
    }
    return best.map { other, found in
      let relation: Relation
      switch found.turns {
      case 0: relation = .sameMap
      case OrderedPair.onlyAtPole: relation = .unlinkable
      case let turns:
        // The turns are those of the higher number.
        relation = .shifted(Double(other > chip ? turns : -turns) * (system.period ?? 0))
      }
      return Contact(
        chip: other, intersectionOverUnion: Float(found.overlap), relation: relation)
    }
  }

  /// The IoU of two chips of one map with the second one moved; nil where they are apart. The same
  /// from both ends.
  private func overlap(_ pair: OrderedPair, _ system: System) -> Double? {
    let first = footprint(pair.low)
    let second = footprint(pair.high).movedEast(by: pair.turns, of: system.period)
    return first.touches(second, within: system.tolerance)
      ? first.intersectionOverUnion(second) : nil
  }

  /// By how many turns around the globe a box can be moved to meet the scenes of its map.
  private static func turns(from box: Footprint, into system: System) -> ClosedRange<Int> {
    guard let period = system.period else { return 0...0 }
    let low = ((system.extent.left - system.tolerance - box.right) / period).rounded(.up)
    let high = ((system.extent.right + system.tolerance - box.left) / period).rounded(.down)
    // A map that goes around the globe more often than that is none.
    return max(-4, Int(max(-4, min(0, low))))...min(4, Int(max(0, min(4, high))))
  }

  /// From a chip's columns and rows to its map, further east.
  func placement(of chip: Int, shiftedBy distance: Double) -> AffineTransform {
    let box = footprint(chip)
    var placement = grid(of: chip).transform
    placement.originX = box.left + distance
    placement.originY = box.top
    return placement
  }

  /// Chips that meet at a pole only, which has one place on the globe and many on the map.
  func chipsAtPoles(of reference: SpatialReference, _ number: Int) -> [[Int]] {
    guard let system = systems[number], system.period != nil else { return [[], []] }
    let poles = reference.poles()
    var found: [[Int]] = [[], []]
    for (scene, indexed) in scenes.enumerated() where indexed.system == number {
      let box = indexed.grid.footprint
      let isAtSouth = poles.south.map { box.bottom <= $0 + system.tolerance } ?? false
      let isAtNorth = poles.north.map { box.top >= $0 - system.tolerance } ?? false
      guard isAtSouth || isAtNorth else { continue }
      let all = -Double.infinity...Double.infinity
      windows.forEachChip(of: scene, columns: all, rows: all) { chip in
        let box = footprint(chip)
        if isAtSouth, box.bottom <= poles.south! + system.tolerance { found[0].append(chip) }
        if isAtNorth, box.top >= poles.north! - system.tolerance { found[1].append(chip) }
      }
    }
    return found.map { $0.sorted() }
  }
}

/// Two chips of one map in the order of their numbers, and by how many turns around the globe the
/// second one is moved.
private struct OrderedPair {
  /// In place of turns: they meet at a pole only.
  static let onlyAtPole = Int.max

  let low: Int
  let high: Int
  let turns: Int

  /// - Parameter turns: by which `chip` was moved to find `other`.
  init(_ chip: Int, _ other: Int, turns: Int) {
    low = min(chip, other)
    high = max(chip, other)
    self.turns = chip < other ? -turns : turns
  }

  /// Of several ways to meet the one with the largest overlap counts, then the shortest.
  func isBetter(overlap: Double, than known: (turns: Int, overlap: Double)) -> Bool {
    (overlap, -abs(turns), turns) > (known.overlap, -abs(known.turns), known.turns)
  }
}

extension Footprint {
  /// The box a number of periods further east; itself for 0.
  fileprivate func movedEast(by turns: Int, of period: Double?) -> Footprint {
    guard turns != 0, let period else { return self }
    let distance = Double(turns) * period
    return Footprint(left: left + distance, top: top, right: right + distance, bottom: bottom)
  }

  fileprivate func widened(by margin: Double) -> Footprint {
    Footprint(
      left: left - margin, top: top + margin, right: right + margin, bottom: bottom - margin)
  }
}

extension RasterGrid {
  /// The columns and rows that a box of the map covers, and some more.
  func pixels(of box: Footprint, slack: Double) -> (
    columns: ClosedRange<Double>, rows: ClosedRange<Double>
  ) {
    let left = (box.left - transform.originX) / transform.columnX - slack
    let right = (box.right - transform.originX) / transform.columnX + slack
    let top = (box.top - transform.originY) / transform.rowY - slack
    let bottom = (box.bottom - transform.originY) / transform.rowY + slack
    return (left...max(left, right), top...max(top, bottom))
  }
}
