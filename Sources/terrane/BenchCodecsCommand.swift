// `terrane bench codecs`: what a gradient costs one core before it travels, and after.

import ArgumentParser
import Basics
import Benchmarks
import MaskedAutoencoding

struct BenchCodecsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "codecs",
    abstract: "Time encoding a gradient, and decoding and adding it, on one core.",
    discussion: """
      For each codec: the bits that a value takes, and gigabytes of float32 values a second. The \
      gradient is of normal numbers; float32, bfloat16 and float16 compress real ones better or \
      worse, int8 and int4 always alike.
      """)

  @Option(help: "Preset: \(ModelPreset.allCases.map(\.rawValue).joined(separator: ", ")).")
  var model = ModelPreset.tiny

  @Option(help: "How often to do all of it; the fastest counts.")
  var rounds = 10

  @Flag(help: "Print one line of JSON a codec.")
  var json = false

  func validate() throws {
    guard (1...10_000).contains(rounds) else {
      throw ValidationError("--rounds must be between 1 and 10000, found \(rounds)")
    }
  }

  func run() throws {
    let reports = try CodecBenchmark(preset: model, rounds: rounds).run()
    if json {
      for report in reports { try Answer.print(try CodecLine(report, model).text()) }
      return
    }
    let rows = reports.map { report in
      [
        report.codec.rawValue, HumanFormat.decimal(report.bitsPerValue, places: 2),
        HumanFormat.decimal(report.encodedBytesPerSecond / 1e9, places: 2),
        HumanFormat.decimal(report.addedBytesPerSecond / 1e9, places: 2),
      ]
    }
    let head = ["codec", "bits a value", "encoded, GB/s", "decoded and added, GB/s"]
    try Answer.print(TextTable.lines([head] + rows).joined(separator: "\n"))
  }
}

private struct CodecLine: JSONReport {
  let model: String
  let codec: String
  let bitsPerValue: Double
  let encodedBytesPerSecond: Double
  let addedBytesPerSecond: Double

  init(_ report: CodecBenchmark.Report, _ model: ModelPreset) {
    self.model = model.rawValue
    codec = report.codec.rawValue
    bitsPerValue = report.bitsPerValue
    encodedBytesPerSecond = report.encodedBytesPerSecond
    addedBytesPerSecond = report.addedBytesPerSecond
  }

  enum CodingKeys: String, CodingKey {
    case model, codec
    case bitsPerValue = "bits_per_value"
    case encodedBytesPerSecond = "encoded_bytes_per_s"
    case addedBytesPerSecond = "added_bytes_per_s"
  }
}
