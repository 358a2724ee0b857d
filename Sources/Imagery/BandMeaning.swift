// What the values of a band mean, as shards say it. Their statistics are in BandDescription.

/// What a value of a band stands for: (value · scale + offset) units.
public struct BandMeaning: Hashable, Sendable {
  /// The longest name or unit, in bytes of UTF-8.
  package static let largestTextBytes = 4096

  /// The band's name, for example "B4".
  public let name: String
  /// What a value of 1 is after scale and offset, for example "reflectance"; nil when nobody says.
  public let unit: String?
  /// The wavelength at the band's centre in micrometres; nil when nobody says.
  public let wavelength: Double?
  /// What a stored value is multiplied by; never 0.
  public let scale: Double
  /// What is added then.
  public let offset: Double

  /// - Precondition: texts are within their limits, numbers are finite, the scale is not 0, a
  ///   wavelength is above 0.
  package init(
    name: String, unit: String? = nil, wavelength: Double? = nil, scale: Double = 1,
    offset: Double = 0
  ) {
    precondition(name.utf8.count <= Self.largestTextBytes)
    precondition((unit ?? "").utf8.count <= Self.largestTextBytes)
    precondition((wavelength ?? 1).isFinite && (wavelength ?? 1) > 0)
    precondition(scale.isFinite && scale != 0 && offset.isFinite)
    self.name = name
    self.unit = unit
    self.wavelength = wavelength
    self.scale = scale
    self.offset = offset
  }
}
