// What each objective measures, for the coordinator, which computes none.

import Basics
import Configuration
import MAE
import NeighborMAE
import SatMAEpp

extension ObjectiveKind {
  /// Of a run with this objective.
  package var measures: ObjectiveMeasures {
    switch self {
    case .neighborMAE: .neighborMAE
    case .mae: .mae
    case .satMAEpp: .satMAEpp
    }
  }
}
