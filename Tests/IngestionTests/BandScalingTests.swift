// What is done with scenes whose values are scaled in other ways.

import Ingestion
import Scenes
import Testing

@Suite("Scale and offset of scenes") struct BandScalingTests {
  private func scene(
    _ name: String, _ scale: Double?, _ offset: Double?
  ) -> (name: String, bands: [BandSource]) {
    (
      name,
      [BandSource(raster: name, number: 1, name: "band 1", scale: scale, offset: offset)]
    )
  }

  @Test("Equal declarations, and none at all, leave values as they are stored")
  func equal() throws {
    let declared = [scene("a", 0.0001, -0.1), scene("b", 0.0001, -0.1)]
    #expect(try BandScaling.decide(declared) == BandScaling.decide([]))
    let silent = [scene("a", nil, nil), scene("b", nil, nil)]
    #expect(try BandScaling.decide(silent).isPhysical == false)
    let said = [scene("a", 1, 0), scene("b", nil, nil)]
    #expect(try BandScaling.decide(said).isPhysical == false)
  }

  @Test("Different declarations are applied, and that is said")
  func different() throws {
    let scaling = try BandScaling.decide([scene("new", 0.0001, -0.1), scene("old", 0.0001, 0)])
    #expect(scaling.isPhysical)
    #expect(
      scaling.notes == [
        "band 1 has scale 0.0001 and offset -0.1 in new, 0.0001 and 0.0 in old: chips hold the "
          + "values after scale and offset, as 32-bit floats"
      ])
  }

  @Test("What some scenes declare and others do not is refused with the names of both")
  func undeclared() throws {
    let error = #expect(throws: IngestError.self) {
      try BandScaling.decide([
        scene("silent", nil, nil), scene("old", 1, 0), scene("new", 0.0001, -0.1),
      ])
    }
    let text = "\(try #require(error))"
    #expect(text.hasPrefix("band 1 has scale 0.0001 and offset -0.1 in new, and silent does not"))
  }
}
