// Probes against scikit-learn 1.9 and PyTorch, on the same features and splits.

import LinearAlgebra
import Probing
import Testing

@Suite("Probes, judged by scikit-learn and PyTorch") struct JudgedProbeTests {
  private let golden: GoldenProbes

  init() throws { golden = try GoldenProbes.read() }

  @Test("Logistic regression has scikit-learn's coefficients at every strength")
  func logistic() {
    for wanted in golden.logistic {
      let model = LogisticRegression(
        fitting: golden.trainingFeatures, labels: golden.trainingLabels,
        strength: wanted.strength)
      let weights = GoldenProbes.matrix(wanted.weights).values
      #expect(model.isConverged)
      #expect(largestDifference(model.weights.values, weights) < 1e-4)
      // Intercepts may all be moved together, which changes no probability.
      let shift = (model.intercepts[0] - wanted.intercepts[0])
      #expect(
        largestDifference(model.intercepts.map { $0 - shift }, wanted.intercepts) < 1e-4)
      #expect(model.predictions(golden.testFeatures) == wanted.predictions)
    }
  }

  @Test("By torchgeo-bench's tolerances it ends early, near the minimum; a limit of steps is told")
  func earlyEnd() {
    func fit(_ search: LimitedMemoryBFGS, _ strength: Double) -> LogisticRegression {
      LogisticRegression(
        fitting: golden.trainingFeatures, labels: golden.trainingLabels, strength: strength,
        search: search)
    }
    let early = LimitedMemoryBFGS(
      iterationLimit: 4000, gradientTolerance: 1e-7, changeTolerance: 1e-7)
    for strength in [1e-2, 1.0, 1e4] {
      let (found, exact) = (fit(early, strength), fit(LimitedMemoryBFGS(), strength))
      #expect(found.isConverged && exact.isConverged)
      #expect(found.weights != exact.weights)
      #expect(largestDifference(found.weights.values, exact.weights.values) < 0.05)
      #expect(
        found.predictions(golden.testFeatures) == exact.predictions(golden.testFeatures))
    }
    var short = early
    short.iterationLimit = 2
    #expect(!fit(short, 1).isConverged)
  }

  @Test("Two classes have two rows of weights, which are one row of twice the strength")
  func twoClasses() {
    let rows = (0..<golden.training).filter { golden.labels[$0] < 2 }
    let found = LogisticRegression(
      fitting: golden.trainingFeatures.selecting(rows: rows),
      labels: rows.map { golden.labels[$0] }, strength: golden.twoClasses.strength)
    let difference = zip(found.weights.row(1), found.weights.row(0)).map { $0 - $1 }
    #expect(largestDifference(difference, golden.twoClasses.difference) < 1e-5)
    let intercept = found.intercepts[1] - found.intercepts[0]
    #expect(abs(intercept - golden.twoClasses.intercept) < 1e-5)
  }

  @Test("A class that no training place has is never predicted")
  func absentClass() {
    let rows = (0..<golden.training).filter { golden.labels[$0] != 1 }
    let found = LogisticRegression(
      fitting: golden.trainingFeatures.selecting(rows: rows),
      labels: rows.map { golden.labels[$0] }, strength: 1)
    #expect(found.classes == [0, 2, 3])
    #expect(Set(found.predictions(golden.testFeatures)) == [0, 2, 3])
  }

  @Test("The five nearest have scikit-learn's votes, and OlmoEarth's twenty those of its code")
  func neighbours() {
    func votes(_ neighbours: NearestNeighbours) -> DoubleMatrix {
      neighbours.votes(
        training: golden.trainingFeatures, labels: golden.trainingLabels, classCount: 4,
        queries: golden.testFeatures)
    }
    let plain = votes(NearestNeighbours(count: 5, vote: .plain))
    #expect(plain.values == GoldenProbes.matrix(golden.neighbours.votes).values)
    #expect(NearestNeighbours.winners(plain) == golden.neighbours.predictions)
    for wanted in golden.cosine {
      let found = votes(
        NearestNeighbours(count: wanted.count, vote: .cosine(temperature: wanted.temperature)))
      let values = GoldenProbes.matrix(wanted.votes).values
      let largest = values.max() ?? 1
      #expect(largestDifference(found.values, values) < 1e-9 * largest)
    }
  }

  @Test("Of equally near places the first ones vote, and of equal votes the first class wins")
  func ties() {
    let one = DoubleMatrix(rows: 6, columns: 1, values: [1, 1, -1, 1, -1, -1])
    let votes = NearestNeighbours(count: 4, vote: .plain).votes(
      training: one, labels: [2, 2, 1, 0, 1, 0], classCount: 3,
      queries: DoubleMatrix(rows: 1, columns: 1, values: [0]))
    #expect(votes.values == [1, 1, 2])
    #expect(
      NearestNeighbours.winners(DoubleMatrix(rows: 1, columns: 3, values: [1, 2, 2])) == [1])
    // Fewer places than neighbours: all of them vote.
    let few = NearestNeighbours(count: 9, vote: .plain).votes(
      training: one, labels: [0, 0, 0, 0, 0, 1], classCount: 2, queries: one)
    #expect(few.row(0).elementsEqual([5, 1]))
  }

  @Test("PANGAEA's votes are computed in half precision")
  func halfPrecision() {
    let bank = DoubleMatrix(rows: 2, columns: 2, values: [3, 4, 1, 0])
    let votes = NearestNeighbours(count: 200, vote: .halfCosine(temperature: 0.1)).votes(
      training: bank, labels: [0, 1], classCount: 2,
      queries: DoubleMatrix(rows: 1, columns: 2, values: [10, 0]))
    // 0.6 is 0.60009765625 in half precision; by 0.1 it is 6, whose exponential is 403.5.
    #expect(votes.values == [403.5, 22032])
  }

  @Test("Ridge has scikit-learn's coefficients, predictions and R²")
  func ridge() throws {
    let fits = try RidgeRegression.fits(
      golden.trainingFeatures, targets: Array(golden.numbers[..<golden.training]),
      strengths: golden.ridge.map(\.strength))
    for (found, wanted) in zip(fits, golden.ridge) {
      #expect(largestDifference(found.weights, wanted.weights) < 1e-10)
      #expect(abs(found.intercept - wanted.intercept) < 1e-10)
      let predictions = found.predictions(golden.testFeatures)
      #expect(largestDifference(predictions, wanted.predictions) < 1e-10)
      let scores = RegressionScores(
        truths: Array(golden.numbers[golden.training...]), predictions: predictions)
      #expect(abs(scores.determination - wanted.determination) < 1e-12)
    }
  }

  @Test("A linear head goes PyTorch's way under AdamW, with and without a batch norm")
  func heads() {
    for wanted in golden.heads {
      let normalises = wanted.decay == 0.01
      var head = LinearHead(
        weights: GoldenProbes.matrix(wanted.first), biases: [0, 0, 0, 0], normalises: normalises,
        decay: wanted.decay)
      for (step, rate) in wanted.rates.enumerated() {
        let rows = Array(step % 3 * 30..<step % 3 * 30 + 30)
        head.step(
          golden.trainingFeatures.selecting(rows: rows), labels: rows.map { golden.labels[$0] },
          rate: rate)
      }
      let wantedLogits = GoldenProbes.matrix(wanted.logits).values
      let found = head.logits(golden.testFeatures).values
      #expect(largestDifference(found, wantedLogits) < 1e-9)
    }
  }

  @Test("Accuracy, macro F1, mean IoU and the confusion matrix are scikit-learn's")
  func scores() {
    let matrix = ConfusionMatrix(
      truths: golden.testLabels, predictions: golden.scores.predictions, classCount: 4)
    #expect(matrix.counts == golden.scores.confusion.flatMap { $0 })
    #expect(abs(matrix.accuracy - golden.scores.accuracy) < 1e-14)
    #expect(abs(matrix.macroF1 - golden.scores.macroF1) < 1e-14)
    #expect(abs(matrix.meanIntersectionOverUnion - golden.scores.meanIoU) < 1e-14)
  }

  @Test("Learning rates follow the recipes")
  func rates() {
    let pangaea = LinearTraining(.pangaea, seed: 1)
    let steps = [(0, 0), (29, 9), (30, 0), (44, 9), (45, 0), (49, 9)]
    let rates = steps.map { pangaea.rate(epoch: $0.0, batch: $0.1, of: 10) }
    for (rate, wanted) in zip(rates, [1e-4, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6]) {
      #expect(abs(rate - wanted) < 1e-18)
    }
    let olmo = LinearTraining(.olmoEarth(rate: 0.1), seed: 1)
    #expect(olmo.rate(epoch: 0, batch: 0, of: 4) == 0)
    #expect(abs(olmo.rate(epoch: 2, batch: 2, of: 4) - 0.05) < 1e-15)
    #expect(olmo.rate(epoch: 5, batch: 0, of: 4) == 0.1)
    #expect(abs(olmo.rate(epoch: 27, batch: 2, of: 4) - (1e-5 + (0.1 - 1e-5) / 2)) < 1e-15)
  }
}
