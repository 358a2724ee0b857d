// Random scenes over the whole globe, where neighbours are hard to find: around the poles, at the
// antimeridian and at borders of zones, each place in several coordinate systems.

import Basics
import Foundation
import Imagery
import Ingestion
import Maps
import Scenes

/// Scenes, their chips and what an outside program says of them.
struct GlobeScenes {
  static let side = 64
  static let stride = 48
  static let definitions =
    ["EPSG:4326", "EPSG:3857", "EPSG:3395", "EPSG:6933", "EPSG:3031", "EPSG:3413", "EPSG:3995"]
    + (1...60).map { "EPSG:\(32600 + $0)" } + (1...60).map { "EPSG:\(32700 + $0)" }

  private(set) var scenes: [IndexedScene] = []
  private(set) var chips: [ChipPlace] = []
  private(set) var footprints: [Footprint] = []
  /// Of each chip, as the numbers of `definitions`.
  private(set) var chipSystems: [Int] = []
  let references: [SpatialReference]
  private var random: CounterRandom

  /// - Parameter places: around each of which two to four scenes lie.
  init(seed: UInt64, places: Int) {
    references = Self.definitions.map { SpatialReference(definition: $0)! }
    random = CounterRandom(seed: seed, purpose: .initialParameters)
    for _ in 0..<places { addPlace() }
    // In no order that a search could rely on.
    for scene in scenes.indices { cut(scene) }
    let order = random.permutation(of: chips.count).map(Int.init)
    (chips, footprints, chipSystems) = (
      order.map { chips[$0] }, order.map { footprints[$0] }, order.map { chipSystems[$0] }
    )
  }

  var index: NeighbourIndex {
    get throws {
      try NeighbourIndex(
        scenes: scenes, systems: references, side: Self.side, stride: Self.stride, chips: chips)
    }
  }

  private mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * random.uniform()
  }

  private mutating func addPlace() {
    let longitude =
      switch random.index(below: 3) {
      case 0: 180 + uniform(-0.02...0.02)
      case 1: Double(6 * (random.index(below: 60) - 30)) + uniform(-0.02...0.02)
      default: uniform(-180...180)
      }
    let latitude =
      switch random.index(below: 4) {
      case 0: uniform(89.9...90) * (random.index(below: 2) == 0 ? 1 : -1)
      case 1: uniform(60...84) * (random.index(below: 2) == 0 ? 1 : -1)
      default: uniform(-75...75)
      }
    // Now and then pixels so large that no affine map holds over a chip.
    let pixel = random.index(below: 6) == 0 ? 2000 : uniform(10...60)
    for _ in 0..<2 + random.index(below: 3) {
      addScene(longitude, latitude, pixel: pixel * uniform(0.5...1.5))
    }
  }

  private mutating func addScene(_ longitude: Double, _ latitude: Double, pixel: Double) {
    let system = drawSystem(longitude, latitude)
    let reference = references[system]
    guard let globe = SpatialReference.wgs84(),
      let way = MapTransform(from: globe, to: reference),
      let center = way.places(of: [MapPoint(x: longitude, y: latitude)])[0],
      let toGlobe = SpatialReference.GeographicTransform(from: reference)
    else { return }
    var (columnX, rowY) = (pixel, pixel)
    if reference.isGeographic {
      rowY = pixel / 111_000
      columnX = min(rowY / max(0.02, cos(latitude * .pi / 180)), 1)
    }
    let width = Self.side + Self.stride * random.index(below: 2) + random.index(below: 9)
    let height = Self.side + Self.stride * random.index(below: 2)
    var left = center.x - columnX * Double(width) * uniform(-0.3...1.3)
    var top = center.y + rowY * Double(height) * uniform(-0.3...1.3)
    if reference.isGeographic {
      // The pole is the last row's edge, and longitudes may count from 0 to 360.
      top = min(90, max(top, rowY * Double(height) - 90))
      if left < 0, random.index(below: 2) == 0 { left += 360 }
    }
    let grid = RasterGrid(
      width: width, height: height,
      transform: AffineTransform(
        originX: left, columnX: columnX, rowX: 0, originY: top, columnY: 0, rowY: -rowY))
    guard toGlobe.bounds(of: grid.footprint) != nil else { return }
    scenes.append(IndexedScene(grid: grid, system: system))
  }

  private mutating func drawSystem(_ longitude: Double, _ latitude: Double) -> Int {
    func number(_ definition: String) -> Int { Self.definitions.firstIndex(of: definition)! }
    var choices = [number("EPSG:4326"), number("EPSG:4326")]
    if abs(latitude) < 80 {
      choices += ["EPSG:3857", "EPSG:3395", "EPSG:6933"].map(number)
    }
    if latitude > 55 { choices += ["EPSG:3413", "EPSG:3995", "EPSG:3995"].map(number) }
    if latitude < -55 { choices += [number("EPSG:3031"), number("EPSG:3031")] }
    if abs(latitude) < 84 {
      let zone = Int(((longitude + 180) / 6).rounded(.down)) + random.index(below: 2)
      let first = latitude < 0 ? 32701 : 32601
      choices += Array(repeating: number("EPSG:\(first + (zone + 60) % 60)"), count: 3)
    }
    return choices[random.index(below: choices.count)]
  }

  private mutating func cut(_ scene: Int) {
    let grid = scenes[scene].grid
    for row in WindowGrid.starts(length: grid.height, side: Self.side, stride: Self.stride) {
      for column in WindowGrid.starts(length: grid.width, side: Self.side, stride: Self.stride) {
        chips.append(ChipPlace(scene: scene, column: column, row: row))
        chipSystems.append(scenes[scene].system)
        footprints.append(
          grid.footprint(
            PixelWindow(column: column, row: row, width: Self.side, height: Self.side)))
      }
    }
  }
}

/// What the judge says of two chips.
struct JudgedPair {
  let low: Int
  let high: Int
  /// In pixels of the finer chip.
  let distance: Double
  let intersectionOverUnion: Double
  /// Of an affine map, in pixels of the finer chip.
  let affineError: Double
}

enum NeighbourJudge {
  private struct Task: Encodable {
    struct Chip: Encodable {
      let system: Int
      let transform: [Double]
    }
    let side: Int
    let systems: [String]
    let periods: [Double?]
    let chips: [Chip]
  }

  /// Pairs of chips that are close to each other.
  static func pairs(
    _ footprints: [Footprint], systems chipSystems: [Int], definitions: [String],
    references: [SpatialReference], side: Int
  ) throws -> [JudgedPair] {
    let task = Task(
      side: side, systems: definitions, periods: references.map { $0.period() },
      chips: zip(footprints, chipSystems).map { box, system in
        Task.Chip(
          system: system,
          transform: [
            box.left, box.width / Double(side), 0, box.top, 0, -box.height / Double(side),
          ])
      })
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("neighbour_judge.py").path
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = [script]
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    // The judge reads everything before it writes.
    try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(task))
    try input.fileHandleForWriting.close()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    return text.split(separator: "\n").map { line in
      let numbers = line.split(separator: " ").map { Double($0)! }
      return JudgedPair(
        low: Int(numbers[0]), high: Int(numbers[1]), distance: numbers[2],
        intersectionOverUnion: numbers[3], affineError: numbers[4])
    }
  }
}
