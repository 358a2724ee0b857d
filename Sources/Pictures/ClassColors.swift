// The colours of classes: those that maps of land cover have for classes of known names, and a
// palette that all kinds of colour vision tell apart for the others. No two come close to each
// other.

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
    (["cloud", "clouds"], 0xBFC5D2),
  ]

  /// Okabe and Ito's colours first, then others between them.
  private static let palette: [UInt32] = [
    0x0072B2, 0xE69F00, 0x009E73, 0xD55E00, 0x56B4E9, 0xCC79A7, 0xF0E442, 0x6A3D9A, 0x8C564B,
    0x9ACD32, 0x7F7F7F, 0xFB9A99, 0x1B4F72, 0xA6761D,
  ]

  /// Colours nearer than this are taken for one on a map, where they do not lie side by side: two
  /// blues of water are 0.02 apart, crops and grass 0.09.
  private static let leastDistance = 0.09

  /// How different two colours look, in OKLab: black and white are 1 apart.
  /// - Parameters: `0xRRGGBB`.
  package static func distance(_ a: UInt32, _ b: UInt32) -> Double {
    OKLab.distance(OKLab.place(of: a), OKLab.place(of: b))
  }

  /// `0xRRGGBB` for each class. Names that maps know come first, then the palette; where there are
  /// more classes than these can tell apart, the rest are as far from all others as they can be.
  package static func colors(of names: [String]) -> [UInt32] {
    var palette = ColorPalette(palette)
    var colors = names.map { name -> UInt32? in
      let words = name.lowercased().split { !$0.isLetter }.map(String.init)
      let found = known.first { entry in words.contains { entry.words.contains($0) } }
      guard let color = found?.color, palette.isFar(color, by: leastDistance) else { return nil }
      palette.take(color)
      return color
    }
    for index in colors.indices where colors[index] == nil {
      colors[index] = palette.next(farBy: leastDistance)
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
