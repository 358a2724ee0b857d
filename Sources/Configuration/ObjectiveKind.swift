// Which objective a run has, by name. Not here: how one is computed; each is a module.

/// What is minimised, and on what.
package enum ObjectiveKind: String, CaseIterable, Sendable {
  /// Pairs of neighbouring images, reconstructed jointly.
  case neighborMAE = "neighbormae"
  /// Single images.
  case mae
  /// Single images at several scales.
  case satMAEpp = "satmae++"

  /// Images of a sample, which is what a plan counts as a pair.
  package var imagesPerSample: Int {
    switch self {
    case .neighborMAE: 2
    case .mae, .satMAEpp: 1
    }
  }

  /// What people call a sample, in the singular.
  package var sampleName: String { imagesPerSample == 1 ? "image" : "pair" }

  /// What people call the loss that is minimised, where another one may stand beside it.
  package var lossName: String {
    switch self {
    case .neighborMAE, .satMAEpp: "weighted loss"
    case .mae: "loss"
    }
  }

  /// What a masked autoencoder of this kind reconstructs.
  package var reconstructed: String {
    switch self {
    case .neighborMAE: "pairs of neighbouring images jointly"
    case .mae: "single images"
    case .satMAEpp: "single images at several scales"
    }
  }

  /// What the papers call it.
  package var title: String {
    switch self {
    case .neighborMAE: "NeighborMAE"
    case .mae: "MAE"
    case .satMAEpp: "SatMAE++"
    }
  }

  /// Where its paper is.
  package var paper: String {
    switch self {
    case .neighborMAE: "https://arxiv.org/abs/2603.02522"
    case .mae: "https://arxiv.org/abs/2111.06377"
    case .satMAEpp: "https://arxiv.org/abs/2403.05419"
    }
  }
}
