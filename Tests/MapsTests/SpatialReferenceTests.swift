// Coordinate systems: which are one, how they are spelled, and where they repeat themselves.

import Basics
import Imagery
import Maps
import Testing

@Suite("Coordinate systems") struct SpatialReferenceTests {
  private func system(_ definition: String) throws -> SpatialReference {
    try #require(SpatialReference(definition: definition), "\(definition)")
  }

  @Test("A definition that PROJ does not know is none")
  func unknown() {
    #expect(SpatialReference(definition: "EPSG:1") == nil)
    #expect(SpatialReference(definition: "no system") == nil)
  }

  @Test(
    "Systems that give a place the same coordinates are one and are spelled the same",
    arguments: [
      ("OGC:CRS84", "EPSG:4326"), ("EPSG:32633+5773", "EPSG:32633"), ("EPSG:4979", "EPSG:4326"),
      ("+proj=utm +zone=33 +datum=WGS84 +type=crs", "EPSG:32633"),
    ])
  func same(definition: String, registered: String) throws {
    let one = try system(definition)
    let other = try system(registered)
    #expect(one.isSame(as: other) && other.isSame(as: one))
    #expect(one.description == other.description)
    #expect(one.description.authority == registered)
  }

  @Test("Systems that differ are not one")
  func different() throws {
    let zone = try system("EPSG:32633")
    #expect(!zone.isSame(as: try system("EPSG:32634")))
    #expect(!zone.isSame(as: try system("EPSG:25833")))
  }

  @Test("A local system is one, and has no way to the globe")
  func local() throws {
    let site = try system(#"LOCAL_CS["site",UNIT["metre",1]]"#)
    #expect(site.isLocal && site.period() == nil)
    #expect(SpatialReference.GeographicTransform(from: site) == nil)
    #expect(MapTransform(from: site, to: try system("EPSG:32633")) == nil)
    #expect(site.isSame(as: try system(#"LOCAL_CS["site",UNIT["metre",1]]"#)))
  }

  @Test(
    "Maps that repeat themselves do so after the circumference of their ellipsoid's equator",
    arguments: [
      ("EPSG:4326", 360), ("EPSG:4807", 400), ("EPSG:3857", 2 * Double.pi * 6_378_137),
      ("EPSG:3395", 2 * Double.pi * 6_378_137), ("EPSG:4087", 2 * Double.pi * 6_378_137),
      ("+proj=merc +lon_0=150 +lat_ts=41 +ellps=WGS84 +type=crs", 30_285_000),
    ])
  func periods(definition: String, expected: Double) throws {
    let period = try #require(try system(definition).period())
    // Of the last, Mercator with two standard parallels, only the size is known beforehand.
    #expect(abs(period - expected) < (definition.hasPrefix("+") ? 1e4 : expected * 1e-14))
  }

  @Test(
    "Other maps do not repeat themselves",
    arguments: [
      "EPSG:32633", "EPSG:3031", "EPSG:3995", "EPSG:3035", "EPSG:2056", "+proj=sinu +type=crs",
      "+proj=moll +type=crs", "EPSG:5070", "+proj=cass +type=crs", "+proj=gnom +type=crs",
    ])
  func noPeriods(definition: String) throws { #expect(try system(definition).period() == nil) }

  @Test("Poles are lines on maps that unroll the globe, and Mercator has none")
  func poles() throws {
    #expect(try system("EPSG:4326").poles() == (-90, 90))
    let mercator = try system("EPSG:3857").poles()
    #expect(mercator == (nil, nil))
    let plate = try #require(try system("EPSG:4087").poles().north)
    #expect(abs(plate - Double.pi / 2 * 6_378_137) < 1)
  }
}

@Suite("Ways between maps") struct MapTransformTests {
  private func way(_ source: String, _ target: String) throws -> MapTransform {
    let from = try #require(SpatialReference(definition: source))
    let to = try #require(SpatialReference(definition: target))
    return try #require(MapTransform(from: from, to: to))
  }

  @Test("Places are the nearest of those that a map repeats")
  func nearest() throws {
    let degrees = try way("EPSG:32601", "EPSG:4326")
    let place = MapPoint(x: 200_000, y: 5e6)
    let plain = try #require(degrees.places(of: [place])[0])
    let near = try #require(degrees.places(of: [place], near: -181)[0])
    #expect(plain.x > 179 && abs(near.x - plain.x + 360) < 1e-12 && near.y == plain.y)
    let mercator = try way("EPSG:4326", "EPSG:3857")
    let beyond = try #require(
      mercator.places(of: [MapPoint(x: -179, y: 10)], near: 2.1e7)[0])
    #expect(abs(beyond.x - 181 / 180 * 20_037_508.342789244) < 1e-6)
  }

  @Test("A point without a place leaves the others theirs")
  func partial() throws {
    let places = try way("EPSG:4326", "EPSG:3857").places(of: [
      MapPoint(x: 10, y: 50), MapPoint(x: 10, y: .infinity), MapPoint(x: .nan, y: 0),
    ])
    #expect(places[0] != nil && places[1] == nil && places[2] == nil)
    #expect(try way("EPSG:4326", "EPSG:3857").allPlaces(of: []) == [])
  }
}

@Suite("Boxes on the globe") struct GeographicTransformTests {
  private func way(_ definition: String) throws -> SpatialReference.GeographicTransform {
    let system = try #require(SpatialReference(definition: definition))
    return try #require(SpatialReference.GeographicTransform(from: system))
  }

  private func box(_ left: Double, _ bottom: Double, _ width: Double, _ height: Double)
    -> Footprint
  {
    Footprint(left: left, top: bottom + height, right: left + width, bottom: bottom)
  }

  @Test("The corners of a box of UTM zone 33N on the globe")
  func corners() throws {
    let corners = try #require(try way("EPSG:32633").corners(of: box(500_000, 5e6, 2560, 2560)))
    #expect(abs(corners.upperLeft.longitude - 15) < 1e-9)
    #expect(abs(corners.upperLeft.latitude - 45.1765214481) < 1e-8)
  }

  @Test("Longitudes beyond 180 are brought back, and a box across 180 has its west in the east")
  func antimeridian() throws {
    let degrees = try way("EPSG:4326")
    let beyond = try #require(degrees.bounds(of: box(190, 60, 1, 1)))
    #expect(beyond == GeographicBounds(west: -170, south: 60, east: -169, north: 61))
    #expect(try #require(degrees.corners(of: box(190, 60, 1, 1))).upperLeft.longitude == -170)
    let across = try #require(degrees.bounds(of: box(179, 60, 2, 1)))
    #expect(across == GeographicBounds(west: 179, south: 60, east: -179, north: 61))
    let all = try #require(degrees.bounds(of: box(0, -90, 360, 180)))
    #expect(all == GeographicBounds(west: -180, south: -90, east: 180, north: 90))
    let edge = try #require(degrees.bounds(of: box(179, 60, 1, 1)))
    #expect(edge == GeographicBounds(west: 179, south: 60, east: 180, north: 61))
    let zone = try #require(
      try way("EPSG:32701").bounds(of: box(166_000, 8_000_000, 20_000, 20_000)))
    #expect(zone.west > 179 && zone.east < -179)
  }

  @Test("A box around a pole has all longitudes and ends at the pole", arguments: [true, false])
  func pole(isNorth: Bool) throws {
    let polar = try way(isNorth ? "EPSG:3995" : "EPSG:3031")
    let around = try #require(polar.bounds(of: box(-1000, -2000, 5000, 5000)))
    #expect(around.west == -180 && around.east == 180)
    #expect((isNorth ? around.north : around.south) == (isNorth ? 90 : -90))
    #expect(abs(isNorth ? around.south : around.north) > 89.9)
    let beside = try #require(polar.bounds(of: box(1000, 1000, 5000, 5000)))
    let width = beside.east - beside.west
    #expect((width < 0 ? width + 360 : width) < 91)
  }

  @Test(
    "What lies outside of its system's definition has no place",
    arguments: [
      ("EPSG:4326", -256.0, 10.0, 95.0), ("EPSG:4326", 0, 10, -300), ("EPSG:32633", 1e9, 10, 0),
      ("EPSG:32633", 5e7, 1e4, 5e6), ("EPSG:3857", 0, 10, 1e300),
    ])
  func nonsense(definition: String, left: Double, size: Double, bottom: Double) throws {
    let way = try way(definition)
    #expect(way.bounds(of: box(left, bottom, size, size)) == nil)
    #expect(way.corners(of: box(left, bottom, size, size)) == nil)
  }
}
