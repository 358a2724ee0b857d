// What was predicted where what is true, and the scores that follow from it.

/// Counts of places by their class and the predicted one.
package struct ConfusionMatrix: Hashable, Sendable {
  package let classCount: Int
  /// (true classes, predicted classes)
  package private(set) var counts: [Int]

  package init(classCount: Int) {
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
  }

  /// - Precondition: as many predictions as truths; classes are in 0..<classCount.
  package init(truths: [Int], predictions: [Int], classCount: Int) {
    precondition(truths.count == predictions.count)
    self.init(classCount: classCount)
    for (truth, prediction) in zip(truths, predictions) { add(truth: truth, prediction) }
  }

  package subscript(truth: Int, prediction: Int) -> Int { counts[truth * classCount + prediction] }

  mutating func add(truth: Int, _ prediction: Int) {
    counts[truth * classCount + prediction] += 1
  }

  mutating func add(_ other: ConfusionMatrix) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  package var total: Int { counts.reduce(0, +) }

  /// The share of places that are predicted right; NaN of none.
  package var accuracy: Double {
    Double((0..<classCount).reduce(0) { $0 + self[$1, $1] }) / Double(total)
  }

  /// The scores of one class.
  package struct ClassScores: Hashable, Sendable, Codable {
    /// Places of the class.
    package let places: Int
    /// Places that are predicted to be of it.
    package let predicted: Int
    /// Of those predicted, the share that is right; 0 where none is predicted.
    package let precision: Double
    /// Of the class's places, the share that is found; 0 where there is none.
    package let recall: Double
    /// The harmonic mean of both.
    package let f1: Double
    /// Right ones over all that are of the class or predicted to be.
    package let intersectionOverUnion: Double

    var isThere: Bool { places + predicted > 0 }
  }

  package func scores(of index: Int) -> ClassScores {
    let right = self[index, index]
    let places = (0..<classCount).reduce(0) { $0 + self[index, $1] }
    let predicted = (0..<classCount).reduce(0) { $0 + self[$1, index] }
    func share(_ part: Int, _ whole: Int) -> Double {
      whole == 0 ? 0 : Double(part) / Double(whole)
    }
    return ClassScores(
      places: places, predicted: predicted, precision: share(right, predicted),
      recall: share(right, places), f1: share(2 * right, places + predicted),
      intersectionOverUnion: share(right, places + predicted - right))
  }

  /// The mean F1 of the classes that are there or predicted (scikit-learn's `macro`).
  package var macroF1: Double { mean(\.f1) }

  /// The mean intersection over union of the classes that are there or predicted.
  package var meanIntersectionOverUnion: Double { mean(\.intersectionOverUnion) }

  private func mean(_ value: KeyPath<ClassScores, Double>) -> Double {
    let scores = (0..<classCount).map { self.scores(of: $0) }.filter(\.isThere)
    return scores.reduce(0) { $0 + $1[keyPath: value] } / Double(scores.count)
  }
}
