// The figure of the earth in numbers, for all that measure on it.

/// WGS 84's ellipsoid, and the spheres that stand for it.
package enum Earth {
  /// Metres from the middle to the equator (NIMA TR8350.2).
  package static let equatorRadius = 6_378_137.0
  /// The square of the first eccentricity.
  package static let eccentricitySquared = 0.006_694_379_990_14
  /// Metres: the mean of the ellipsoid's half axes (IUGG's R₁). Distances on this sphere are within
  /// 0.6 % of the ellipsoid's.
  package static let meanRadius = 6_371_008.8
  /// Metres: of the sphere with the ellipsoid's area (IUGG's R₂).
  package static let equalAreaRadius = 6_371_007.2
}
