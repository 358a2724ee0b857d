// The table of every configuration value: key, place, bounds, meaning. Defaults are those of the
// structs.

import Compression
import MaskedAutoencoding
import Wire

extension RunConfiguration {
  static let sections = [
    Section(
      "run", "What the run is called and where it is kept.",
      [
        Field(
          "folder", \.run.folder, .path, decidesNumbers: false,
          "Holds the configuration, checkpoints, metrics and logs."),
        Field(
          "seed", \.run.seed, .whole(0...UInt64.max),
          "Every random number of the run follows from it."),
      ]),
    Section(
      "data", "What is learned from.",
      [
        Field(
          "folder", \.data.folder, .paths, decidesNumbers: false,
          "A dataset made by terrane-ingest, or several of the same bands: [data/a, data/b]."),
        Field(
          "neighbourChoice", \.data.neighbourChoice, .choice,
          "A pair's second image: any neighbour, rather those that overlap, or the chip itself."),
        Field(
          "neighbourDates", \.data.neighbourDates, .choice, isNew: true,
          "The date of the second image: any, or the same day as the first, or another day."),
        Field(
          "maxDays", \.data.maxDays, .optional(.whole(0...100_000), none: "any"), isNew: true,
          "The most days between the dates of the two images."),
        Field(
          "normalization", \.data.normalization, .choice, isNew: true,
          "By mean and deviation, or by median and quartiles, which a few hot pixels do not move."),
        Field(
          "flips", \.data.flips, .choice, isNew: true,
          "Whether every second sample is mirrored left to right; a pair's images together."),
      ]),
    modelSection,
    Section(
      "training", "How much is computed.",
      [
        Field("steps", \.training.steps, .whole(1...10_000_000), "Optimizer updates of the run."),
        Field(
          "microbatchesPerStep", \.training.microbatchesPerStep, .whole(1...4096),
          "Units of work in a step: the most workers that can be busy at once."),
        Field(
          "pairsPerMicrobatch", \.training.pairsPerMicrobatch, .whole(1...1024),
          "Pairs of neighbouring images in one unit of work; with mae and satmae++, images."),
      ]),
    optimizerSection,
    maskRatioSection,
    Section(
      "exchange", "How gradients and parameters travel.",
      [
        Field(
          "gradientCodec", \.exchange.gradientCodec, .choice,
          "How gradients are written: exactly, or in 16, 8 or 4 bits a value; float16 ends at 65504."
        ),
        Field(
          "parameterCodec", \.exchange.parameterCodec, .choice,
          "How changes of the parameters are written; what is lost is sent with a later step."),
        Field(
          "window", \.exchange.window, .whole(1...Int(WireLimits.window.upperBound)),
          decidesNumbers: false,
          "Chunks of 1 MiB that each worker may have on the way to the coordinator."),
        Field(
          "bufferBytes", \.exchange.bufferBytes, .bytes((1 << 20)...(1 << 40)),
          decidesNumbers: false,
          "What the coordinator holds at most of gradients that came before their turn."),
      ]),
    Section(
      "evaluation", "How the model is measured on held-out chips.",
      [
        Field(
          "everySteps", \.evaluation.everySteps, .whole(0...10_000_000), mayChange: true,
          "Steps between evaluations; 0 evaluates at the end only."),
        Field(
          "pairs", \.evaluation.pairs, .whole(1...65_536),
          "Held-out pairs, with the same crops and masks every time."),
        Field(
          "probe", \.evaluation.probe, .optional(.path, none: "none"), decidesNumbers: false,
          isNew: true,
          "A file of labels, with which terrane train runs terrane probe on checkpoints, by and by."
        ),
        Field(
          "probeField", \.evaluation.probeField, .optional(.name, none: "none"),
          decidesNumbers: false, isNew: true,
          "The field of vector labels: --field of terrane probe."),
        Field(
          "probeSplit", \.evaluation.probeSplit, .optional(.name, none: "none"),
          decidesNumbers: false, isNew: true,
          "The field that says train, val or test: --split of terrane probe."),
        Field(
          "probeBand", \.evaluation.probeBand, .optional(.whole(1...65_536), none: "none"),
          decidesNumbers: false, isNew: true, "The band of raster labels, from 1."),
        Field(
          "probeEverySteps", \.evaluation.probeEverySteps, .whole(1...10_000_000),
          decidesNumbers: false, isNew: true,
          "Steps from one probed checkpoint to the next, at least; the last one is probed too."),
      ]),
    Section(
      "checkpoints", "What is kept to go on from.",
      [
        Field(
          "everySteps", \.checkpoints.everySteps, .whole(1...10_000_000), decidesNumbers: false,
          "Steps between checkpoints; one more is written at the end."),
        Field(
          "keepLast", \.checkpoints.keepLast, .whole(1...1000), decidesNumbers: false,
          "The newest checkpoints that are kept."),
        Field(
          "keepEvery", \.checkpoints.keepEvery, .whole(0...10_000_000), decidesNumbers: false,
          "Checkpoints of steps divisible by this are kept for good; 0 keeps none."),
        Field(
          "keepBest", \.checkpoints.keepBest, .flag, decidesNumbers: false, isNew: true,
          "Whether the checkpoint with the lowest held-out loss is kept beside the newest ones."),
        Field(
          "journalBytes", \.checkpoints.journalBytes, .bytes(0...(1 << 44)),
          decidesNumbers: false,
          "The journal's bound: past half of it a checkpoint comes early. 0 keeps no journal."),
        Field(
          "keepJournal", \.checkpoints.keepJournal, .flag, decidesNumbers: false, isNew: true,
          "Whether the journal stays when all steps are done; no checkpoint needs it then."),
      ]),
    Section(
      "shards", "What happens when no worker has the shard that a step needs.",
      [
        Field(
          "onLoss", \.shards.onLoss, .choice, decidesNumbers: false,
          "Stop with a checkpoint, or skip the shard's data for the rest of the run."),
        Field(
          "lossTimeout", \.shards.lossTimeout, .duration(.zero ... .seconds(30 * 24 * 3600)),
          decidesNumbers: false, "How long the step waits for it before that."),
      ]),
    Section(
      "workers", "The worker processes that terrane train starts on this machine.",
      [
        Field(
          "count", \.workers.count, .whole(1...1024), decidesNumbers: false,
          "Worker processes; for workers on other machines there is terrane coordinator."),
        Field(
          "threads", \.workers.threads, .whole(1...256), decidesNumbers: false,
          "Threads of each worker."),
      ]),
    livenessSection,
  ]

  private static let modelSection = {
    typealias Override = WritableKeyPath<RunConfiguration, Int?> & Sendable
    func override(_ key: String, _ path: any Override, upTo limit: Int, _ doc: String) -> Field {
      Field(key, path, .optional(.whole(1...limit), none: "null", "for the preset's"), doc)
    }
    let limits = ModelConfiguration.limits
    return Section(
      "model", "What is trained. A value that is null or the preset's own goes with the preset.",
      [
        Field(
          "objective", \.model.objective, .choice, isNew: true,
          "What is minimised: of pairs of neighbours, or of single images, each an anchor's crop."),
        Field(
          "upsamplings", \.model.upsamplings, .whole(1...limits.upsamplings), isNew: true,
          "How many times satmae++ doubles the side of an image: 1 for 2x, 2 for 2x and 4x."),
        Field(
          "lossWeights", \.model.lossWeights, .choice, isNew: true,
          "Of hidden pixels of pairs: as the paper has them, 1 where the other shows them, or 1."),
        Field(
          "initialFrom", \.model.initialFrom, .optional(.path, none: "none"),
          decidesNumbers: false, isNew: true,
          "A run, a checkpoint, an export, or safetensors of a timm ViT, whose weights it begins with."
        ),
        Field(
          "initialDigest", \.model.initialDigest, .optional(.name, none: "none"), isNew: true,
          "What came of that; written by terrane train, and checked where it is given."),
        Field(
          "arithmetic", \.model.arithmetic, .choice, isNew: true,
          "What linear layers and attention multiply; sums and all else are float32."),
        Field("preset", \.model.preset, .choice, "The size; base and large are the paper's."),
        Field(
          "normalizesPatches", \.model.normalizesPatches, .flag,
          "Whether the pixels to predict are standardised patch by patch."),
        override(
          "imageSide", \.model.imageSide, upTo: limits.imageSide, "Pixels along an image."),
        override(
          "patchSide", \.model.patchSide, upTo: limits.imageSide, "Pixels along a patch."),
        override("width", \.model.width, upTo: limits.width, "Width of the encoder."),
        override("depth", \.model.depth, upTo: limits.depth, "Blocks of the encoder."),
        override("heads", \.model.heads, upTo: limits.width, "Attention heads of the encoder."),
        override(
          "decoderWidth", \.model.decoderWidth, upTo: limits.width, "Width of the decoder."),
        override(
          "decoderDepth", \.model.decoderDepth, upTo: limits.depth, "Blocks of the decoder."),
        override(
          "decoderHeads", \.model.decoderHeads, upTo: limits.width,
          "Attention heads of the decoder."),
      ])
  }()

  private static let optimizerSection = Section(
    "optimizer", "AdamW: linear warm-up, then a cosine down to the minimum.",
    [
      Field(
        "baseLearningRate", \.optimizer.baseLearningRate, .number(0...1),
        "Learning rate for 256 images a step; the peak is this times images per step over 256."),
      Field(
        "minimumLearningRate", \.optimizer.minimumLearningRate, .number(0...1),
        "Learning rate of the last step."),
      Field(
        "warmupShare", \.optimizer.warmupShare, .number(0...1),
        "Share of the steps over which the learning rate rises from 0 to its peak."),
      Field(
        "weightDecay", \.optimizer.weightDecay, .number(0...1),
        "Decoupled decay of all tensors but norms and biases."),
      Field("beta1", \.optimizer.beta1, .number(0..<1), "Memory of the gradient's mean."),
      Field("beta2", \.optimizer.beta2, .number(0..<1), "Memory of the gradient's square."),
      Field(
        "epsilon", \.optimizer.epsilon, .number(1e-16...1),
        "Added to the root of the square before dividing by it."),
      Field(
        "clipNorm", \.optimizer.clipNorm, .number(0...1e9),
        "A gradient whose norm is larger is scaled down to it; 0 scales none."),
      Field(
        "onDivergence", \.optimizer.onDivergence, .choice,
        "When a gradient is not finite, stop, or skip its step; skip leaves out outliers as well."),
      Field(
        "divergenceFactor", \.optimizer.divergenceFactor, .number(2...1e9),
        "With skip, a norm of more than so many times the median of the last 32 is an outlier."),
      Field(
        "average", \.optimizer.average, .number(0..<1), isNew: true,
        "What stays at each step of a running average of the parameters, such as 0.999; 0 keeps none."
      ),
    ])

  private static let maskRatioSection = Section(
    "maskRatio", "The share of patches that is hidden: minimum + IoU · (maximum - minimum).",
    [
      Field(
        "schedule", \.maskRatio.schedule, .choice,
        "Whether the bounds stay or move from the start bounds over the first steps."),
      Field(
        "minimum", \.maskRatio.minimum, .number(0..<1),
        "For pairs that do not overlap, and for single images."),
      Field(
        "maximum", \.maskRatio.maximum, .number(0..<1), "For pairs that show the same place."),
      Field(
        "startMinimum", \.maskRatio.startMinimum, .number(0..<1),
        "The minimum that a ramp begins with."),
      Field(
        "startMaximum", \.maskRatio.startMaximum, .number(0..<1),
        "The maximum that a ramp begins with."),
      Field(
        "rampSteps", \.maskRatio.rampSteps, .whole(1...10_000_000),
        "Steps that a ramp takes."),
    ])

  private static let livenessSection = {
    typealias Path = WritableKeyPath<RunConfiguration, Duration> & Sendable
    func field(
      _ key: String, _ path: any Path, atLeast least: Duration = .milliseconds(10), _ doc: String
    ) -> Field {
      let bounds = least...Duration.seconds(24 * 3600)
      return Field(key, path, .duration(bounds), decidesNumbers: false, doc)
    }
    return Section(
      "liveness", "How long silence is waited out.",
      [
        field(
          "heartbeatInterval", \.liveness.heartbeatInterval,
          "How often coordinator and workers tell each other that they live."),
        field(
          "heartbeatTimeout", \.liveness.heartbeatTimeout,
          "Silence after which the coordinator gives a worker up."),
        field(
          "coordinatorTimeout", \.liveness.coordinatorTimeout, atLeast: .seconds(1),
          "Silence after which a worker gives the coordinator up and ends."),
        field(
          "shortestLease", \.liveness.shortestLease,
          "The least time a worker has for a microbatch before another one gets it too."),
        field(
          "longestLease", \.liveness.longestLease,
          "The most time a worker has for a microbatch."),
      ])
  }()
}
