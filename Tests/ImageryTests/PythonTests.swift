// scripts/read-shard.py as a module: an independent reader of shards and datasets.

import Basics
import Imagery
import TestSupport
import Testing

@Suite("Datasets in Python") struct PythonTests {
  /// Runs Python with the reader as `reader`.
  private func python(_ program: String, _ arguments: String...) throws -> Outcome {
    let start = """
      import importlib, sys
      sys.path.append("\(Repository.root)/scripts")
      sys.dont_write_bytecode = True
      sys.modules["torch"] = None  # as where it is not installed
      reader = importlib.import_module("read-shard")

      """
    return try run("/usr/bin/env", ["python3", "-c", start + program] + arguments)
  }

  @Test("Everything in a shard is read: bands, dates, corners, links with placements, pixels")
  func shard() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.shard")
    try ShardSample(.int16).write(to: path)
    let outcome = try python(
      """
      shard = reader.read_shard(sys.argv[1])
      print(shard.bands)
      print(shard.scenes[0]["acquired"], shard.scenes[0]["transform"].tolist())
      print(shard.index["corners"][1].tolist())
      print([(chip, iou, None if p is None else p.tolist()) for chip, iou, p in shard.links(1)])
      for chip in range(3):
        pixels, valid = shard.chip(chip)
        print(pixels.dtype, pixels.shape, pixels.astype(int).sum(), valid.sum())
      """, path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    var expected = [
      "[{'name': 'red', 'unit': 'reflectance', 'wavelength': 0.665, 'scale': 0.0001, 'offset': "
        + "-0.1}, {'name': 'near infrared', 'unit': None, 'wavelength': None, 'scale': 1.0, "
        + "'offset': 0.0}]",
      "2020-05-18T13:52:11Z [0.0, 10.0, 0.0, 1000.0, 0.0, -10.0]",
      "[[-54.0, -25.9], [-53.9, -25.9], [-53.9, -26.0], [-54.0, -26.0]]",
      "[(0, 0.0, None), (2, 0.25, [300.0, 9.9, 0.5, 1005.0, -0.5, -9.9])]",
    ]
    let file = try ShardFile(path)
    let buffer = ChipBuffer(file.layout)
    for chip in 0..<3 {
      try file.decode(chip: chip, into: buffer)
      let values = buffer.copiedPixels
      let sum = stride(from: 0, to: values.count, by: 2).reduce(0) {
        $0 + Int(Int16(bitPattern: UInt16(values[$1]) | UInt16(values[$1 + 1]) << 8))
      }
      expected.append("int16 (2, 16, 16) \(sum) \(buffer.copiedValidity.count { $0 == 1 })")
    }
    #expect(outcome.output.split(separator: "\n").map(String.init) == expected)
  }

  @Test("A dataset of chips has each own chip once, as a map of arrays, without PyTorch")
  func dataset() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("training-00000.shard")
    try ShardSample(.uint16).write(to: path)
    let shard = try ShardFile(path)
    let entry = ShardDescription(
      file: "training-00000.shard", chips: 2, borderChips: 1, links: 3, bytes: shard.byteCount,
      digest: try shard.digest())
    var description = DatasetDescription(
      chipSide: 16, stride: 12, pixelType: .uint16,
      bands: ["red", "nir"].map {
        BandDescription(
          name: $0, count: 1, mean: 10, standardDeviation: 0, minimum: 0, maximum: 1)
      }, referenceSystems: [], scenes: [], trainingShards: [entry, entry], holdoutShards: [],
      summary: IngestSummary(
        windows: 3, droppedForNodata: 0, droppedAtHoldout: 0, links: 2, linksKept: 2,
        linksByIoU: [], bytesIn: 0, bytesOut: 0))
    try Files.writeDurably(try description.json(), to: folder.file("dataset.json"))
    let outcome = try python(
      """
      import numpy, pickle
      chips = pickle.loads(pickle.dumps(reader.ChipDataset(sys.argv[1])))
      normal = reader.ChipDataset(sys.argv[1], normalize=True)
      print(len(chips), len(list(chips)), len(reader.ChipDataset(sys.argv[1], part="holdout")))
      for number in (0, 1, -1):
        chip, plain = normal[number], chips[number]
        difference = numpy.abs(chip["pixels"] - (plain["pixels"] - 10))[:, chip["valid"]].max()
        print(chip["pixels"].dtype, chip["pixels"].shape, chip["valid"].sum(), float(difference),
          float(numpy.abs(chip["pixels"][:, ~chip["valid"]]).sum()), chip["scene"],
          chip["acquired"], chip["footprint"].tolist())
      """, folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let second = "float32 (2, 16, 16) 255 0.0 0.0 scene.tif 2020-05-18T13:52:11Z "
    #expect(
      outcome.output.split(separator: "\n") == [
        "4 4 0",
        "float32 (2, 16, 16) 256 0.0 0.0 scene.tif 2020-05-18T13:52:11Z [0.0, 1000.0, 160.0, 840.0]",
        "\(second)[160.0, 1000.0, 320.0, 840.0]", "\(second)[160.0, 1000.0, 320.0, 840.0]",
      ])
    description.formatVersion = 1
    try Files.writeDurably(try description.json(), to: folder.file("dataset.json"))
    let refusal = try python("reader.ChipDataset(sys.argv[1])", folder.path)
    #expect(refusal.errors.contains("is a dataset of version 1, not 2"))
  }
}
