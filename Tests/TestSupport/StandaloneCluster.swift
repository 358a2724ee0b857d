// A coordinator and workers started one by one over TCP on 127.0.0.1, as on several machines.

import Foundation

package final class StandaloneCluster {
  package let run: TinyRun
  /// Where the coordinator listens, or listened: a port that was free.
  package private(set) var address = ""
  package private(set) var coordinator: RunningProgram

  /// Starts the coordinator and returns when it listens.
  package init(_ run: TinyRun, listening place: String = "tcp://127.0.0.1:*") throws {
    self.run = run
    coordinator = try RunningProgram(
      Repository.terrane, ["coordinator", "--listen", place] + run.options)
    address = try listeningAddress()
  }

  /// Starts a worker; returns at once.
  /// - Parameter address: where it finds the coordinator, when not at its own address.
  package func startWorker(
    _ name: String, data: String? = nil, address: String? = nil, patienceSeconds: Int = 60,
    threads: Int = 1, options: [String] = []
  ) throws -> RunningProgram {
    try RunningProgram(
      Repository.terrane,
      [
        "worker", "--connect", address ?? self.address, "--data",
        try data ?? SampleDataset.folder(), "--name",
        name, "--wait", "\(patienceSeconds)", "--threads", "\(threads)",
      ] + options)
  }

  package var port: UInt16 { address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

  /// Starts another coordinator that goes on with the run, at the same address.
  package func resumeCoordinator() throws {
    coordinator = try RunningProgram(
      Repository.terrane, ["coordinator", "--resume", run.folder, "--listen", address])
    _ = try listeningAddress()
  }

  private func listeningAddress() throws -> String {
    try coordinator.waitForError(" at step ")
    let words = coordinator.errors.split(whereSeparator: \.isWhitespace)
    return words.first { $0.hasPrefix("tcp://") || $0.hasPrefix("ipc://") }.map(String.init) ?? ""
  }
}
