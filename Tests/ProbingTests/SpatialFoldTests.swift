// Folds on the ground: blocks that keep their distance, and how far places lie from chips.

import Basics
import Imagery
import Probing
import Scenes
import Testing

@Suite("Spatial folds") struct SpatialFoldTests {
  /// Metres of a degree on the sphere.
  private static let degree = 6_371_008.8 * Double.pi / 180

  /// A grid of places 100 m apart, around 40° N.
  private static func grid(_ side: Int, longitude: Double = 10) -> [GeographicPoint] {
    (0..<side * side).map { index in
      GeographicPoint(
        longitude: longitude + Double(index % side) * 100 / degree / 0.766,
        latitude: 40 + Double(index / side) * 100 / degree)
    }
  }

  private static func distance(_ a: GeographicPoint, _ b: GeographicPoint) -> Double {
    let east = (a.longitude - b.longitude).remainder(dividingBy: 360) * degree * 0.766
    let north = (a.latitude - b.latitude) * degree
    return (east * east + north * north).squareRoot()
  }

  @Test(
    "Every place is tested once, and no place that is trained on lies within the gap",
    arguments: [10.0, 179.99])
  func gaps(longitude: Double) {
    let places = Self.grid(40, longitude: longitude)
    let folds = SpatialFolds(of: places, blockSide: 800, count: 5, seed: 3)
    #expect(folds.blockCount >= 25)
    let splits = folds.splits(gap: 200)
    #expect(splits.flatMap(\.test).sorted() == Array(places.indices))
    for split in splits {
      #expect(split.choices.count == 4)
      for (training, others) in split.choices.map({ ($0.training, $0.validation) })
        + [(split.pool, split.test)]
      {
        #expect(!training.isEmpty && !others.isEmpty)
        let nearest = others.flatMap { other in
          training.map { Self.distance(places[$0], places[other]) }
        }.min()
        // The test's own metres are a thousandth off those of the sphere.
        #expect((nearest ?? 0) > 199)
      }
      for choice in split.choices {
        #expect(Set(choice.training).isSubset(of: split.pool))
        #expect(Set(choice.validation).isSubset(of: split.pool))
      }
      // What lies beyond the gap is used.
      let left = places.indices.filter { place in
        split.test.allSatisfy { Self.distance(places[$0], places[place]) > 201 }
      }
      #expect(Set(left).isSubset(of: split.pool))
    }
  }

  @Test("Folds have about as many places each, and another seed gives others")
  func balance() {
    let places = Self.grid(40)
    let one = SpatialFolds(of: places, blockSide: 800, count: 5, seed: 3)
    let sizes = (0..<5).map { fold in one.folds.count { $0 == fold } }
    #expect(sizes.min()! > 1600 / 5 - 70 && sizes.max()! < 1600 / 5 + 70)
    #expect(one.folds == SpatialFolds(of: places, blockSide: 800, count: 5, seed: 3).folds)
    #expect(one.folds != SpatialFolds(of: places, blockSide: 800, count: 5, seed: 4).folds)
    // A block is in one fold.
    for block in 0..<one.blockCount {
      let mine = places.indices.filter { one.blocks[$0] == block }
      #expect(Set(mine.map { one.folds[$0] }).count == 1)
    }
  }

  @Test("The default block is four gaps wide, or more where places are spread out")
  func blockSide() {
    let places = Self.grid(40)
    #expect(SpatialFolds.blockSide(for: places, gap: 500, count: 5) == 2000)
    // 3.9 km by 3.9 km in 30 blocks.
    let side = SpatialFolds.blockSide(for: places, gap: 10, count: 5)
    #expect(abs(side - 3900 / 30.0.squareRoot()) < 5)
  }

  @Test("Distances from chips: none inside, to the edge outside, across the antimeridian too")
  func distances() throws {
    func chip(_ longitude: Double) -> GeographicCorners {
      func point(_ x: Double, _ y: Double) -> GeographicPoint {
        GeographicPoint(
          longitude: (longitude + x).remainder(dividingBy: 360), latitude: y)
      }
      return GeographicCorners(
        upperLeft: point(-0.01, 0.01), upperRight: point(0.01, 0.01),
        lowerRight: point(0.01, -0.01), lowerLeft: point(-0.01, -0.01))
    }
    let places = [(180.0, 0.0), (-179.97, 0.0), (180.0, 0.02)].map {
      GeographicPoint(longitude: $0.0, latitude: $0.1)
    }
    let found = try #require(
      PretrainingDistance(of: places, from: [chip(100), chip(180)]))
    #expect(found.inside == 1 && found.measured == 3 && found.least == 0)
    #expect(abs(found.median - 0.01 * Self.degree) < 1)
    #expect(abs(found.largest - 0.02 * Self.degree) < 1)
    #expect(PretrainingDistance(of: [], from: [chip(0)]) == nil)
    #expect(PretrainingDistance(of: places, from: []) == nil)
  }

  @Test("A file's own split is kept; without val every fifth place of each class is one")
  func ownSplit() throws {
    func place(_ label: LabelValue, _ role: LabelRole?) -> ProbePlace {
      ProbePlace(
        scene: 0,
        patch: LabelledPatch(column: 0, row: 0, label: label, number: .nan, role: role),
        place: GeographicPoint(longitude: 0, latitude: 0))
    }
    let given = [
      place(.text("a"), .train), place(.text("b"), .val), place(.text("a"), .test),
    ]
    let (split, isMadeUp) = try ProbePlaces.split(given, kind: .classes, labels: "labels")
    #expect(!isMadeUp && split.test == [2] && split.pool == [0, 1])
    #expect(split.choices == [.init(training: [0], validation: [1])])
    let many =
      (0..<11).map { place(.text($0 < 5 ? "a" : "b"), .train) } + [place(.text("a"), .test)]
    let made = try ProbePlaces.split(many, kind: .classes, labels: "labels")
    #expect(made.isValidationMadeUp)
    #expect(made.split.choices[0].validation == [4, 9])
    #expect(made.split.pool == Array(0..<11))
    #expect(throws: ProbeError.noRole(labels: "labels", role: "test")) {
      try ProbePlaces.split(Array(many.prefix(5)), kind: .classes, labels: "labels")
    }
  }

  @Test("Of too many places the same ones are drawn for a seed")
  func limit() {
    let places = (0..<100).map { index in
      ProbePlace(
        scene: 0,
        patch: LabelledPatch(column: index, row: 0, label: .integer(1), number: 1),
        place: GeographicPoint(longitude: 0, latitude: 0))
    }
    let drawn = ProbePlaces.limited(places, to: 10, seed: 1)
    #expect(drawn.count == 10 && drawn == ProbePlaces.limited(places, to: 10, seed: 1))
    #expect(drawn.map(\.patch.column) == drawn.map(\.patch.column).sorted())
    #expect(drawn != ProbePlaces.limited(places, to: 10, seed: 2))
    #expect(ProbePlaces.limited(places, to: 100, seed: 1) == places)
  }
}
