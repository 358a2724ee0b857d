// NeighborMAE as an objective of pretraining: what the rest of the program sees of it.

import Basics
import Objectives

extension NeighborMAENetwork: PretrainingObjective {
  /// `ObjectiveMeasures.neighborMAE`.
  package var measures: ObjectiveMeasures { .neighborMAE }
}
