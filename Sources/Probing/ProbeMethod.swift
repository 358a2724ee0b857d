// The protocols of three benchmarks as methods: which probes, fitted how, with hyperparameters
// chosen on which places. A number without its protocol is worthless.

import Basics
import LinearAlgebra

/// Whose way of probing.
package enum ProbeProtocol: String, CaseIterable, Sendable {
  case torchgeoBench = "torchgeo-bench"
  case pangaea
  case olmoEarth = "olmoearth"

  /// The probes of a protocol. None of them says how numbers are predicted from the features of a
  /// place alone; that is ridge regression with all.
  package func methods(for kind: ProbeTarget.Kind) -> [ProbeMethod] {
    if kind == .numbers { return [.ridge] }
    return switch self {
    case .torchgeoBench: [.neighbours(NearestNeighbours(count: 5, vote: .plain)), .logistic]
    case .pangaea:
      [
        .neighbours(NearestNeighbours(count: 200, vote: .halfCosine(temperature: 0.1))),
        .pangaeaLinear,
      ]
    case .olmoEarth:
      [
        .neighbours(NearestNeighbours(count: 20, vote: .cosine(temperature: 0.07))),
        .olmoEarthLinear,
      ]
    }
  }
}

/// One probe.
package enum ProbeMethod: Hashable, Sendable {
  case neighbours(NearestNeighbours)
  /// Logistic regression by L-BFGS, C chosen from 40 values (torchgeo-bench, `main.py`).
  case logistic
  case pangaeaLinear
  case olmoEarthLinear
  /// Strength by cross-validation over the folds that may be trained on.
  case ridge

  /// As torchgeo-bench calls it, or as it would.
  package var name: String {
    switch self {
    case .neighbours(let neighbours): "knn\(neighbours.count)"
    case .logistic, .pangaeaLinear, .olmoEarthLinear: "linear"
    case .ridge: "ridge"
    }
  }

  /// What it chooses, in a letter or a word; nil where there is no choice.
  package var choiceName: String? {
    switch self {
    case .neighbours, .pangaeaLinear: nil
    case .logistic: "C"
    case .olmoEarthLinear: "rate"
    case .ridge: "strength"
    }
  }

  /// torchgeo-bench's grid of C: 40 values from 1e-6 to 1e4, evenly in the logarithm.
  package static let strengths: [Double] = (0..<40).map {
    PortableMath.exp((-6 + 10 * Double($0) / 39) * PortableMath.log(10))
  }

  /// Where nothing is there to choose with.
  private static let (unchosenStrength, unchosenRate, unchosenRidge) = (1.0, 1e-2, 0.1)

  /// A fitted probe, and what was chosen.
  package struct Fit: Sendable {
    package let model: ProbeModel
    package let choice: Double?
  }

  /// Fits to the training places of a split, choosing with its validation places.
  /// - Parameter seed: of first weights and shuffles.
  /// - Throws: `LinearAlgebraError`.
  package func fit(
    _ features: DoubleMatrix, _ target: ProbeTarget, on split: ProbeSplit, seed: UInt64
  ) throws -> Fit {
    switch target {
    case .numbers(let values): return try ridge(features, values, split)
    case .classes(let labels, let names):
      let data = ClassData(features: features, labels: labels, classCount: names.count)
      let choice = split.choices[0]
      switch self {
      case .neighbours, .ridge:
        return Fit(model: try fitted(data, on: choice.training, with: 0, seed), choice: nil)
      case .pangaeaLinear:
        let (training, validation) = (data.part(choice.training), data.part(choice.validation))
        let head = LinearTraining(.pangaea, seed: seed).train(
          training.features, labels: training.labels, classCount: data.classCount
        ) { validation.accuracy(NearestNeighbours.winners($0.logits(validation.features))) }
        return Fit(model: .head(head), choice: nil)
      case .olmoEarthLinear:
        return try olmoEarth(data, choice, seed)
      case .logistic:
        let strength = Self.bestStrength(data, choice) ?? Self.unchosenStrength
        let all = (choice.training + choice.validation).sorted()
        return Fit(model: try fitted(data, on: all, with: strength, seed), choice: strength)
      }
    }
  }

  /// Fits to all labelled places with what was chosen before.
  /// - Throws: `LinearAlgebraError`.
  package func fitToAll(
    _ features: DoubleMatrix, _ target: ProbeTarget, choice: Double?, seed: UInt64
  ) throws -> ProbeModel {
    switch target {
    case .numbers(let values):
      let fits = try RidgeRegression.fits(
        features, targets: values, strengths: [choice ?? Self.unchosenRidge])
      return .ridge(fits[0])
    case .classes(let labels, let names):
      let data = ClassData(features: features, labels: labels, classCount: names.count)
      return try fitted(data, on: Array(labels.indices), with: choice ?? 0, seed)
    }
  }

  /// Features with their classes.
  private struct ClassData {
    let features: DoubleMatrix
    let labels: [Int]
    let classCount: Int

    func part(_ places: [Int]) -> ClassData {
      ClassData(
        features: features.selecting(rows: places), labels: places.map { labels[$0] },
        classCount: classCount)
    }

    func accuracy(_ predictions: [Int]) -> Double {
      labels.isEmpty
        ? 0
        : Double(zip(labels, predictions).count { $0 == $1 }) / Double(labels.count)
    }
  }

  /// A classifier with given hyperparameters.
  private func fitted(
    _ data: ClassData, on places: [Int], with choice: Double, _ seed: UInt64
  ) throws -> ProbeModel {
    let part = data.part(places)
    switch self {
    case .neighbours(let neighbours):
      return .neighbours(
        neighbours, bank: part.features, labels: part.labels, classCount: data.classCount)
    case .logistic:
      return .logistic(
        LogisticRegression(
          fitting: part.features, labels: part.labels,
          strength: choice > 0 ? choice : Self.unchosenStrength,
          search: Self.search(iterationLimit: 4000)))
    case .pangaeaLinear:
      return .head(
        LinearTraining(.pangaea, seed: seed).train(
          part.features, labels: part.labels, classCount: data.classCount
        ) { part.accuracy(NearestNeighbours.winners($0.logits(part.features))) })
    case .olmoEarthLinear:
      let rate = choice > 0 ? choice : Self.unchosenRate
      return .head(
        LinearTraining(.olmoEarth(rate: rate), seed: seed).train(
          part.features, labels: part.labels, classCount: data.classCount
        ) { _ in 0 })
    case .ridge: preconditionFailure("a regression has no classes")
    }
  }

  /// The C of the best accuracy on validation, the smallest of equals; nil without validation.
  private static func bestStrength(_ data: ClassData, _ choice: ProbeSplit.Choice) -> Double? {
    if choice.validation.isEmpty { return nil }
    let (training, validation) = (data.part(choice.training), data.part(choice.validation))
    var best: (strength: Double, accuracy: Double)?
    for strength in strengths {
      let model = LogisticRegression(
        fitting: training.features, labels: training.labels, strength: strength,
        search: search(iterationLimit: 2000))
      let accuracy = validation.accuracy(model.predictions(validation.features))
      if accuracy > best?.accuracy ?? -1 { best = (strength, accuracy) }
    }
    return best?.strength
  }

  /// From zeros, to the tolerances of torchgeo-bench's `main.py` and `linear.py`: where weak
  /// penalties leave long valleys, where a search ends is a part of the protocol.
  private static func search(iterationLimit: Int) -> LimitedMemoryBFGS {
    LimitedMemoryBFGS(
      iterationLimit: iterationLimit, gradientTolerance: 1e-7, changeTolerance: 1e-7)
  }

  /// The rate of the best accuracy on validation, the smallest of equals.
  private func olmoEarth(
    _ data: ClassData, _ choice: ProbeSplit.Choice, _ seed: UInt64
  ) throws -> Fit {
    let validation = data.part(choice.validation)
    if choice.validation.isEmpty {
      let model = try fitted(data, on: choice.training, with: Self.unchosenRate, seed)
      return Fit(model: model, choice: Self.unchosenRate)
    }
    var best: (fit: Fit, accuracy: Double)?
    for rate in LinearTraining.olmoEarthRates {
      let model = try fitted(data, on: choice.training, with: rate, seed)
      let accuracy = validation.accuracy(model.classes(validation.features))
      if accuracy > best?.accuracy ?? -1 { best = (Fit(model: model, choice: rate), accuracy) }
    }
    guard let best else { preconditionFailure("no rates") }
    return best.fit
  }

  /// The strength with the least squared error over all choices of the split, then fitted to all
  /// that may be trained on.
  private func ridge(
    _ features: DoubleMatrix, _ values: [Double], _ split: ProbeSplit
  ) throws -> Fit {
    var errors = [Double](repeating: 0, count: RidgeRegression.strengths.count)
    var isChosen = false
    for choice in split.choices where !choice.validation.isEmpty {
      isChosen = true
      let fits = try RidgeRegression.fits(
        features.selecting(rows: choice.training), targets: choice.training.map { values[$0] },
        strengths: RidgeRegression.strengths)
      let validation = features.selecting(rows: choice.validation)
      let truths = choice.validation.map { values[$0] }
      for (index, fit) in fits.enumerated() {
        for (prediction, truth) in zip(fit.predictions(validation), truths) {
          errors[index] += (prediction - truth) * (prediction - truth)
        }
      }
    }
    let best = errors.indices.min { (errors[$0], $0) < (errors[$1], $1) } ?? 0
    let strength = isChosen ? RidgeRegression.strengths[best] : Self.unchosenRidge
    let fits = try RidgeRegression.fits(
      features.selecting(rows: split.pool), targets: split.pool.map { values[$0] },
      strengths: [strength])
    return Fit(model: .ridge(fits[0]), choice: strength)
  }
}
