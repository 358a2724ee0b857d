// How much the error of a hidden pixel of a pair weighs.

/// The weights of NeighborMAE's loss. All but `defined` are for ablations.
public enum LossWeights: String, CaseIterable, Sendable {
  /// As the paper has them: less where the other image shows the place and copying it would come
  /// nearer than the prediction does.
  case defined
  /// 1 where the other image shows the place, and 0 elsewhere.
  case shown
  /// 1 everywhere.
  case one
}
