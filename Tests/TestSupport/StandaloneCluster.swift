// A coordinator and workers started one by one over TCP on 127.0.0.1, as on several machines.

import Foundation

package final class StandaloneCluster {
  package let run: TinyRun
  /// Where the coordinator listens, or listened: a port that was free.
  package private(set) var address = ""
  private let keys: [String]
  package private(set) var coordinator: RunningProgram

  /// Starts the coordinator and returns when it listens.
  /// - Parameter keys: what the coordinator is told of keys.
  package init(
    _ run: TinyRun, listening place: String = "tcp://127.0.0.1:*", keys: [String] = ["--insecure"]
  ) throws {
    self.run = run
    self.keys = keys
    coordinator = try RunningProgram(
      Repository.terrane, ["coordinator", "--listen", place] + keys + run.options)
    address = try listeningAddress()
  }

  /// Starts a worker; returns at once.
  /// - Parameter address: where it finds the coordinator, when not at its own address.
  package func startWorker(
    _ name: String, data: String? = nil, address: String? = nil, patienceSeconds: Int = 60,
    threads: Int = 1, key: [String] = ["--insecure"], options: [String] = []
  ) throws -> RunningProgram {
    try RunningProgram(
      Repository.terrane,
      [
        "worker", "--connect", address ?? self.address, "--data",
        try data ?? SampleDataset.folder(), "--name",
        name, "--wait", "\(patienceSeconds)", "--threads", "\(threads)",
      ] + key + options)
  }

  package var port: UInt16 { address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

  /// Starts another coordinator that goes on with the run, at the same address.
  package func resumeCoordinator() throws {
    coordinator = try RunningProgram(
      Repository.terrane, ["coordinator", "--resume", run.folder, "--listen", address] + keys)
    _ = try listeningAddress()
  }

  private func listeningAddress() throws -> String {
    try coordinator.waitForError(" at step ")
    let words = coordinator.errors.split(whereSeparator: \.isWhitespace)
    return words.first { $0.hasPrefix("tcp://") || $0.hasPrefix("ipc://") }.map(String.init) ?? ""
  }
}
