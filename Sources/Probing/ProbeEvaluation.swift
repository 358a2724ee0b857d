// Probes of several sets of features on the same places and splits. Each fit is a job of its own;
// results do not depend on how many threads there are.

import Basics
import LinearAlgebra
import Synchronization

/// Features of places under a name.
package struct NamedFeatures: Sendable {
  package let name: String
  /// (places, dimensions)
  package let values: DoubleMatrix

  package init(name: String, values: DoubleMatrix) {
    self.name = name
    self.values = values
  }
}

/// What is probed, and how.
package struct ProbeEvaluation: Sendable {
  package var target: ProbeTarget
  package var splits: [ProbeSplit]
  /// Of each place: what is drawn together when scores are resampled.
  package var units: [Int]
  package var methods: [ProbeMethod]
  package var bootstrap: Bootstrap
  package var seed: UInt64

  package init(
    target: ProbeTarget, splits: [ProbeSplit], units: [Int], methods: [ProbeMethod],
    bootstrap: Bootstrap, seed: UInt64
  ) {
    self.target = target
    self.splits = splits
    self.units = units
    self.methods = methods
    self.bootstrap = bootstrap
    self.seed = seed
  }

  /// Whether each split has what a probe needs.
  /// - Throws: `ProbeError` that names the split and counts.
  package func check() throws(ProbeError) {
    let folds = splits.count
    for (index, split) in splits.enumerated() {
      let fold = folds == 1 ? "the split" : "fold \(index + 1) of \(folds)"
      for (part, places) in [
        ("test on", split.test), ("train on", split.pool),
        ("train on while it is chosen", split.choices[0].training),
      ] where places.count < 2 {
        throw .fewInFold(fold: fold, part: part, places: places.count)
      }
      guard case .classes(let labels, let names) = target else { continue }
      let classes = Set(split.choices[0].training.map { labels[$0] })
      if classes.count < 2 {
        throw .oneClassInFold(fold: fold, name: names[classes.first ?? 0])
      }
    }
  }

  /// One method on one set of features and one split.
  private struct Job {
    let features: Int
    let method: Int
    let split: Int
  }

  /// The fit of a job as far as it is needed: predictions of the test places, and the choice.
  private struct Outcome {
    let predictions: [Double]
    let choice: Double?
    let isConverged: Bool
  }

  /// - Parameter progress: called from any thread with jobs that are done and all jobs.
  /// - Throws: `ProbeError`, `LinearAlgebraError`.
  package func run(
    _ sets: [NamedFeatures], pool: ThreadPool,
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws -> [ProbeResult] {
    try check()
    try LinearAlgebra.checkMemory(threads: pool.threadCount)
    for set in sets where !set.values.values.allSatisfy(\.isFinite) {
      throw ProbeError.notFinite(features: set.name)
    }
    var jobs: [Job] = []
    for features in sets.indices {
      for method in methods.indices {
        for split in splits.indices {
          jobs.append(Job(features: features, method: method, split: split))
        }
      }
    }
    let outcomes = Mutex<[Int: Result<Outcome, any Error>]>([:])
    pool.forEach(jobs.count) { index in
      let job = jobs[index]
      let outcome = Result {
        try self.outcome(sets[job.features].values, methods[job.method], splits[job.split])
      }
      let done = outcomes.withLock {
        $0[index] = outcome
        return $0.count
      }
      progress(done, jobs.count)
    }
    let finished = outcomes.withLock { $0 }
    let results = try jobs.indices.map { index -> Outcome in
      guard let result = finished[index] else { preconditionFailure("a job was not run") }
      return try result.get()
    }
    return sets.indices.flatMap { set in
      methods.indices.map { method in
        let mine = jobs.indices.filter {
          jobs[$0].features == set && jobs[$0].method == method
        }
        return result(sets[set], methods[method], mine.map { results[$0] })
      }
    }
  }

  private func outcome(
    _ features: DoubleMatrix, _ method: ProbeMethod, _ split: ProbeSplit
  ) throws -> Outcome {
    let fit = try method.fit(features, target, on: split, seed: seed)
    let test = features.selecting(rows: split.test)
    let predictions =
      switch target {
      case .classes: fit.model.classes(test).map(Double.init)
      case .numbers: fit.model.numbers(test)
      }
    return Outcome(
      predictions: predictions, choice: fit.choice, isConverged: fit.model.isConverged)
  }

  private func result(
    _ set: NamedFeatures, _ method: ProbeMethod, _ outcomes: [Outcome]
  ) -> ProbeResult {
    var predictions = [Double](repeating: .nan, count: target.count)
    for (split, outcome) in zip(splits, outcomes) {
      for (place, prediction) in zip(split.test, outcome.predictions) {
        predictions[place] = prediction
      }
    }
    func tested<Value>(_ truths: [Value], _ value: (Double) -> Value) -> [Tested<Value>] {
      splits.indices.flatMap { split in
        zip(splits[split].test, outcomes[split].predictions).map { place, prediction in
          Tested(
            truth: truths[place], prediction: value(prediction), split: split, unit: units[place])
        }
      }
    }
    let scores: ProbeResult.Scores =
      switch target {
      case .classes(let labels, let names):
        .classes(
          ClassificationResult(
            tested(labels) { Int($0) }, classCount: names.count, splits: splits.count,
            bootstrap: bootstrap))
      case .numbers(let values):
        .numbers(
          RegressionResult(tested(values) { $0 }, splits: splits.count, bootstrap: bootstrap))
      }
    return ProbeResult(
      features: set.name, dimensions: set.values.columns, method: method,
      choices: outcomes.compactMap(\.choice), unconverged: outcomes.count { !$0.isConverged },
      scores: scores, predictions: predictions)
  }
}
