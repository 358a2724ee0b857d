// What must hold between values, beyond the bounds of each.

import NeighborMAE

/// A condition on several values.
private struct Rule {
  /// The keys it is about, by full name.
  let keys: [String]
  /// Nil when it holds, else what is wrong and what to do.
  let violation: (RunConfiguration) -> String?

  init(_ keys: String..., violation: @escaping (RunConfiguration) -> String?) {
    self.keys = keys
    self.violation = violation
  }

  /// That one value is at most another.
  static func ordered<Value: Comparable>(
    _ lowKey: String, _ low: KeyPath<RunConfiguration, Value>,
    _ highKey: String, _ high: KeyPath<RunConfiguration, Value>
  ) -> Rule {
    Rule(lowKey, highKey) {
      let (lowest, highest) = ($0[keyPath: low], $0[keyPath: high])
      if lowest <= highest { return nil }
      return "\(lowKey) (\(lowest)) must not be above \(highKey) (\(highest))"
    }
  }
}

extension RunConfiguration {
  /// Problems between values, each at the place of the last of its keys that was given.
  func ruleProblems(
    places: [String: ConfigurationError.Place]
  ) -> [ConfigurationError.Problem] {
    Self.rules.compactMap { rule in
      guard let message = rule.violation(self) else { return nil }
      let place = rule.keys.compactMap { places[$0] }.last
      return ConfigurationError.Problem(place: place, message: message)
    }
  }

  private static var rules: [Rule] {
    [
      .ordered("maskRatio.minimum", \.maskRatio.minimum, "maskRatio.maximum", \.maskRatio.maximum),
      .ordered(
        "maskRatio.startMinimum", \.maskRatio.startMinimum,
        "maskRatio.startMaximum", \.maskRatio.startMaximum),
      .ordered(
        "liveness.shortestLease", \.liveness.shortestLease,
        "liveness.longestLease", \.liveness.longestLease),
      .ordered(
        "liveness.heartbeatTimeout", \.liveness.heartbeatTimeout,
        "liveness.coordinatorTimeout", \.liveness.coordinatorTimeout),
      Rule("liveness.heartbeatInterval", "liveness.heartbeatTimeout") {
        let (interval, timeout) = ($0.liveness.heartbeatInterval, $0.liveness.heartbeatTimeout)
        if timeout > interval * 2 { return nil }
        return "liveness.heartbeatTimeout (\(timeout)) must be more than twice "
          + "liveness.heartbeatInterval (\(interval)), or one late message ends a worker"
      },
      Rule("optimizer.baseLearningRate", "optimizer.minimumLearningRate") {
        let (lowest, peak) = ($0.optimizer.minimumLearningRate, $0.peakLearningRate)
        if lowest <= peak { return nil }
        return "optimizer.minimumLearningRate (\(lowest)) must not be above the peak (\(peak)), "
          + "which is baseLearningRate · images per step / 256"
      },
      Rule(
        "model.preset", "model.imageSide", "model.patchSide", "model.width", "model.depth",
        "model.heads", "model.decoderWidth", "model.decoderDepth", "model.decoderHeads"
      ) { configuration in
        do throws(ModelConfigurationError) {
          _ = try configuration.modelConfiguration(channels: 1)
          return nil
        } catch {
          return "model: \(error)"
        }
      },
      Rule("model.imageSide", "model.patchSide", "maskRatio.minimum", "maskRatio.maximum") {
        $0.maskingViolation
      },
    ]
  }

  /// Something must be hidden and something seen, at either bound of every step.
  private var maskingViolation: String? {
    guard let model = try? modelConfiguration(channels: 1) else { return nil }  // another rule's
    let ends =
      maskRatio.schedule == .ramp ? [maskRatio.bounds, maskRatio.startBounds] : [maskRatio.bounds]
    let patches = Float(model.patchesPerImage)
    for ratio in ends.flatMap({ [$0.minimum, $0.maximum] }) {
      let visible = ((1 - ratio) * patches).rounded(.toNearestOrEven)
      if visible < 1 || visible >= patches {
        return
          "a mask ratio of \(ratio) leaves \(Int(visible)) of \(model.patchesPerImage) patches "
          + "visible; some must be visible and some hidden"
      }
    }
    return nil
  }
}
