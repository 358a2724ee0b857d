// Distances from chips to features of a file, against PROJ's geodesics.

import Basics
import Foundation
import Imagery
import Maps
import TestSupport
import Testing

@Suite("Avoided areas") struct AvoidedAreaTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func area(_ geometries: [String], distance: Double) throws -> AvoidedArea {
    let features = geometries.map {
      #"{"type": "Feature", "properties": {}, "geometry": \#($0)}"#
    }
    try folder.write(
      #"{"type": "FeatureCollection", "features": [\#(features.joined(separator: ", "))]}"#,
      to: "labels.geojson")
    return try AvoidedArea(path: folder.file("labels.geojson"), distance: distance)
  }

  private func point(_ longitude: Double, _ latitude: Double) -> String {
    #"{"type": "Point", "coordinates": [\#(longitude), \#(latitude)]}"#
  }

  /// A chip of 2.56 km whose nearest point lies so far from a place, in a direction. PROJ's
  /// azimuthal equidistant projection has exact distances from its centre.
  private func chip(
    from place: GeographicPoint, distance: Double, direction: Double
  ) throws -> GeographicCorners {
    let frame = try #require(
      SpatialReference(
        definition:
          "+proj=aeqd +lon_0=\(place.longitude) +lat_0=\(place.latitude) +datum=WGS84 +type=crs"))
    let globe = try #require(SpatialReference.wgs84())
    let way = try #require(MapTransform(from: frame, to: globe))
    let (east, north) = (sin(direction), cos(direction))
    let corners = [(0.0, -1280.0), (0, 1280), (2560, 1280), (2560, -1280)].map { depth, side in
      MapPoint(
        x: east * (distance + depth) + north * side, y: north * (distance + depth) - east * side)
    }
    let places = try #require(way.allPlaces(of: corners)).map {
      GeographicPoint(longitude: $0.x, latitude: $0.y)
    }
    return GeographicCorners(
      upperLeft: places[0], upperRight: places[1], lowerRight: places[2], lowerLeft: places[3])
  }

  @Test(
    "A chip is near within the distance and not a percent farther, anywhere on the globe",
    arguments: [(10.0, 50.0), (180, 0), (-179.99, 65), (0, 0), (40, 89.95), (7, -89.99), (90, -45)])
  func distances(longitude: Double, latitude: Double) throws {
    for distance in [500.0, 5_000, 100_000] {
      let area = try area([point(longitude, latitude)], distance: distance)
      let place = GeographicPoint(longitude: longitude, latitude: latitude)
      for direction in stride(from: 0.1, to: 6.2, by: 0.7) {
        let inside = try chip(from: place, distance: distance * 0.99, direction: direction)
        let outside = try chip(from: place, distance: distance * 1.01, direction: direction)
        #expect(try area.isNear(inside), "\(distance) m, direction \(direction)")
        #expect(try !area.isNear(outside), "\(distance) m, direction \(direction)")
      }
    }
  }

  @Test("A chip inside an area, around one, across its border and beside it")
  func areas() throws {
    let square = { (west: Double, south: Double, size: Double) in
      let (east, north) = (west + size, south + size)
      return #"{"type": "Polygon", "coordinates": [[[\#(west), \#(south)], [\#(east), \#(south)], "#
        + #"[\#(east), \#(north)], [\#(west), \#(north)], [\#(west), \#(south)]]]}"#
    }
    let area = try area([square(10, 50, 5), square(30, 50, 0.001)], distance: 1000)
    func corners(_ west: Double, _ south: Double) -> GeographicCorners {
      GeographicCorners(
        upperLeft: .init(longitude: west, latitude: south + 0.02),
        upperRight: .init(longitude: west + 0.02, latitude: south + 0.02),
        lowerRight: .init(longitude: west + 0.02, latitude: south),
        lowerLeft: .init(longitude: west, latitude: south))
    }
    #expect(try area.isNear(corners(12, 52)))
    #expect(try area.isNear(corners(29.99, 49.99)))
    #expect(try area.isNear(corners(14.99, 52)))
    #expect(try area.isNear(corners(15.01, 52)))
    #expect(try !area.isNear(corners(15.02, 52)))
    #expect(try !area.isNear(corners(9, 52)))
  }

  @Test("Lines in a system of their own keep their distance along their whole length")
  func lines() throws {
    let line = "LINESTRING (500000 5000000, 500000 5200000)"
    try folder.write("id,WKT\n1,\"\(line)\"\n", to: "roads.csv")
    let outcome = try run(
      "/usr/bin/ogr2ogr",
      ["-q", "-a_srs", "EPSG:32633", folder.file("roads.gpkg"), folder.file("roads.csv")])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let area = try AvoidedArea(path: folder.file("roads.gpkg"), distance: 2000)
    let zone = try #require(SpatialReference(definition: "EPSG:32633"))
    let way = try #require(SpatialReference.GeographicTransform(from: zone))
    for (east, isNear) in [(1900.0, true), (2100, false)] {
      let box = Footprint(
        left: 500_000 + east, top: 5_102_560, right: 502_560 + east, bottom: 5_100_000)
      #expect(try area.isNear(try #require(way.corners(of: box))) == isNear)
    }
  }

  @Test("What is not a file of features, has none or does not say where they are")
  func refusals() throws {
    try folder.write("no features", to: "text.txt")
    #expect(throws: VectorLayer.ReadingError.self) {
      try AvoidedArea(path: folder.file("text.txt"), distance: 1)
    }
    #expect(throws: VectorLayer.ReadingError.self) { try area([], distance: 1) }
    #expect(throws: VectorLayer.ReadingError.self) { try area([point(10, 95)], distance: 1) }
    try folder.write("id,WKT\n1,POINT (1 2)\n", to: "nowhere.csv")
    #expect(throws: VectorLayer.ReadingError.self) {
      try AvoidedArea(path: folder.file("nowhere.csv"), distance: 1)
    }
  }

  @Test("Distances as people write them")
  func texts() {
    #expect(AvoidedArea.metres(in: "5km") == 5000 && AvoidedArea.metres(in: "2.5 km") == 2500)
    #expect(AvoidedArea.metres(in: "300m") == 300 && AvoidedArea.metres(in: "300") == 300)
    for text in ["", "km", "-1", "5 miles", "1e9", "nan", "inf", "2000km"] {
      #expect(AvoidedArea.metres(in: text) == nil, "\(text)")
    }
  }
}
