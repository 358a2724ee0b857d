// Coordinate systems and the way to the globe.
import Basics
import Imagery
import Maps
import Testing

@Suite("Coordinate systems") struct SpatialReferenceTests {
  @Test("The corners of a box of UTM zone 33N on the globe")
  func corners() throws {
    let system = try #require(SpatialReference(definition: "EPSG:32633"))
    let transform = try #require(SpatialReference.GeographicTransform(from: system))
    let corners = try #require(
      transform.corners(
        of: Footprint(left: 500_000, top: 5_002_560, right: 502_560, bottom: 5_000_000)))
    #expect(abs(corners.upperLeft.longitude - 15) < 1e-9)
    #expect(abs(corners.upperLeft.latitude - 45.1765214481) < 1e-8)
  }

  @Test("A definition that PROJ does not know is none")
  func unknown() { #expect(SpatialReference(definition: "EPSG:1") == nil) }
}
