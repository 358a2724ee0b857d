// How a training run is doing: one live line on a terminal, plain lines now and then elsewhere.

import Basics

/// The live line of a run. One thread owns it; time is handed in.
package struct ProgressLine: Sendable {
  /// What the line says at one moment.
  package struct Reading: Equatable, Sendable {
    package var step: Step
    package var steps: Int
    package var weightedLoss: Double
    /// What the objective measures beside it; those with a caption are shown.
    package var means: [MeasuredMean]
    package var pairsPerSecond: Double
    /// What a pair is called, in the plural.
    package var samples: String
    package var workers: Int
    /// Nil when it cannot be known yet.
    package var timeLeft: Duration?

    package init(
      step: Step, steps: Int, weightedLoss: Double, means: [MeasuredMean], pairsPerSecond: Double,
      samples: String = "pairs", workers: Int, timeLeft: Duration?
    ) {
      self.step = step
      self.steps = steps
      self.weightedLoss = weightedLoss
      self.means = means
      self.pairsPerSecond = pairsPerSecond
      self.samples = samples
      self.workers = workers
      self.timeLeft = timeLeft
    }
  }

  private let console: Console
  private let steps: Int
  private let samples: String
  private let plainInterval: Duration
  private var pace = Pace()
  private var loggedAt: Instant?

  /// - Parameters:
  ///   - steps: of the whole run.
  ///   - samples: what a pair is called, in the plural: "images" where there is one in each.
  ///   - plainInterval: where nobody watches, the least time between two lines; the first and the
  ///     last step always have theirs.
  package init(
    steps: Int, samples: String = "pairs", console: Console, plainInterval: Duration = .seconds(5)
  ) {
    self.steps = steps
    self.samples = samples
    self.console = console
    self.plainInterval = plainInterval
  }

  /// Tells of a finished step.
  package mutating func update(_ record: StepRecord, at now: Instant) {
    pace.add(record.seconds)
    let secondsPerStep = pace.median ?? record.seconds
    let remaining = max(0, steps - record.step.index)
    let reading = Reading(
      step: record.step, steps: steps, weightedLoss: record.weightedLoss, means: record.means,
      pairsPerSecond: Double(record.pairs) / secondsPerStep, samples: samples,
      workers: record.workers,
      timeLeft: remaining > 0 ? .seconds(secondsPerStep * Double(remaining)) : nil)
    if console.isTerminal {
      console.show(Self.text(reading, width: console.width), at: now)
    } else if isDue(at: now) || remaining == 0 {
      loggedAt = now
      console.log(Self.text(reading, width: nil))
    }
  }

  /// Tells what is going on when it is not a step: "waiting for workers", "evaluating".
  package func note(_ text: String, at now: Instant) {
    if console.isTerminal { console.show(text, at: now) } else { console.log(text) }
  }

  /// Leaves the terminal as it should be: the last line stays above what is printed next.
  package func finish() { console.finish() }

  private func isDue(at now: Instant) -> Bool {
    loggedAt.map { now - $0 >= plainInterval } ?? true
  }

  // MARK: Text

  /// The line in at most `width` columns; nil is a line of a log, which has all the room and no
  /// bar. What matters least goes first: measures of pairs, the last one first, workers, rate, bar,
  /// other losses, time left, loss.
  package static func text(_ reading: Reading, width: Int?) -> String {
    let share = Double(reading.step.index) / Double(max(1, reading.steps))
    let bar = width.map { _ in "[\(HumanFormat.bar(share, width: 12))]" }
    func shown(
      _ divisor: Measure.Divisor, importance: Int
    ) -> [(importance: Int, text: String?)] {
      var fields: [(importance: Int, text: String?)] = []
      for mean in reading.means where mean.measure.divisor == divisor {
        guard let caption = mean.measure.caption else { continue }
        let value = HumanFormat.decimal(mean.value, places: mean.measure.places)
        fields.append((importance - fields.count, "\(caption) \(value)"))
      }
      return fields
    }
    // A hundred between kinds of fields, so that measures of one kind have their order.
    var fields: [(importance: Int, text: String?)] = [
      (800, "step \(reading.step)/\(reading.steps)"), (400, bar),
    ]
    let others = shown(.hidden, importance: 500)
    let name = others.isEmpty ? "loss" : "weighted"
    fields += others
    fields.append((700, "\(name) \(HumanFormat.decimal(reading.weightedLoss, places: 4))"))
    fields += shown(.pairs, importance: 100)
    fields.append((300, HumanFormat.rate(reading.pairsPerSecond, of: reading.samples)))
    fields.append((200, reading.workers == 1 ? "1 worker" : "\(reading.workers) workers"))
    fields.append((600, reading.timeLeft.map { HumanFormat.duration($0) + " left" }))
    var line = ""
    for least in fields.map(\.importance).sorted() {
      line = fields.filter { $0.importance >= least }.compactMap(\.text).joined(separator: "  ")
      if line.count <= width ?? .max { return line }
    }
    return String(line.prefix(width ?? .max))
  }
}

/// How long a step takes now: the median of the last few, so that an evaluation, a checkpoint or a
/// straggler in between does not shake the time left.
package struct Pace: Sendable {
  private static let window = 21
  private var recent: [Double] = []

  package init() {}

  package mutating func add(_ seconds: Double) {
    precondition(seconds.isFinite && seconds >= 0)
    if recent.count == Self.window { recent.removeFirst() }
    recent.append(seconds)
  }

  /// Nil until something was added.
  package var median: Double? { recent.median }
}
