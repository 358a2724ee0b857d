// A step over a link, as far as it was not emulated: by the formula, from what was measured.

import Basics
import Coordination

/// How a measurement took the link into account that was asked for.
package struct LinkOutcome: Sendable {
  package let speed: LinkSpeed
  package let isRateEmulated: Bool
  package let isDelayEmulated: Bool
  /// Why something is calculated; nil where nothing is.
  package let reason: String?
  /// Of a step: measured where all is emulated.
  package let seconds: Double
  package let bounds: ClosedRange<Double>
}

extension ExchangeBenchmark.Report {
  /// - Parameter link: the one that the steps were made over, or why there was none.
  func outcome(
    over speed: LinkSpeed, _ link: Result<EmulatedLink, any Error>,
    _ setting: ExchangeBenchmark.Setting
  ) -> LinkOutcome {
    let emulated: LinkSpeed?
    let reason: String?
    switch link {
    case .failure(let error):
      emulated = nil
      reason = "\(error)"
    case .success(let link) where link.hasDelay || speed.delay == .zero:
      emulated = speed
      reason = nil
    case .success:
      emulated = LinkSpeed(bitsPerSecond: speed.bitsPerSecond)
      reason = "this system has no netem, which delays packets"
    }
    let (seconds, bounds) = calculate(over: speed, emulated: emulated, setting.microbatches)
    return LinkOutcome(
      speed: speed, isRateEmulated: emulated != nil,
      isDelayEmulated: emulated?.delay == speed.delay, reason: reason, seconds: seconds,
      bounds: bounds)
  }

  /// The median step, and what the formula says that the link adds beyond what was emulated of it.
  func calculate(over speed: LinkSpeed, emulated: LinkSpeed?, _ microbatches: Int) -> (
    seconds: Double, bounds: ClosedRange<Double>
  ) {
    var full = cost(microbatches: microbatches)
    full.link = speed
    guard let emulated else {
      full.processing = processing(full)
      // No link makes a step faster.
      let least = max(medianSeconds, full.bounds.lowerBound)
      return (max(least, full.seconds), least...max(least, full.bounds.upperBound))
    }
    if emulated == speed { return (medianSeconds, medianSeconds...medianSeconds) }
    var measured = full
    measured.link = emulated
    let seconds = medianSeconds + full.seconds - measured.seconds
    return (seconds, seconds...seconds)
  }

  /// What was moved, in the formula's terms.
  func cost(microbatches: Int) -> ExchangeCost {
    let workers = max(1, workersJoined)
    return ExchangeCost(
      parameters: parameters, workers: workers, microbatches: microbatches,
      bytesPerGradientValue: bytesUp / Double(parameters) / Double(microbatches),
      bytesPerDeltaValue: bytesDown / Double(parameters) / Double(workers))
  }

  /// The measured step in the formula's parts. What is neither update nor commit was spent on
  /// gradients and deltas, and is divided by their bytes.
  func processing(_ cost: ExchangeCost) -> ExchangeCost.Processing {
    let alone = phases.filter { ["update", "commit"].contains($0.key) }
      .reduce(0) { $0 + $1.seconds }
    let rest = max(0, medianSeconds - alone) / (bytesUp + bytesDown)
    var processing = ExchangeCost.Processing()
    processing.perStep = min(alone, medianSeconds)
    processing.perGradientValue = rest * cost.bytesPerGradientValue
    processing.perDeltaValue = rest * cost.bytesPerDeltaValue
    return processing
  }
}
