// Windows, their order on the Hilbert curve, and statistics: what ingestion plans.

import Basics
import Imagery
import Testing

@Suite("Window grids") struct WindowGridTests {
  @Test("Windows start every stride, and one more ends at the edge")
  func starts() {
    #expect(
      WindowGrid.starts(length: 1400, side: 256, stride: 192) == [
        0, 192, 384, 576, 768, 960, 1144,
      ])
    #expect(WindowGrid.starts(length: 640, side: 256, stride: 192) == [0, 192, 384])
    #expect(WindowGrid.starts(length: 256, side: 256, stride: 192) == [0])
    #expect(WindowGrid.starts(length: 255, side: 256, stride: 192) == [])
  }
}

@Suite("Hilbert curve") struct HilbertCurveTests {
  // The four cells of order 1 and the sixteen of order 2, as Hilbert drew them: lower left to lower
  // right.
  @Test("The first curves are Hilbert's")
  func drawings() {
    let first = [(0, 0), (0, 1), (1, 1), (1, 0)]
    #expect(first.map { HilbertCurve.position(x: $0.0, y: $0.1, order: 1) } == [0, 1, 2, 3])
    let second = [
      (0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (0, 3), (1, 3), (1, 2), (2, 2), (2, 3), (3, 3),
      (3, 2), (3, 1), (2, 1), (2, 0), (3, 0),
    ]
    #expect(second.map { HilbertCurve.position(x: $0.0, y: $0.1, order: 2) } == Array(0..<16))
  }

  @Test("The curve visits every cell once, and each step leads to a cell beside")
  func steps() {
    let side = 32
    var cells = [(Int, Int)?](repeating: nil, count: side * side)
    for x in 0..<side {
      for y in 0..<side { cells[Int(HilbertCurve.position(x: x, y: y, order: 5))] = (x, y) }
    }
    for (one, next) in zip(cells, cells.dropFirst()) {
      guard let one, let next else {
        Issue.record("a position without a cell")
        return
      }
      #expect(abs(one.0 - next.0) + abs(one.1 - next.1) == 1)
    }
  }

  @Test("Footprints are ordered by their centres; equal ones keep their order")
  func order() {
    func box(_ x: Double, _ y: Double) -> Footprint {
      Footprint(left: x, top: y + 10, right: x + 10, bottom: y)
    }
    // Lower right, upper left, lower left, upper right, lower left again.
    let boxes = [box(90, 0), box(0, 90), box(0, 0), box(90, 90), box(0, 0)]
    #expect(HilbertCurve.sorted(boxes) == [2, 4, 1, 3, 0])
    #expect(HilbertCurve.sorted([]) == [])
  }
}

@Suite("Running statistics") struct RunningStatisticsTests {
  private func statistics(_ parts: [[Double]]) -> RunningStatistics {
    var statistics = RunningStatistics()
    for part in parts {
      let mask = [UInt8](repeating: 1, count: part.count)
      part.withUnsafeBufferPointer { part in
        mask.withUnsafeBufferPointer { statistics.add(part, where: $0) { $0 } }
      }
    }
    return statistics
  }

  @Test("Mean, deviation and extremes of 1 … 4, in one part and in three")
  func values() {
    for parts in [[[1.0, 2, 3, 4]], [[1.0], [], [2, 3], [4]]] {
      let found = statistics(parts)
      #expect(found.count == 4 && found.mean == 2.5)
      #expect(abs(found.standardDeviation - 1.25.squareRoot()) < 1e-15)
      #expect(found.minimum == 1 && found.maximum == 4)
    }
  }

  @Test("Masked values take no part")
  func masked() {
    var found = RunningStatistics()
    let values: [UInt8] = [5, 255, 7]
    let mask: [UInt8] = [1, 0, 1]
    values.withUnsafeBufferPointer { values in
      mask.withUnsafeBufferPointer { found.add(values, where: $0) { Double($0) } }
    }
    #expect(found.count == 2 && found.mean == 6 && found.maximum == 7)
  }

  // Σv² − (Σv)²/n would lose all 16 digits here.
  @Test("A small spread around a large mean keeps its digits")
  func largeMean() {
    let found = statistics([[1e9 + 1, 1e9 + 2], [1e9 + 3], [1e9 + 4]])
    #expect(found.mean == 1e9 + 2.5)
    #expect(abs(found.standardDeviation - 1.25.squareRoot()) < 1e-9)
  }

  // Five bands: more than are summed at once. A side of 23: no whole number of vectors. Rows that
  // are hidden whole, in part and not at all.
  @Test("All bands of a chip at once have the bits of each alone", arguments: PixelType.allCases)
  func bands(type: PixelType) {
    let layout = ChipLayout(side: 23, bandCount: 5, pixelType: type)!
    var random = CounterRandom(seed: 3, purpose: .simulation, 0)
    let mask = (0..<layout.pixelsPerBand).map { pixel -> UInt8 in
      pixel < 200 ? 0 : pixel < 400 ? UInt8(random.index(below: 2)) : 1
    }
    func check<Value: BitwiseCopyable>(_ values: [Value], _ convert: (Value) -> Double) {
      for mask in [mask, mask.map { _ in 0 }, mask.map { _ in 1 }] {
        mask.withUnsafeBufferPointer { mask in
          let found = values.withUnsafeBytes { BandStatistics.of($0, layout, where: mask) }
          let expected = (0..<5).map { band in
            var statistics = RunningStatistics()
            Array(values[band * mask.count..<(band + 1) * mask.count]).withUnsafeBufferPointer {
              statistics.add($0, where: mask, convert)
            }
            return statistics
          }
          #expect(found == expected)
        }
      }
    }
    let words = (0..<layout.pixelsPerBand * 5).map { index in
      UInt16(index % 7 == 0 ? 0xFFFF : random.index(below: 1 << 16))
    }
    switch type {
    case .uint8: check(words.map { UInt8(truncatingIfNeeded: $0) }) { Double($0) }
    case .uint16: check(words) { Double($0) }
    case .int16: check(words.map { Int16(bitPattern: $0) }) { Double($0) }
    case .float32: check(words.map { Float($0) / 7 - 3000 }) { Double($0) }
    }
  }

  @Test("Of no numbers there is no spread")
  func empty() {
    #expect(RunningStatistics().count == 0 && RunningStatistics().standardDeviation == 0)
  }
}

/// A grid of chips of side 10 that start every `step`, row by row from the lower left, and their
/// links.
private struct ChipGrid {
  let footprints: [Footprint]
  let neighbours: [[NeighbourLink]]

  func touching(_ chip: Int) -> [Int] { neighbours[chip].map(\.chip) }

  init(columns: Int, rows: Int, step: Double) {
    var boxes: [Footprint] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let left = Double(column) * step
        let bottom = Double(row) * step
        boxes.append(
          Footprint(left: left, top: bottom + 10, right: left + 10, bottom: bottom))
      }
    }
    footprints = boxes
    neighbours = boxes.map { box in
      var links: [NeighbourLink] = []
      for (chip, other) in boxes.enumerated() where other != box && other.touches(box) {
        let overlap = Float(other.intersectionOverUnion(box))
        links.append(NeighbourLink(chip: chip, intersectionOverUnion: overlap))
      }
      return links
    }
  }
}

@Suite("Holdout areas") struct HoldoutAreaTests {
  @Test("A tenth of a 10 × 10 grid is a corner of it, ringed by dropped chips")
  func corner() {
    let grid = ChipGrid(columns: 10, rows: 10, step: 8)
    let roles = HoldoutArea.roles(
      footprints: grid.footprints, share: 0.1, touching: grid.touching)
    // Chips are ordered by the larger of their distances: 9 make a 3 × 3 block, the tenth brings
    // its equals.
    let held = roles.indices.filter { roles[$0] == .holdout }
    let rows = Set(held.map { $0 / 10 })
    let columns = Set(held.map { $0 % 10 })
    #expect(held.count == 16 && rows.count == 4 && columns.count == 4)
    #expect(roles.count { $0 == .dropped } == 9)
  }

  @Test(
    "No chip for training touches a held-out one",
    arguments: [(4.0, 0.3), (8.0, 0.1), (10.0, 0.2), (10.0, 0.5), (11.0, 0.25)])
  func separation(step: Double, share: Double) {
    let grid = ChipGrid(columns: 9, rows: 7, step: step)
    let roles = HoldoutArea.roles(
      footprints: grid.footprints, share: share, touching: grid.touching)
    for one in roles.indices where roles[one] == .training {
      for other in roles.indices where roles[other] == .holdout {
        #expect(!grid.footprints[one].touches(grid.footprints[other]))
      }
    }
    #expect(roles.contains(.training) && roles.contains(.holdout))
    // Nothing is dropped without need.
    for chip in roles.indices where roles[chip] == .dropped {
      #expect(grid.neighbours[chip].contains { roles[$0.chip] == .holdout })
    }
  }

  @Test("Nothing is held out for a share of 0, and at least one chip above it")
  func extremes() {
    let grid = ChipGrid(columns: 3, rows: 3, step: 20)
    func held(_ share: Double) -> Int {
      HoldoutArea.roles(footprints: grid.footprints, share: share, touching: grid.touching)
        .count { $0 == .holdout }
    }
    #expect(held(0) == 0)
    #expect(held(0.001) == 1)
  }
}

@Suite("Shard plans") struct ShardPlanTests {
  @Test("Every chip is owned once and every link is in a shard", arguments: [1, 4, 7, 100])
  func completeness(chipsPerShard: Int) {
    let grid = ChipGrid(columns: 6, rows: 5, step: 8)
    let plans = ShardPlan.plans(
      for: Array(0..<30), chipsPerShard: chipsPerShard, isLinked: { _ in true },
      neighbours: { grid.neighbours[$0] })
    #expect(plans.flatMap(\.ownChips) == Array(0..<30))
    #expect(plans.allSatisfy { $0.ownChips.count <= chipsPerShard })
    for plan in plans {
      for (place, chip) in plan.ownChips.enumerated() {
        let linked = Set(plan.links[place].map { plan.chips[$0.chip] })
        #expect(linked == Set(grid.neighbours[chip].map(\.chip)))
      }
      #expect(plan.links[plan.ownChips.count...].allSatisfy { $0.isEmpty })
      #expect(Set(plan.borderChips).isDisjoint(with: plan.ownChips))
    }
  }

  @Test("Shards differ by one chip at most")
  func balance() {
    let plans = ShardPlan.plans(
      for: Array(0..<257), chipsPerShard: 256, isLinked: { _ in true }, neighbours: { _ in [] })
    #expect(plans.map(\.ownChips.count) == [128, 129])
  }

  // Chips in a row, each linked to the next; 2 is of another role.
  @Test("Links to chips of another role are left out, and the others are renumbered")
  func roles() {
    let neighbours = [[1], [0, 2], [1, 3], [2, 4], [3, 5], [4]].map { row in
      row.map { NeighbourLink(chip: $0, intersectionOverUnion: 0.5) }
    }
    let plans = ShardPlan.plans(
      for: [0, 1, 3, 4, 5], chipsPerShard: 3, isLinked: { $0 != 2 },
      neighbours: { neighbours[$0] })
    #expect(plans.map(\.ownChips) == [[0, 1], [3, 4, 5]])
    #expect(plans.map(\.borderChips) == [[], []])
    #expect(plans[1].links.map { $0.map(\.chip) } == [[1], [0, 2], [1]])
    let smaller = ShardPlan.plans(
      for: [3, 4, 5], chipsPerShard: 2, isLinked: { $0 != 2 }, neighbours: { neighbours[$0] })
    #expect(smaller.map(\.borderChips) == [[4], [3]])
    #expect(smaller[1].links.map { $0.map(\.chip) } == [[1, 2], [0], []])
  }
}
