// The map of a dataset, pixel by pixel where places are known.

import Basics
import Imagery
import Pictures
import TestSupport
import Testing

private func place(_ longitude: Double, _ latitude: Double) -> GeographicPoint {
  GeographicPoint(longitude: longitude, latitude: latitude)
}

/// A box in degrees around a place.
private func box(_ longitude: Double, _ latitude: Double, _ side: Double) -> GeographicCorners {
  let half = side / 2
  func turned(_ degrees: Double) -> Double { degrees > 180 ? degrees - 360 : degrees }
  let (west, east) = (turned(longitude - half), turned(longitude + half))
  let (north, south) = (latitude + half, latitude - half)
  return GeographicCorners(
    upperLeft: place(west, north), upperRight: place(east, north), lowerRight: place(east, south),
    lowerLeft: place(west, south))
}

private func map(
  _ chips: [DatasetMap.Chip], scenes: [GeographicCorners] = [], links: [DatasetMap.Link] = []
) -> DatasetMap {
  DatasetMap(
    headline: "Headline", subtitle: "Subtitle", chips: chips,
    scenes: scenes.map { .init(name: "scene", $0) }, links: links, notes: ["A note."],
    warning: nil)
}

private func training(_ corners: GeographicCorners, shard: Int = 0) -> DatasetMap.Chip {
  DatasetMap.Chip(corners, shard: shard, isHeldOut: false)
}

private func heldOut(_ corners: GeographicCorners) -> DatasetMap.Chip {
  DatasetMap.Chip(corners, shard: 0, isHeldOut: true)
}

@Suite("Map of a dataset") struct DatasetMapTests {
  private static let trainingColor: UInt32 = 0x0072B2
  private static let heldOutColor: UInt32 = 0xD55E00
  private static let paper: UInt32 = 0xF4F6F8

  private func color(_ canvas: Canvas, _ map: DatasetMap, _ place: GeographicPoint) -> UInt32 {
    let (x, y) = map.pixel(of: place)
    guard (0..<canvas.width).contains(x), (0..<canvas.height).contains(y) else { return 0 }
    return canvas.pixel(x: x, y: y)
  }

  @Test(
    "Places fall where PROJ puts them",
    arguments: [
      // printf "-54.87 -25.1\n" | gdaltransform -s_srs "+proj=longlat +R=6371007.2" -t_srs \
      //   "+proj=laea +lat_0=-25.5 +lon_0=-54 +R=6371007.2" -output_xy
      (
        MapProjection.azimuthal(center: place(-54, -25.5)),
        [
          (place(-54.87, -25.1), -87603.6808533001, 44192.6386062111),
          (place(179.5, 70), -3860070.10562882, 10678331.1129489),
        ]
      ),
      // "+proj=laea +lat_0=90 +lon_0=0 +R=6371007.2"
      (
        .azimuthal(center: place(0, 90)),
        [
          (place(179.5, 70), 19308.5731247433, 2212543.33028739),
          (place(-10, 40), -935096.821893718, -5303197.60558814),
        ]
      ),
      // "+proj=eqearth +lon_0=150 +R=6371007.2"; −54.87° is 305.13°, which goes on beyond 180°.
      (
        .world(centralMeridian: 150),
        [
          (place(305.13, -25.1), 14186365.8937453, -3184615.0535422),
          (place(179.5, 70), 1917823.94111522, 7692883.465235),
          (place(-10, 40), -13585274.7021979, 4935117.21647211),
        ]
      ),
    ])
  func projection(projection: MapProjection, places: [(GeographicPoint, Double, Double)]) {
    for (place, x, y) in places {
      let found = projection.place(place)
      // Printed to 10⁻⁸ m or better; a millimetre is far below a pixel of any map.
      #expect(abs(found.x - x) < 1e-3 && abs(found.y - y) < 1e-3, "\(place): \(found)")
    }
  }

  @Test("Chips have their role's colour where they lie, in a tint a shard; the ground is paper")
  func roles() throws {
    let map = map([
      training(box(10, 50, 0.1)), training(box(10.3, 50, 0.1), shard: 1),
      heldOut(box(10, 50.2, 0.1)),
    ])
    let canvas = try map.draw()
    #expect(color(canvas, map, place(10, 50)) == Self.trainingColor)
    // Half way to white.
    #expect(color(canvas, map, place(10.3, 50)) == 0x80B9D9)
    #expect(color(canvas, map, place(10, 50.2)) == Self.heldOutColor)
    #expect(color(canvas, map, place(10.15, 50.03)) == Self.paper)
  }

  @Test("Across the antimeridian chips lie side by side, north up and east to the right")
  func antimeridian() throws {
    let map = map([
      training(box(179.9, -17, 0.1)), training(box(180, -17, 0.1)), heldOut(box(-179.9, -17, 0.1)),
    ])
    let canvas = try map.draw()
    #expect(color(canvas, map, place(179.9, -17)) == Self.trainingColor)
    #expect(color(canvas, map, place(180, -17)) == Self.trainingColor)
    #expect(color(canvas, map, place(-180, -17)) == Self.trainingColor)
    #expect(color(canvas, map, place(-179.9, -17)) == Self.heldOutColor)
    let (west, east) = (map.pixel(of: place(179.9, -17)), map.pixel(of: place(-179.9, -17)))
    #expect(west.x < east.x && east.x - west.x < canvas.width)
    #expect(map.pixel(of: place(180, -16.98)).y < west.y)
  }

  @Test("A chip around a pole covers it; meridian 0 runs downwards from the North Pole")
  func pole() throws {
    let around = GeographicCorners(
      upperLeft: place(-135, 88), upperRight: place(135, 88), lowerRight: place(45, 88),
      lowerLeft: place(-45, 88))
    let map = map([training(around), heldOut(box(0, 84, 0.5))])
    let canvas = try map.draw()
    for longitude in stride(from: -180.0, through: 180, by: 60) {
      #expect(color(canvas, map, place(longitude, 89.5)) == Self.trainingColor, "\(longitude)")
    }
    #expect(color(canvas, map, place(0, 84)) == Self.heldOutColor)
    #expect(color(canvas, map, place(40, 86.5)) == Self.paper)
    #expect(map.pixel(of: place(0, 84)).y > map.pixel(of: place(0, 90)).y)
    // Graticule: meridian 90° W, and the parallel of 86°.
    #expect(color(canvas, map, place(-90, 85)) != Self.paper)
    #expect(
      (-8...8).contains { color(canvas, map, place(40, 86 + Double($0) / 100)) != Self.paper })
    #expect(map.frame.projection == .azimuthal(center: place(0, 90)))
  }

  @Test("Over the whole globe every chip is drawn, one on the edge at both edges")
  func globe() throws {
    let places = [place(0, 0), place(120, 50), place(-120, -50), place(-60, 70)]
    // As wide as a quarter of the globe, so that no gap is wide enough for the edge.
    let map = map(
      places.map { training(box($0.longitude, $0.latitude, 4)) }
        + (0..<36).map { heldOut(box(Double($0) * 10 - 175, -20, 9)) } + [heldOut(box(180, 30, 8))])
    let canvas = try map.draw()
    for place in places { #expect(color(canvas, map, place) == Self.trainingColor, "\(place)") }
    #expect(map.frame.projection == .world(centralMeridian: 0))
    for longitude in [177.5, -177.5] {
      #expect(color(canvas, map, place(longitude, 30)) == Self.heldOutColor, "\(longitude)")
    }
    #expect(color(canvas, map, place(163, 35)) == Self.paper)
  }

  @Test("Chips on both sides of the Pacific keep it whole: the map's edge lies where nothing is")
  func pacific() throws {
    let map = map([
      training(box(140, 35, 2)), training(box(180, -17, 2)), training(box(-70, -50, 2)),
      training(box(-75, 45, 2)), training(box(95, 20, 2)),
    ])
    // Nothing lies between −69° and 94°, whose middle is 12.5°, to a degree.
    guard case .world(let meridian) = map.frame.projection else {
      Issue.record("\(map.frame.projection)")
      return
    }
    #expect(abs(meridian - (12.5 - 180)) <= 1)
    let canvas = try map.draw()
    #expect(color(canvas, map, place(180, -17)) == Self.trainingColor)
  }

  @Test("A chip below a pixel is still to be seen")
  func small() throws {
    let map = map([training(box(10, 50, 0.0001)), heldOut(box(12, 51, 0.0001))])
    let canvas = try map.draw()
    #expect(color(canvas, map, place(10, 50)) == Self.trainingColor)
    #expect(color(canvas, map, place(12, 51)) == Self.heldOutColor)
  }

  @Test("Links are lines where they are long, and dots where they are short")
  func links() throws {
    let chips = [training(box(10, 50, 0.1)), training(box(11, 50, 0.1))]
    func colors(_ links: [DatasetMap.Link], _ middle: GeographicPoint) throws -> UInt32 {
      let drawn = map(chips, links: links)
      return color(try drawn.draw(), drawn, middle)
    }
    let long = DatasetMap.Link(from: place(10, 50), to: place(11, 50))
    // The chord of two places of equal latitude bends away from it.
    let middle = GeographicCorners(
      upperLeft: place(10, 50), upperRight: place(11, 50), lowerRight: place(11, 50),
      lowerLeft: place(10, 50)
    ).center
    #expect(try brightness(colors([], middle)) > 0.8)
    #expect(try brightness(colors([long], middle)) < 0.8)
    let short = DatasetMap.Link(from: place(10.5, 50.001), to: place(10.5, 50.001))
    let dotted = map(chips, links: Array(repeating: short, count: 50))
    let canvas = try dotted.draw()
    #expect(brightness(color(canvas, dotted, short.from)) < 0.5)
  }

  private func brightness(_ color: UInt32) -> Double { Double(color >> 8 & 0xFF) / 255 }

  @Test("Corners that no globe has are drawn somewhere, without harm")
  func hostile() throws {
    for corners in [
      box(1e300, -1e300, 1), box(0, 90, 10), box(0, 0, 0), box(0, 0, 1e-12), box(0, 0, 1e9),
      GeographicCorners(
        upperLeft: place(-180, 90), upperRight: place(180, 90), lowerRight: place(180, -90),
        lowerLeft: place(-180, -90)),
    ] {
      let map = map([training(corners), heldOut(corners)], scenes: [corners])
      #expect(try !map.draw().png().isEmpty)
    }
  }

  @Test("100,000 chips are drawn", .timeLimit(.minutes(10)))
  func many() throws {
    let map = map(
      (0..<100_000).map { index in
        training(
          box(Double(index % 400) / 20, Double(index / 400) / 25 + 40, 0.045), shard: index / 1000)
      })
    let canvas = try map.draw()
    #expect(color(canvas, map, place(0, 40)) == Self.trainingColor)
  }

  @Test("Equal maps are equal bytes; long and strange texts have room")
  func png() throws {
    let folder = try TemporaryFolder()
    let text = String(repeating: "Paraná · 巴拉那 ", count: 60)
    let map = DatasetMap(
      headline: text, subtitle: text, chips: [training(box(0, 0, 1))], scenes: [], links: [],
      notes: [text, text], warning: text)
    try map.write(to: folder.file("map.png"))
    let bytes = try MappedFile(folder.file("map.png")).withBytes { Array($0) }
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try map.draw().png() == bytes)
    #expect(try folder.names() == ["map.png"])
  }

  @Test("A line through the corners goes on over the antimeridian and around a pole")
  func figures() {
    let across = GlobeFigure(box(180, 0, 2))
    #expect(across.places.map(\.longitude).min() == 179)
    #expect(across.places.map(\.longitude).max() == 181 && !across.goesRound)
    let slanted = GlobeFigure(
      GeographicCorners(
        upperLeft: place(179, 1), upperRight: place(-179, 1.1), lowerRight: place(-179.1, -1),
        lowerLeft: place(178.9, -1.1)))
    // Sums of degrees are off by their rounding.
    #expect(
      slanted.places.map { ($0.longitude * 1e9).rounded() / 1e9 } == [179, 181, 180.9, 178.9])
    let pole = GlobeFigure(
      GeographicCorners(
        upperLeft: place(-135, -88), upperRight: place(-45, -88), lowerRight: place(45, -88),
        lowerLeft: place(135, -88)))
    #expect(pole.goesRound && pole.places.map(\.longitude) == [-135, -45, 45, 135, 225])
  }

  @Test(
    "Degrees are written with their side",
    arguments: [
      (-54.866, 2, "54.87° W"), (0.001, 2, "0°"), (180, 0, "180°"), (-180, 0, "180°"),
      (190, 0, "170° W"), (359.999, 1, "0°"), (12.5, 1, "12.5° E"),
    ])
  func degrees(degrees: Double, places: Int, text: String) {
    #expect(DegreeText.longitude(degrees, places: places) == text)
  }
}
