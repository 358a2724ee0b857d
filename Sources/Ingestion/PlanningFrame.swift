// The plane in which chips are ordered and the hold-out is cut: their own map, or the globe's.

import Basics
import Imagery
import Maps

package enum PlanningFrame {
  /// A box of each chip in one plane. Chips of one coordinate system keep their footprints, unless
  /// these go around the globe more than once, so that a place has two of them; several systems
  /// share `GlobeFrame`.
  /// - Parameters:
  ///   - footprints: on the chips' maps.
  ///   - corners: of the same chips on the globe; asked for where maps do not serve.
  ///   - systems: that the chips lie in.
  package static func boxes(
    footprints: [Footprint], corners: @autoclosure () throws -> [GeographicCorners],
    systems: [SpatialReference]
  ) rethrows -> [Footprint] {
    if systems.count == 1 {
      guard let extent = Extent(of: footprints)?.box, let period = systems[0].period(),
        extent.width > period * (1 + 1e-9)
      else { return footprints }
    }
    let corners = try corners()
    precondition(footprints.count == corners.count)
    let frame = GlobeFrame(for: corners)
    return corners.map(frame.box)
  }
}
