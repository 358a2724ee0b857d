// What will be the limit of a run and what would help, in sentences.

import Basics

extension StepLimit {
  /// As the end of "the limit is".
  package var sentence: String {
    switch self {
    case .computing: "computing: more workers, or more threads, make steps shorter"
    case .microbatches:
      "computing, and a worker has one microbatch a step, so that more workers have nothing to do"
    case .link: "the coordinator's link"
    case .processors: "the coordinator's processors, which take gradients in and update"
    case .delay: "the delay of the link"
    }
  }
}

extension PlanFinding {
  /// - Parameter sample: "pair" or "image".
  package func sentence(sample: String) -> String {
    switch self {
    case .idleWorkers(let workers, let microbatches):
      "\(workers - microbatches) of \(workers) workers have nothing to do: a step has "
        + "\(HumanFormat.counted(microbatches, "microbatch").replacing("microbatchs", with: "microbatches")). "
        + "They only stand by for others that end; raise training.microbatchesPerStep, or start fewer."
    case .asFastWith(let workers, let seconds, let others, let otherSeconds):
      "\(others) workers gain nothing over \(workers): a step takes \(Self.time(otherSeconds)), with "
        + "\(workers) it takes \(Self.time(seconds))."
    case .fasterWith(let workers, let seconds, let now):
      "Up to \(workers) workers make it faster: a step then takes \(Self.time(seconds)) instead of "
        + "\(Self.time(now))."
    case .codec(let kind, let seconds, let now):
      "With \(kind.rawValue) both ways (exchange.gradientCodec, exchange.parameterCodec) a step takes "
        + "\(Self.time(seconds)) instead of \(Self.time(now)); docs/codecs.md says what that does to the loss."
    case .microbatches(let count, let speed, let now):
      "With training.microbatchesPerStep=\(count) it learns from "
        + "\(HumanFormat.rate(speed, of: sample + "s")) instead of \(HumanFormat.rate(now, of: sample + "s")): "
        + "the bytes down serve more gradients. That is another run, of larger steps; fewer may do."
    case .leaseTooShort(let seconds, let longest):
      "A microbatch takes \(Self.time(seconds)), and liveness.longestLease allows \(Self.time(longest)): "
        + "raise it, or make training.pairsPerMicrobatch smaller, or no microbatch is ever done."
    case .memory(let name, let needed, let present):
      "Memory does not suffice: \(name) will take \(HumanFormat.bytes(needed)), and this machine has "
        + "\(HumanFormat.bytes(present)). Take a machine with more, fewer workers on it, a smaller "
        + "training.pairsPerMicrobatch or a smaller model."
    case .disk(let path, let needed, let free):
      "The disk does not suffice: \(HumanFormat.bytes(needed)) will be needed at \(path), and "
        + "\(HumanFormat.bytes(free)) are free. Make room, set run.folder elsewhere, or lower "
        + "checkpoints.keepLast, checkpoints.everySteps or checkpoints.journalBytes."
    }
  }

  static func time(_ seconds: Double) -> String {
    seconds.isFinite && seconds < 1e15 ? HumanFormat.duration(.seconds(seconds)) : "for ever"
  }
}
