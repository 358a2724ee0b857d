// The overlap of polygons as it is computed for chips, against areas that are known otherwise.

import Basics
import Maps
import Testing

@Suite("Overlaps of polygons") struct StarOverlapTests {
  private func polygon(_ points: [(Double, Double)]) -> [MapPoint] {
    points.map { MapPoint(x: $0.0, y: $0.1) }
  }

  private func overlap(_ one: [MapPoint], _ other: [MapPoint]) throws -> PlanarShapes.Meeting {
    try PlanarShapes().meeting(one, other, tolerance: 1e-9)
  }

  @Test("Squares of side 2 that lie 1 apart share a third of what both cover, from both ends")
  func squares() throws {
    let one = polygon([(0, 2), (2, 2), (2, 0), (0, 0)])
    let other = polygon([(1, 2), (3, 2), (3, 0), (1, 0)])
    for (a, b) in [(one, other), (other, one), (one.reversed(), other), (one, other.reversed())] {
      guard case .meeting(let overlap?) = try overlap(a, b) else {
        Issue.record("they are not found to meet")
        continue
      }
      #expect(abs(overlap - 1.0 / 3) < 1e-15)
    }
  }

  @Test("Edges that bend inwards and outwards count with their bends")
  func bends() throws {
    // Of area 4 − 0.1 + 0.1: its upper edge bends in, its lower one out.
    let one = polygon([(0, 2), (1, 1.9), (2, 2), (2, 0), (1, -0.1), (0, 0)])
    // The right half of the plane, as far as it matters.
    let other = polygon([(1, 9), (9, 9), (9, -9), (1, -9)])
    guard case .meeting(let overlap?) = try overlap(one, other) else {
      Issue.record("they are not found to meet")
      return
    }
    #expect(abs(overlap - 2.0 / (4 + 8 * 18 - 2)) < 1e-15)
  }

  @Test("Polygons that touch meet without an overlap, and those with a gap are apart")
  func touching() throws {
    let one = polygon([(0, 2), (2, 2), (2, 0), (0, 0)])
    let touching = polygon([(2, 2), (4, 2), (4, 0), (2, 0)])
    #expect(try overlap(one, touching) == .meeting(intersectionOverUnion: 0))
    #expect(try overlap(one, polygon([(2.1, 2), (4, 2), (4, 0), (2.1, 0)])) == .apart)
  }

  // The inner grid of points is a definition of the area that knows nothing of edges.
  @Test("Random stars overlap as often as points of a grid lie in both")
  func randomStars() throws {
    var random = CounterRandom(seed: 5, purpose: .simulation, 0)
    for round in 0..<40 {
      let stars = (0..<2).map { _ -> [MapPoint] in
        let (x, y) = (random.uniform() * 1.2, random.uniform() * 1.2)
        return (0..<8).map { corner in
          let angle = -2 * Double.pi * Double(corner) / 8
          let radius = 1 + 0.2 * random.uniform()
          let direction = PortableMath.sineCosine(angle)
          return MapPoint(x: x + radius * direction.cosine, y: y + radius * direction.sine)
        }
      }
      var (both, either) = (0, 0)
      for row in 0..<400 {
        for column in 0..<400 {
          let point = MapPoint(x: -1.5 + Double(column) * 0.01, y: -1.5 + Double(row) * 0.01)
          let isIn = stars.map { contains($0, point) }
          if isIn[0] && isIn[1] { both += 1 }
          if isIn[0] || isIn[1] { either += 1 }
        }
      }
      guard case .meeting(let overlap?) = try overlap(stars[0], stars[1]) else {
        Issue.record("round \(round): they are not found to meet")
        continue
      }
      // Points stand for squares of side 0.01, of which at most those along edges are counted
      // wrongly, half of them on either side.
      #expect(abs(overlap - Double(both) / Double(either)) < 0.005, "round \(round)")
    }
  }

  private func contains(_ polygon: [MapPoint], _ point: MapPoint) -> Bool {
    var isInside = false
    var before = polygon[polygon.count - 1]
    for next in polygon {
      if (next.y > point.y) != (before.y > point.y),
        point.x < (before.x - next.x) * (point.y - next.y) / (before.y - next.y) + next.x
      {
        isInside.toggle()
      }
      before = next
    }
    return isInside
  }
}
