// Which neighbours a pair is made with, by date.

import Basics
import Imagery
import Sampling
import Testing

@Suite("Drawing neighbours") struct NeighbourDrawTests {
  /// Chip 0 and neighbours of other scenes: 1 of its day, 2 of the day after, 3 of a year later, 4
  /// of no known day.
  private static func directory(of day: String?) -> ShardDirectory {
    let days = [day, "2020-05-18T23:59:59Z", "2020-05-19", "2021-05-18", nil]
    let scenes = days.enumerated().map { number, day in
      SceneReference(
        name: "\(number)", crs: "LOCAL", transform: north,
        acquired: day.flatMap(AcquisitionTime.init))
    }
    let corner = GeographicPoint(longitude: 0, latitude: 0)
    let chips = days.indices.map { number in
      ChipRecord(
        id: ChipID(index: number), scene: number, column: 0, row: 0,
        footprint: Footprint(left: 0, top: 1, right: 1, bottom: 0),
        bounds: GeographicBounds(west: 0, south: 0, east: 1, north: 1),
        corners: GeographicCorners(
          upperLeft: corner, upperRight: corner, lowerRight: corner, lowerLeft: corner),
        isBorderCopy: false)
    }
    let links = (1...4).map { NeighbourLink(chip: $0, intersectionOverUnion: 0.5) }
    return ShardDirectory(
      layout: ChipLayout(side: 8, bandCount: 1, pixelType: .uint8)!,
      bands: [BandMeaning(name: "b")], scenes: scenes, chips: chips,
      links: [links, [], [], [], []])
  }

  private static let north = AffineTransform(
    originX: 0, columnX: 1, rowX: 0, originY: 0, columnY: 0, rowY: -1)

  /// The neighbours that 400 draws give; 0 is the chip itself.
  private func drawn(
    _ dates: NeighbourDates, maxDays: Int? = nil, day: String? = "2020-05-18"
  ) -> Set<Int> {
    let directory = Self.directory(of: day)
    let draw = NeighbourDraw(.overlap, dates: dates, maxDays: maxDays)
    return Set(
      (0..<400).map { number in
        var random = CounterRandom(seed: 4, purpose: .neighbourChoice, UInt32(number))
        return draw.link(of: 0, in: directory, using: &random)?.chip ?? 0
      })
  }

  @Test("Any date: every neighbour and the chip itself")
  func any() { #expect(drawn(.any) == [0, 1, 2, 3, 4]) }

  @Test("The same date: those of the same day, and the chip itself")
  func same() { #expect(drawn(.same) == [0, 1]) }

  @Test("Another date: those of other days, without the chip itself and what has no date")
  func other() { #expect(drawn(.other) == [2, 3]) }

  @Test("At most so many days apart, whatever the choice")
  func days() {
    #expect(drawn(.any, maxDays: 0) == [0, 1])
    #expect(drawn(.any, maxDays: 1) == [0, 1, 2])
    #expect(drawn(.any, maxDays: 365) == [0, 1, 2, 3])
    #expect(drawn(.other, maxDays: 1) == [2])
  }

  @Test("A chip for which no neighbour is left is its own, and so is one without a date")
  func alone() {
    #expect(drawn(.other, maxDays: 0) == [0])
    for dates in [NeighbourDates.same, .other] { #expect(drawn(dates, day: nil) == [0]) }
    #expect(drawn(.any, maxDays: 1000, day: nil) == [0])
    #expect(drawn(.any, day: nil) == [0, 1, 2, 3, 4])
  }

  @Test("With no neighbours every pair is of one chip")
  func none() {
    let directory = Self.directory(of: "2020-05-18")
    for number in 0..<50 {
      var random = CounterRandom(seed: 4, purpose: .neighbourChoice, UInt32(number))
      #expect(NeighbourDraw(.none).link(of: 0, in: directory, using: &random) == nil)
    }
  }

  @Test("Any date draws as the choice alone does")
  func unchanged() {
    let directory = Self.directory(of: "2020-05-18")
    for number in 0..<200 {
      var one = CounterRandom(seed: 9, purpose: .neighbourChoice, UInt32(number))
      var other = one
      let link = NeighbourDraw(.overlap).link(of: 0, in: directory, using: &one)
      let place = NeighbourChoice.overlap.draw(among: [0.5, 0.5, 0.5, 0.5], using: &other)
      #expect(link?.chip == place.map { $0 + 1 })
    }
  }
}
