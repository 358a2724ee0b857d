// Which dates the two images of a pair may have.

/// Whether a neighbour is of its chip's day.
package enum NeighbourDates: String, CaseIterable, Sendable, Codable {
  /// Of any day, or none that is known.
  case any
  /// Of the same day.
  case same
  /// Of another day.
  case other

  /// Whether the two images may make a pair.
  /// - Parameters:
  ///   - day: of the anchor, counted from any day on; nil when it is not known.
  ///   - other: of its neighbour.
  ///   - limit: the most days that may lie between both; nil for any number.
  package func allows(day: Int?, other: Int?, within limit: Int?) -> Bool {
    if self == .any && limit == nil { return true }
    guard let day, let other else { return false }
    let distance = abs(day - other)
    if let limit, distance > limit { return false }
    switch self {
    case .any: return true
    case .same: return distance == 0
    case .other: return distance != 0
    }
  }
}
