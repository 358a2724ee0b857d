// The colours of classes: those that maps of land cover have for classes of known names, and a
// palette that all kinds of colour vision tell apart for the others.

/// Colours for classes in their order.
package enum ClassColors {
  /// Words of a class's name, and the colour of such places on maps.
  private static let known: [(words: [String], color: UInt32)] = [
    (["water", "sea", "lake", "river", "ocean"], 0x2F6DB5),
    (["crop", "crops", "cropland", "agriculture", "field", "farmland"], 0xE0B64A),
    (["tree", "trees", "forest", "wood", "woodland"], 0x2E7D4F),
    (["developed", "urban", "built", "city", "building", "buildings", "settlement"], 0xC8453B),
    (["grass", "grassland", "pasture", "meadow"], 0xA3CC6B),
    (["shrub", "shrubs", "shrubland", "scrub"], 0x8E8B3D),
    (["bare", "barren", "soil", "sand", "rock"], 0xB8A48C),
    (["snow", "ice", "glacier"], 0xDDF1F7),
    (["wetland", "wetlands", "marsh", "swamp", "mangrove"], 0x5FB5A7),
    (["cloud", "clouds"], 0xE6E6E6),
  ]

  /// Okabe and Ito's colours first, then others between them.
  private static let palette: [UInt32] = [
    0x0072B2, 0xE69F00, 0x009E73, 0xD55E00, 0x56B4E9, 0xCC79A7, 0xF0E442, 0x6A3D9A, 0x8C564B,
    0x9ACD32, 0x17BECF, 0x7F7F7F, 0xB15928, 0xFB9A99, 0x1B4F72, 0xA6761D,
  ]

  /// `0xRRGGBB` for each class; classes beyond the palette begin it anew.
  package static func colors(of names: [String]) -> [UInt32] {
    var taken: Set<UInt32> = []
    var colors = names.map { name -> UInt32? in
      let words = name.lowercased().split { !$0.isLetter }.map(String.init)
      let found = known.first { entry in words.contains { entry.words.contains($0) } }
      guard let color = found?.color, taken.insert(color).inserted else { return nil }
      return color
    }
    var next = 0
    for index in colors.indices where colors[index] == nil {
      colors[index] = palette[next % palette.count]
      next += 1
    }
    return colors.map { $0 ?? 0 }
  }
}

/// A number's colour on a map: viridis, from dark blue to yellow.
package enum ColorScale {
  /// `0xRRGGBB`.
  /// - Parameter share: clamped to [0, 1].
  package static func color(_ share: Double) -> UInt32 { Viridis.color(share).packed }
}
