// What a step takes, on paper: bytes, seconds and what bounds them. Not here: what the numbers of a
// machine are; who plans measures them (`terrane bench exchange`, docs/scale.md).

import Basics

/// The formula of a step that one coordinator and its workers make, without anything that goes
/// wrong.
///
/// Gradients arrive while others are still computed, and are added as they arrive; but no chunk of
/// the new replica leaves before the last gradient has come, because the norm of the whole sum is
/// looked at and the step must be durable first. So a step has three parts, one after the other:
///
///     collect = turns · compute + max(up / link, M · (P · perGradientValue + perMicrobatch))
///     update  = P · perParameter + perStep
///     publish = max(down / link, W · P · perDeltaValue)
///
/// and what is waited for because messages take their way: `turns` + 2 round trips.
package struct ExchangeCost: Hashable, Sendable {
  /// What the coordinator's machine needs; where workers share it, with their encoding and
  /// decoding. Seconds of the clock, all processors at work.
  package struct Processing: Hashable, Sendable {
    /// To take a value of a gradient in: receive, decode, add.
    package var perGradientValue = 0.0
    /// To update a parameter, encode its delta and keep its sum in the journal.
    package var perParameter = 0.0
    /// To send a value of the delta to one worker.
    package var perDeltaValue = 0.0
    /// What a microbatch needs that does not grow with the parameters: its lease, its messages.
    package var perMicrobatch = 0.0
    /// Of a step, whatever it holds.
    package var perStep = 0.0

    package init() {}
  }

  package var parameters: Int
  package var workers: Int
  /// Of a step.
  package var microbatches: Int
  /// On the wire, with all heads, of a value: a quarter of a float32's share of `terrane bench
  /// exchange`.
  package var bytesPerGradientValue: Double
  package var bytesPerDeltaValue: Double
  /// A worker's seconds for one microbatch, forward and backward.
  package var computeSeconds = 0.0
  package var processing = Processing()
  /// Nil for one that costs no time.
  package var link: LinkSpeed?
  /// Chunks under way for each worker, each way (`exchange.window`).
  package var window = 8
  /// As a run has them.
  package var valuesPerChunk = ChunkGrid.valuesPerChunk

  /// - Precondition: all are positive.
  package init(
    parameters: Int, workers: Int, microbatches: Int, bytesPerGradientValue: Double,
    bytesPerDeltaValue: Double
  ) {
    precondition(parameters > 0 && workers > 0 && microbatches > 0)
    precondition(bytesPerGradientValue > 0 && bytesPerDeltaValue > 0)
    self.parameters = parameters
    self.workers = workers
    self.microbatches = microbatches
    self.bytesPerGradientValue = bytesPerGradientValue
    self.bytesPerDeltaValue = bytesPerDeltaValue
  }

  private var gradientValues: Double { Double(parameters) * Double(microbatches) }
  private var deltaValues: Double { Double(parameters) * Double(workers) }

  /// What a step moves through the coordinator's link.
  package var bytesUp: Double { gradientValues * bytesPerGradientValue }
  package var bytesDown: Double { deltaValues * bytesPerDeltaValue }

  /// Microbatches that the busiest worker computes one after the other.
  package var turns: Int { (microbatches + workers - 1) / workers }

  /// For each turn, the lease and the gradient; the word of the new step and the request for its
  /// chunks; these, and the word that they are there, upon which the next lease leaves.
  package var roundTrips: Int { turns + 2 }

  package var waitingSeconds: Double { Double(roundTrips) * roundTripSeconds }

  private var roundTripSeconds: Double { link?.roundTripSeconds ?? 0 }

  /// A full window waits for leave to send on, so that a long way bounds how fast one worker is.
  private var windowSeconds: Double {
    let chunks = ChunkGrid(valueCount: parameters, valuesPerChunk: valuesPerChunk).chunkCount
    return Double((chunks + window - 1) / window - 1) * roundTripSeconds
  }

  private func wireSeconds(_ bytes: Double) -> Double {
    link.map { bytes / $0.payloadBytesPerSecond } ?? 0
  }

  /// All gradients on their way up.
  package var upSeconds: Double { max(wireSeconds(bytesUp), Double(turns) * windowSeconds) }

  /// All deltas on their way down.
  package var downSeconds: Double { max(wireSeconds(bytesDown), windowSeconds) }

  private var computing: Double { Double(turns) * computeSeconds }
  private var takingIn: Double {
    gradientValues * processing.perGradientValue + Double(microbatches) * processing.perMicrobatch
  }
  private var sending: Double { deltaValues * processing.perDeltaValue }

  /// What nothing else can go on beside.
  private var alone: Double {
    Double(parameters) * processing.perParameter + processing.perStep + waitingSeconds
  }

  /// The formula above.
  package var seconds: Double {
    computing + max(upSeconds, takingIn) + alone + max(downSeconds, sending)
  }

  /// What the seconds of a step go to.
  package struct Parts: Hashable, Sendable {
    /// The busiest worker's microbatches, one after the other.
    package var computing = 0.0
    /// Bytes on the coordinator's link.
    package var link = 0.0
    /// The coordinator's work.
    package var processing = 0.0
    /// Messages on their way.
    package var waiting = 0.0

    package init() {}

    package var total: Double { computing + link + processing + waiting }
  }

  /// `seconds`, each of them counted for what is waited for: of what goes on at the same time, for
  /// what takes longest.
  package var parts: Parts {
    var parts = Parts()
    parts.computing = computing
    parts.waiting = waitingSeconds
    parts.processing = alone - waitingSeconds
    for (bytes, windows, work) in [
      (bytesUp, Double(turns) * windowSeconds, takingIn), (bytesDown, windowSeconds, sending),
    ] {
      let wire = wireSeconds(bytes)
      switch max(wire, windows, work) {
      case work: parts.processing += work
      case wire: parts.link += wire
      default: parts.waiting += windows
      }
    }
    return parts
  }

  /// `seconds` between two extremes. At least: the worker that is served first has the replica when
  /// one share of the deltas has left, and computes and sends while the others are still served;
  /// the last one sends when all have left. At most: nothing goes on at the same time.
  package var bounds: ClosedRange<Double> {
    let (up, down) = (max(upSeconds, takingIn), max(downSeconds, sending))
    let least = max(
      down + up / Double(microbatches), down / Double(workers) + max(up, computing))
    let most = computing + upSeconds + takingIn + downSeconds + sending
    return alone + min(least, most)...alone + most
  }
}
