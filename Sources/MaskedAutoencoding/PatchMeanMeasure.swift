// What every objective on patches measures beside itself in an evaluation: the loss of predicting
// the mean of each hidden patch.

import Basics

extension Measure {
  /// The loss of patch means.
  /// - Parameter name: its key in the metrics.
  package static func patchMean(_ name: String) -> Measure {
    Measure(
      name, per: .hidden, caption: "of patch means",
      meaningOfZero: """
        the loss of patch means is 0.0000: once normalised, the held-out pixels do not differ from \
        the mean of their patch, and there is nothing to learn in them. Either the scenes are \
        constant, or few pixels rule the deviation of a band. `terrane inspect` on the dataset \
        says which; a new run can have data.normalization: quantiles
        """)
  }
}
