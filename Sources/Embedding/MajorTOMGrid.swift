// Cells of Major TOM's grid, by which tables of embeddings are joined. Formula: ESA-PhiLab's
// Major-TOM, `grid.py`.

import Foundation
import Imagery

/// A cell of the grid with a distance of 10 km, named by its lower left corner.
package struct MajorTOMCell: Hashable, Sendable {
  /// From 0 upwards north of the equator, from −1 downwards south of it.
  package let row: Int
  /// From 0 upwards east of Greenwich, from −1 downwards west of it.
  package let column: Int

  private static let distance = 10_000.0  // metres

  /// The cell of a place in degrees.
  package init(longitude: Double, latitude: Double) {
    let divisions = (Double.pi * Earth.equatorRadius / Self.distance).rounded(.up)
    let row = (latitude * divisions / 180).rounded(.down)
    let edge = row * 180 / divisions
    let circle = 2 * Double.pi * Earth.equatorRadius * cos(edge * .pi / 180)
    let columns = max(1, (circle / Self.distance).rounded(.up))
    self.row = Int(row)
    column = Int((longitude * columns / 360).rounded(.down))
  }

  /// For example "215D_846L".
  package var name: String {
    (row < 0 ? "\(-row)D" : "\(row)U") + "_" + (column < 0 ? "\(-column)L" : "\(column)R")
  }
}
