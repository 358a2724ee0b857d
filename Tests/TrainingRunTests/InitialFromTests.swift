// Runs that begin with weights of another model.

import Basics
import Checkpoints
import Configuration
import Foundation
import MaskedAutoencoding
import Tensors
import TestSupport
import Testing
import TrainingRun

@Suite("model.initialFrom") struct InitialFromTests {
  private let first: TinyRun

  init() throws {
    first = try TinyRun("training.steps=3", "evaluation.everySteps=0")
    #expect(try first.startTraining().waitForEnd() == 0, "\(first.log)")
  }

  private func next(_ overrides: String...) throws -> TinyRun {
    try TinyRun(["training.steps=3", "evaluation.everySteps=0"] + overrides)
  }

  private static func configuration(_ run: TinyRun) throws -> RunConfiguration {
    try RunConfiguration(yaml: "", path: "", overrides: run.options.filter { $0 != "--set" })
  }

  /// What a run of these values would be begun with.
  private func start(_ run: TinyRun) throws -> SafetensorsFile {
    _ = try PreparedRun(creating: Self.configuration(run))
    return try SafetensorsFile(run.folder + "/initial.safetensors")
  }

  private func problem(_ overrides: String...) throws -> String {
    let run = try TinyRun(overrides)
    let error = #expect(throws: (any Error).self) {
      _ = try PreparedRun(creating: Self.configuration(run))
    }
    return error.map { "\($0)" } ?? ""
  }

  private func values(_ file: SafetensorsFile, _ name: String) throws -> [Float] {
    try file.values(of: name, as: Float.self)
  }

  @Test("A run goes on from another one's newest parameters, to the same bits for any workers")
  func fromRun() throws {
    let overrides = [
      "model.initialFrom=\(first.folder)", "evaluation.everySteps=0", "run.seed=5",
      "training.steps=5", "optimizer.baseLearningRate=5e-3",
    ]
    let run = try TinyRun(overrides)
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let begun = try SafetensorsFile(run.folder + "/initial.safetensors")
    let source = try SafetensorsFile(first.checkpoint(ofStep: 3) + "/parameters.safetensors")
    for tensor in source.tensors {
      #expect(try values(begun, tensor.name) == values(source, tensor.name), "\(tensor.name)")
    }
    let count = source.tensors.count
    #expect(
      run.log.contains("info begun with weights: \(count) of \(count) tensors are those of "),
      "\(run.log)")
    let twice = try TinyRun(overrides + ["workers.count=2"])
    #expect(try twice.startTraining().waitForEnd() == 0, "\(twice.log)")
    #expect(try twice.metrics().digests == run.metrics().digests)
    #expect(try twice.metrics().digests.count == 5)
    let verified = try terrane("verify", run.folder)
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    let inspected = try terrane("inspect", run.folder)
    #expect(inspected.output.contains("  begun with   weights of \(first.folder)\n"))
    // It goes on as what it was begun as, wherever that came from by now.
    try FileManager.default.removeItem(atPath: first.folder)
    #expect(try run.startResuming().waitForEnd() == 0, "\(run.log)")
  }

  @Test("An export gives its encoder, and timm's names and order of values are translated")
  func fromExport() throws {
    let out = first.file("export")
    #expect(try terrane("export", first.folder, out).status == 0)
    let begun = try start(next("model.initialFrom=\(out)", "model.objective=mae"))
    let source = try SafetensorsFile(first.checkpoint(ofStep: 3) + "/parameters.safetensors")
    for tensor in source.tensors where tensor.name.hasPrefix("blocks.") {
      #expect(try values(begun, tensor.name) == values(source, tensor.name), "\(tensor.name)")
    }
    for name in ["patch_embed.weight", "patch_embed.bias", "cls_token", "norm.weight"] {
      #expect(try values(begun, name) == values(source, name), "\(name)")
    }
    let (slot, own) = (try values(begun, "img_embed"), try values(source, "img_embed"))
    for place in 0..<32 { #expect(abs(slot[place] - own[place]) < 1e-6) }
    let origin = try #require(begun.metadata["origin"])
    #expect(origin.contains("; these start at random: mask_token, decoder_img_embed"), "\(origin)")
    #expect(!origin.contains("positions") && !origin.contains("bands"), "\(origin)")
  }

  @Test("An export with its decoder gives all that it has")
  func fromWholeExport() throws {
    let out = first.file("whole")
    #expect(try terrane("export", first.folder, out, "--decoder").status == 0)
    let begun = try start(next("model.initialFrom=\(out)"))
    let source = try SafetensorsFile(first.checkpoint(ofStep: 3) + "/parameters.safetensors")
    for tensor in source.tensors {
      #expect(try values(begun, tensor.name) == values(source, tensor.name), "\(tensor.name)")
    }
  }

  @Test("A timm ViT gives its encoder but for positions, whose first goes into the class token")
  func fromTimm() throws {
    let layout = try PreparedRun(creating: Self.configuration(next())).model.parameterLayout
    var random = CounterRandom(seed: 3, purpose: .simulation)
    func tensor(_ name: String, _ shape: [Int]) -> SafetensorsWriter.Tensor {
      let buffer = FloatBuffer(count: shape.reduce(1, *))
      for place in 0..<buffer.count { buffer.pointer[place] = Float(random.normal()) }
      return .init(name: name, shape: shape, buffer: buffer)
    }
    let names = layout.tensors.filter { $0.name.hasPrefix("blocks.") || $0.name.hasPrefix("norm.") }
    let tensors =
      [
        tensor("cls_token", [1, 1, 32]), tensor("pos_embed", [1, 50, 32]),
        tensor("patch_embed.proj.weight", [32, 3, 8, 8]), tensor("patch_embed.proj.bias", [32]),
        tensor("head.weight", [10, 32]),
      ] + names.map { tensor($0.name, $0.shape) }
    let path = first.file("vit.safetensors")
    try Files.writeDurably(to: path) { try SafetensorsWriter(tensors, metadata: [:]).write(to: $0) }
    let file = try SafetensorsFile(path)
    let begun = try start(next("model.initialFrom=\(path)"))
    for tensor in names {
      #expect(try values(begun, tensor.name) == values(file, tensor.name), "\(tensor.name)")
    }
    let (token, positions) = (try values(file, "cls_token"), try values(file, "pos_embed"))
    #expect(try values(begun, "cls_token") == zip(token, positions).map(+))
    let (rows, kernels) = (
      try values(begun, "patch_embed.weight"), try values(file, "patch_embed.proj.weight")
    )
    for (place, value) in rows.enumerated() {
      let (output, pixel, channel) = (place / 192, place % 192 / 3, place % 3)
      #expect(value == kernels[(output * 3 + channel) * 64 + pixel])
    }
    let origin = try #require(begun.metadata["origin"])
    #expect(origin.contains("; its positions are left out, for they are calculated here; "))
    #expect(origin.contains("these start at random: mask_token, img_embed, decoder"), "\(origin)")
  }

  @Test("Bands of the same names keep their weights, others begin at random")
  func otherBands() throws {
    let data = first.file("two-bands")
    let ingested = try TestSupport.run(
      Repository.ingest,
      [data] + Repository.landsat
        + ["--chip-side", "64", "--stride", "48", "--bands", "3,1", "--chips-per-shard", "256"])
    #expect(ingested.status == 0, "\(ingested.errors)")
    let begun = try start(TinyRun(["model.initialFrom=\(first.folder)"], data: data))
    let source = try SafetensorsFile(first.checkpoint(ofStep: 3) + "/parameters.safetensors")
    let (two, three) = (
      try values(begun, "patch_embed.weight"), try values(source, "patch_embed.weight")
    )
    let (rows, columns) = (
      try values(begun, "decoder_pred.weight"), try values(source, "decoder_pred.weight")
    )
    for (channel, source) in [(0, 2), (1, 0)] {
      for place in 0..<64 {
        for output in 0..<32 {
          #expect(
            two[(output * 64 + place) * 2 + channel] == three[(output * 64 + place) * 3 + source])
        }
        for input in 0..<16 {
          #expect(
            rows[(place * 2 + channel) * 16 + input] == columns[(place * 3 + source) * 16 + input])
        }
      }
    }
    let origin = try #require(begun.metadata["origin"])
    #expect(
      origin.hasSuffix("; of its bands (red, green, blue) these keep their weights: blue, red"),
      "\(origin)")
    // Back again, a band more than the file has.
    let narrow = try TinyRun(
      ["model.initialFrom=\(first.folder)", "training.steps=1", "evaluation.everySteps=0"],
      data: data)
    #expect(try narrow.startTraining().waitForEnd() == 0, "\(narrow.log)")
    let wide = try next("model.initialFrom=\(narrow.folder)")
    let said = try #require(start(wide).metadata["origin"])
    #expect(
      said.hasSuffix(
        "; of its bands (blue, red) these keep their weights: red, blue; these bands start at "
          + "random: green"), "\(said)")
  }

  @Test("What does not fit is refused by what it is")
  func refusals() throws {
    let from = "model.initialFrom=\(first.folder)"
    #expect(
      try problem(from, "model.width=48").contains("patch_embed.weight has the shape [32, 192]"))
    #expect(try problem(from, "model.patchSide=4").contains("side of 8, and this model"))
    #expect(
      try problem(from, "model.heads=4").contains("of 2 heads, and this model's has 4: set model."))
    // A model of more blocks takes those that are there; one of fewer takes none.
    let deeper = try next(from, "model.depth=2")
    _ = try start(deeper)
    #expect(
      try problem("model.initialFrom=\(deeper.folder)/initial.safetensors").contains(
        "holds an encoder of more blocks than the 1 of this model"))
    #expect(
      try problem("model.initialFrom=\(first.folder)/logs").contains(
        "a folder without parameters.safetensors or model.safetensors: name a run"))
    #expect(try problem("model.initialFrom=\(first.folder)/missing").contains("No such file"))
    #expect(
      try problem(from, "model.initialDigest=00").contains("and model.initialDigest is 00: leave"))
    #expect(try problem("model.initialDigest=00").contains("give both or neither"))
  }

  @Test("A file with what a run cannot begin with is refused by its name, and leaves no run")
  func badFiles() throws {
    let source = try SafetensorsFile(first.checkpoint(ofStep: 3) + "/parameters.safetensors")
    func problem(_ change: (String, inout [Float], inout String) -> Void) throws -> String {
      let path = first.file("changed.safetensors")
      let tensors = try source.tensors.map { tensor in
        var (values, name) = (try self.values(source, tensor.name), tensor.name)
        change(tensor.name, &values, &name)
        let buffer = FloatBuffer(count: values.count)
        for (place, value) in values.enumerated() { buffer.pointer[place] = value }
        return SafetensorsWriter.Tensor(name: name, shape: tensor.shape, buffer: buffer)
      }
      try Files.writeDurably(to: path) {
        try SafetensorsWriter(tensors, metadata: ["model": "vit", "bands": "3"]).write(to: $0)
      }
      return try self.problem("model.initialFrom=\(path)")
    }
    let notFinite = try problem { name, values, _ in if name == "norm.bias" { values[2] = .nan } }
    #expect(notFinite.hasSuffix("value 2 of norm.bias is nan; a run begins with finite numbers"))
    let scaled = try problem { _, _, name in if name == "cls_token" { name = "blocks.0.ls1.gamma" }
    }
    #expect(
      scaled.hasSuffix(
        "blocks.0.ls1.gamma, which this encoder does not have: it is a ViT of another kind"))
    let wide = try problem { _, _, name in
      name = ["norm.bias": "my.bias", "blocks.0.mlp.fc1.bias": "norm.bias"][name] ?? name
    }
    #expect(
      wide.contains("norm.bias has the shape [128], and in this model [32]: set model.preset"))
    let headless = try problem { _, _, name in name = "my." + name }
    #expect(headless.contains("holds no encoder: it lacks patch_embed.weight"))
    let place = first.file("no.safetensors")
    try Data("no tensors at all".utf8).write(to: URL(fileURLWithPath: place))
    let run = try TinyRun("model.initialFrom=\(place)")
    let program = try run.startTraining()
    #expect(try program.waitForEnd() == 1)
    #expect(program.errors.contains(place), "\(program.errors)")
    #expect(!FileManager.default.fileExists(atPath: run.folder + "/configuration.yaml"))
  }

  @Test("A file that was replaced in the run's folder is noticed")
  func replaced() throws {
    let run = try next("model.initialFrom=\(first.folder)")
    _ = try start(run)
    let source = first.checkpoint(ofStep: 3) + "/parameters.safetensors"
    let place = run.folder + "/initial.safetensors"
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: source)))
    bytes[bytes.count - 1] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: place))
    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == 1)
    #expect(resumed.errors.contains("is not what the run began with"), "\(resumed.errors)")
  }
}
