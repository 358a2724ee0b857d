// `terrane train`: where the processes on this machine meet, and what each is started with.

import Foundation
import Foundations

public struct LocalTraining {
  private let run: PreparedRun

  public init(_ run: PreparedRun) { self.run = run }

  /// Runs to the end.
  public func train() throws -> ExitStatus {
    let meetingPlace = try PrivateFolder()
    defer { meetingPlace.remove() }
    let address = "ipc://\(meetingPlace.path)/coordinator"
    let configuration = run.configuration
    let workers = (0..<configuration.workers.count).map { number in
      [
        "worker", "--connect", address, "--data", configuration.data.folder,
        "--threads", "\(configuration.workers.threads)", "--name", "worker-\(number + 1)",
        "--wait", "\(Int(configuration.liveness.coordinatorTimeout.seconds))", "--supervised",
      ]
    }
    let supervisor = Supervisor(
      plan: SupervisorPlan(
        executable: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
        coordinatorArguments: [
          "coordinator", "--resume", run.folder.path, "--listen", address, "--supervised",
        ] + run.overrides.flatMap { ["--set", $0] },
        workerArguments: workers,
        workerLogs: workers.indices.map { run.folder.workerLog($0 + 1) }),
      say: Self.say)
    return try supervisor.run()
  }

  /// A line for the user. On a terminal it takes the place of the coordinator's live line, which comes back.
  private static func say(_ line: String) {
    let start = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
    FileHandle.standardError.write(Data("\(start)terrane: \(line)\n".utf8))
  }
}

/// A folder that only this user can enter, for sockets: a socket's path must be short.
struct PrivateFolder {
  let path: String

  init() throws {
    path = try Files.createPrivateFolder(under: "/tmp", prefix: "terrane-")
  }

  func remove() { try? Files.remove(path) }
}
