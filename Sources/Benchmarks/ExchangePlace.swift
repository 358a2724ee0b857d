// The files and command lines of a run that is only there to measure the exchange.

import Basics
import ClusterRuntime
import Imagery
import Keys
import MaskedAutoencoding
import Transport

/// A made-up dataset of which nobody reads a pixel, a run, and keys.
struct ExchangePlace {
  let folder: String
  let setting: ExchangeBenchmark.Setting
  let model: (preset: ModelPreset, depth: Int)
  let parameters: Int

  private let address: String

  private static let bands = 3
  private static let chips = 4096
  private static let chipSide = 256

  /// - Parameter address: where the coordinator will listen.
  init(folder: String, address: String, _ setting: ExchangeBenchmark.Setting) {
    self.folder = folder
    self.address = address
    self.setting = setting
    (model.preset, model.depth, parameters) = Self.nearest(to: setting.parameters)
  }

  /// On the loopback.
  /// - Throws: `TransportError` when no port is free.
  static func freeAddress() throws -> String {
    let free = try Endpoint.listen("tcp://127.0.0.1:*")
    defer { free.close(linger: .zero) }
    return free.boundAddress
  }

  var log: String { folder + "/log" }
  var run: String { folder + "/run" }
  var metrics: String { run + "/metrics.jsonl" }
  private var data: String { folder + "/data" }
  private var file: String { folder + "/run.yaml" }
  private var keys: KeyFolder { KeyFolder(folder + "/keys") }

  /// The preset and number of blocks whose parameters come nearest.
  private static func nearest(to wanted: Int) -> (ModelPreset, Int, Int) {
    let candidates = ModelPreset.allCases.flatMap { preset in
      let own = preset.configuration(channels: bands)
      return (1...2 * own.depth).map { depth in
        var shape = own
        shape.depth = depth
        return (preset, depth, shape.parameterLayout.count)
      }
    }
    return candidates.min { abs($0.2 - wanted) < abs($1.2 - wanted) }!
  }

  func prepare() throws {
    try Files.createFolder(data)
    try Files.writeDurably(try dataset.json(), to: data + "/" + Dataset.descriptionName)
    for shard in dataset.trainingShards { try Files.writeDurably(" ", to: data + "/" + shard.file) }
    try Files.writeDurably(configuration, to: file)
    if setting.isEncrypted { _ = try keys.make(workers: (0..<setting.workers).map(Self.name)) }
  }

  private static func name(_ number: Int) -> String { "worker-\(number + 1)" }

  private var configuration: String {
    """
    run: {folder: "\(run)"}
    data: {folder: "\(data)"}
    model: {preset: \(model.preset.rawValue), depth: \(model.depth)}
    training: {steps: \(setting.steps), microbatchesPerStep: \(setting.microbatches)}
    exchange:
      gradientCodec: \(setting.gradientCodec.rawValue)
      parameterCodec: \(setting.parameterCodec.rawValue)
    evaluation: {everySteps: 0}
    checkpoints: {everySteps: 10000000, journalBytes: \(setting.keepsJournal ? "64GiB" : "0")}

    """
  }

  var coordinatorArguments: [String] {
    ["coordinator", file, "--listen", address, "--supervised"]
      + (setting.isEncrypted ? ["--keys", keys.path] : ["--insecure"])
  }

  func workerArguments(_ number: Int) -> [String] {
    [
      "worker", "--connect", address, "--data", data, "--name", Self.name(number),
      "--made-up-gradients", "--supervised",
    ] + (setting.isEncrypted ? ["--key", keys.workerPath(Self.name(number))] : ["--insecure"])
  }

  private var dataset: DatasetDescription {
    let footprint = Footprint(left: 0, top: 1, right: 1, bottom: 0)
    let point = GeographicPoint(longitude: 0, latitude: 0)
    return DatasetDescription(
      chipSide: Self.chipSide, stride: Self.chipSide, pixelType: .uint8,
      bands: (0..<Self.bands).map {
        BandDescription(
          name: "b\($0)", count: 1, mean: 128, standardDeviation: 32, minimum: 0, maximum: 255)
      },
      referenceSystems: [CoordinateReferenceSystem(name: "none", authority: nil, wkt: "")],
      scenes: [
        SceneDescription(
          name: GradientSource.benchmarkScene, width: Self.chipSide, height: Self.chipSide,
          referenceSystem: 0,
          transform: AffineTransform(
            originX: 0, columnX: 1, rowX: 0, originY: 0, columnY: 0, rowY: -1),
          footprint: footprint,
          corners: GeographicCorners(
            upperLeft: point, upperRight: point, lowerRight: point, lowerLeft: point),
          chips: Self.chips)
      ],
      trainingShards: [
        ShardDescription(
          file: "shard-00000.bin", chips: Self.chips, borderChips: 0, links: Self.chips, bytes: 1,
          digest: Digest(high: 0, low: 0))
      ], holdoutShards: [],
      summary: IngestSummary(
        windows: Self.chips, droppedForNodata: 0, droppedAtHoldout: 0, links: 0, linksKept: 0,
        linksByIoU: [Int](repeating: 0, count: 11), bytesIn: 0, bytesOut: 0))
  }
}
