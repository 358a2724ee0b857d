// Event files for TensorBoard, byte by byte; TensorBoard itself judges them in
// scripts/check-tensorboard.

import Basics
import Configuration
import Foundation
import TensorBoard
import TestSupport
import Testing
import TrainingRun

@Suite("Event files") struct EventFileTests {
  /// The data of each record, whose checksums are looked at.
  private func records(_ path: String) throws -> [[UInt8]] {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))[...]
    var records: [[UInt8]] = []
    while !bytes.isEmpty {
      let count = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      records.append(Array(bytes.dropFirst(12).prefix(count)))
      bytes = bytes.dropFirst(16 + count)
    }
    return records
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
}
