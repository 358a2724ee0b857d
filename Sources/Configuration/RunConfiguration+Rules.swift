// What must hold between values, beyond the bounds of each.

import MaskedAutoencoding

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
      if $0[keyPath: low] <= $0[keyPath: high] { return nil }
      return "\($0.quote(lowKey)) must not be above \($0.quote(highKey))"
    }
  }
}

extension RunConfiguration {
  /// Problems between values, each at the place where the last of its keys was given.
  /// - Parameter places: of all keys that were given, in the order of giving.
  func ruleProblems(
    places: [(name: String, place: ConfigurationError.Place)]
  ) -> [ConfigurationError.Problem] {
    Self.rules.compactMap { rule in
      guard let message = rule.violation(self) else { return nil }
      let last = places.last { rule.keys.contains($0.name) }
      return ConfigurationError.Problem(place: last?.place, message: message)
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
        if $0.liveness.heartbeatTimeout > $0.liveness.heartbeatInterval * 2 { return nil }
        return "\($0.quote("liveness.heartbeatTimeout")) must be more than twice "
          + "\($0.quote("liveness.heartbeatInterval")), or one late message ends a worker"
      },
      Rule(
        "model.objective", "data.neighbourChoice", "data.neighbourDates", "data.maxDays"
      ) {
        if $0.model.objective.imagesPerSample > 1 || !$0.choosesNeighbours { return nil }
        return "\($0.quote("model.objective")) sees no neighbours: leave out "
          + "data.neighbourChoice, data.neighbourDates and data.maxDays"
      },
      Rule("data.neighbourChoice", "data.neighbourDates", "data.maxDays") {
        let data = $0.data
        if data.neighbourChoice != .none || data.neighbourDates == .any && data.maxDays == nil {
          return nil
        }
        return "\($0.quote("data.neighbourChoice")) makes pairs of one chip, which has one date: "
          + "leave out data.neighbourDates and data.maxDays"
      },
      Rule("model.initialFrom", "model.initialDigest") {
        if $0.model.initialFrom != nil || $0.model.initialDigest == nil { return nil }
        return "\($0.quote("model.initialDigest")) is of weights that model.initialFrom names: "
          + "give both or neither"
      },
      Rule("model.objective", "model.lossWeights") {
        if $0.model.objective.imagesPerSample > 1 || $0.model.lossWeights == .defined {
          return nil
        }
        return "\($0.quote("model.objective")) has no pairs whose errors could be weighed: leave "
          + "out model.lossWeights"
      },
      Rule("model.objective", "model.upsamplings") {
        if $0.model.objective == .satMAEpp || $0.model.upsamplings == Model().upsamplings {
          return nil
        }
        return
          "\($0.quote("model.objective")) doubles nothing: leave out model.upsamplings, or let "
          + "model.objective be satmae++"
      },
      Rule(
        "optimizer.baseLearningRate", "optimizer.minimumLearningRate",
        "training.microbatchesPerStep", "training.pairsPerMicrobatch"
      ) {
        if $0.optimizer.minimumLearningRate <= $0.peakLearningRate { return nil }
        return "\($0.quote("optimizer.minimumLearningRate")) must not be above the peak of "
          + "\($0.peakLearningRate), which is baseLearningRate · images per step / 256"
      },
      Rule(
        "model.objective", "model.upsamplings", "model.preset", "model.imageSide",
        "model.patchSide", "model.width", "model.depth",
        "model.heads", "model.decoderWidth", "model.decoderDepth", "model.decoderHeads"
      ) { configuration in
        do throws(ModelConfigurationError) {
          _ = try configuration.modelConfiguration(channels: 1)
          return nil
        } catch {
          return "model: \(error)"
        }
      },
      Rule(
        "model.preset", "model.imageSide", "model.patchSide", "maskRatio.schedule",
        "maskRatio.minimum", "maskRatio.maximum", "maskRatio.startMinimum",
        "maskRatio.startMaximum"
      ) { $0.maskingViolation },
    ]
  }

  /// A key with its value: "liveness.shortestLease (5s)".
  fileprivate func quote(_ name: String) -> String {
    let values = Self.namedFields.filter { $0.name == name }.map { $0.field.text(self) }
    return "\(name) (\(values.joined()))"
  }

  /// Whether something is said of which neighbour makes a pair.
  private var choosesNeighbours: Bool {
    let defaults = Data()
    return data.neighbourChoice != defaults.neighbourChoice
      || data.neighbourDates != defaults.neighbourDates || data.maxDays != defaults.maxDays
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
