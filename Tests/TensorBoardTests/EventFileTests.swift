// Event files for TensorBoard, byte by byte; TensorBoard itself judges them in
// scripts/check-tensorboard.

import Basics
import Configuration
import Foundation
import Observability
import TensorBoard
import TestSupport
import Testing

@Suite("Event files") struct EventFileTests {
  /// The data of each record, whose checksums are looked at: those of its length and of its bytes.
  private func records(_ path: String) throws -> [[UInt8]] {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))[...]
    var records: [[UInt8]] = []
    while !bytes.isEmpty {
      func word(at place: Int) -> UInt32 {
        bytes.dropFirst(place).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
      }
      let count = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      let data = Array(bytes.dropFirst(12).prefix(count))
      #expect(word(at: 8) == masked(Array(bytes.prefix(8))))
      #expect(word(at: 12 + count) == masked(data))
      records.append(data)
      bytes = bytes.dropFirst(16 + count)
    }
    return records
  }

  /// CRC-32C bit by bit, by its polynomial, and TensorFlow's mask (core/lib/hash/crc32c.h).
  private func masked(_ bytes: [UInt8]) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  private func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = .max
    for bit in bytes.flatMap({ byte in (0..<8).map { UInt32(byte >> $0 & 1) } }) {
      sum = (sum ^ bit) & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1
    }
    return ~sum
  }

  @Test("The checksum that records are held against is CRC-32C: its check value is known")
  func checkValue() {
    #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
  }

  private func contains(_ record: [UInt8], _ text: String) -> Bool {
    String(decoding: record, as: UTF8.self).contains(text)
  }

  @Test("Each record of the metrics is an event, once, and the configuration stands before them")
  func scalars() throws {
    let scratch = try TemporaryFolder()
    try Files.createFolder(scratch.file("run"))
    try scratch.write(
      RunConfiguration().resolvedYAML(input: [], datasets: []), to: "run/configuration.yaml")
    try scratch.write(
      """
      {"kind":"event","step":0,"time":1000.5,"event":"joined"}
      {"kind":"step","step":1,"time":1001.5,"weightedLoss":0.5,"pairs":4,"gradientNorm":null}
      {"kind":"evaluation","step":1,"time":1002.5,"weightedLoss":0.25,"pairs":4}

      """, to: "run/metrics.jsonl")
    let written = try EventFile.write(RunFolder(scratch.file("run")), to: scratch.file("out"))
    #expect(written.path == scratch.file("out/events.out.tfevents.1000.terrane"))
    let records = try records(written.path)
    #expect(records.count == 6 && written.events == 6)
    #expect(contains(records[0], "brain.Event:2"))
    #expect(contains(records[1], "training.steps") && contains(records[1], "loss/held out"))
    // Wall time 1001.5 as field 1, step 1 as field 2, a summary of one value "loss/training".
    let tag = Array("loss/training".utf8)
    #expect(
      records[3] == [0x09, 0, 0, 0, 0, 0, 0x4C, 0x8F, 0x40, 0x10, 1, 0x2A, 22, 0x0A, 20, 0x0A, 13]
        + tag + [0x15, 0, 0, 0, 0x3F])
    #expect(contains(records[4], "loss/held out"))
    #expect(contains(records[5], "_hparams_/session_end_info"))
    let again = try EventFile.write(RunFolder(scratch.file("run")), to: scratch.file("out"))
    #expect(try again.path == written.path && Files.list(scratch.file("out")).count == 1)
  }

  @Test(
    "How a run ended is told as its summary has it, else by its steps and its status",
    arguments: [
      ("finished", false, 1), ("diverged", false, 2), ("failed", true, 2), ("stopped", true, 0),
      (nil, true, 3), (nil, false, 0),
    ] as [(String?, Bool, UInt8)])
  func status(outcome: String?, hasStatus: Bool, number: UInt8) throws {
    let scratch = try TemporaryFolder()
    var configuration = RunConfiguration()
    configuration.training.steps = 5
    try scratch.write(
      configuration.resolvedYAML(input: [], datasets: []), to: "configuration.yaml")
    try scratch.write(
      #"{"kind":"step","step":1,"time":1001.5,"weightedLoss":0.5}"# + "\n", to: "metrics.jsonl")
    if let outcome = try outcome.map({ try #require(RunSummary.Outcome(rawValue: $0)) }) {
      let summary = RunSummary(
        outcome: outcome, reason: "", identity: "", digest: "", step: 1, steps: 5, ended: .now(),
        totals: RunSummary.Totals(), peakMemoryBytes: nil)
      try scratch.write(try JSONText.encode(summary, .line), to: "summary.json")
    }
    if hasStatus { try scratch.write("{}", to: "status.json") }
    let written = try EventFile.write(RunFolder(scratch.path), to: scratch.file("out"))
    let last = try #require(try records(written.path).last)
    // The end's status is field 1 of field 4 of the plugin's data: 0x22, a length, 0x08, the
    // number.
    let end = try #require(
      last.indices.last { last[$0] == 0x22 && last.count > $0 + 3 && last[$0 + 2] == 0x08 })
    #expect(last[end + 3] == number)
  }
}
