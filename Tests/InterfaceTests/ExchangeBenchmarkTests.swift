// `terrane bench exchange`: what it counts, and a link that is emulated where it can be, else
// calculated, and said which.

import Foundation
import TestSupport
import Testing

@Suite("terrane bench exchange") struct ExchangeBenchmarkTests {
  /// What of the answer is looked at.
  private struct Report: Decodable {
    struct Link: Decodable {
      let rate: String
      let delay: String
      let reason: String?
      let stepS: Double
      let stepLeastS: Double
      let stepMostS: Double
    }
    let medianS: Double
    let upBytesPerStepAndWorker: Double
    let downBytesPerStepAndWorker: Double
    let workersJoined: Double
    let workersLost: Int
    let digest: String
    let link: Link?

    /// Seconds that a link of so many bits a second needs, one direction after the other.
    func wire(_ bitsPerSecond: Double) -> Double {
      (upBytesPerStepAndWorker + downBytesPerStepAndWorker) * workersJoined * 8 / bitsPerSecond
        * 1538 / 1448
    }
  }

  /// The smallest exchange there is.
  private static let arguments = [
    "bench", "exchange", "--parameters", "1e5", "--steps", "4", "--no-journal", "--json",
  ]
  private static let mayEmulate =
    (try? run(
      "/usr/bin/unshare",
      [
        "--net", "/bin/sh", "-c",
        "export PATH=$PATH:/usr/sbin:/sbin; ip link add probe0 type veth peer name probe1 "
          + "&& tc qdisc add dev probe0 root tbf rate 1mbit burst 9kb latency 1ms",
      ]))?.status == 0

  private func report(_ outcome: Outcome) throws -> Report {
    #expect(outcome.status == 0, "\(outcome.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test("Every microbatch counts once, however many workers make them: the digest is the same")
  func digest() throws {
    // Rounded at random by microbatch, equal gradients give others as soon as one counts twice in
    // the place of another.
    let more = ["--codec", "int8", "--microbatches", "5", "--workers"]
    let reports = try ["1", "5"].map { (workers: String) -> Report in
      try report(run(Repository.terrane, Self.arguments + more + [workers]))
    }
    #expect(reports[0].digest == reports[1].digest)
    #expect(reports.map(\.workersLost) == [0, 0])
    let four = Self.arguments + ["--codec", "int8", "--microbatches", "4"]
    let other = try report(run(Repository.terrane, four))
    #expect(other.digest != reports[0].digest)
  }

  @Test("Words that are no link are wrong usage")
  func refuses() throws {
    let outcome = try terrane("bench", "exchange", "--link", "10ms,1Gbit")
    #expect(outcome.status == 64)
    let words = "'10ms' is not a rate in '10ms,1Gbit'; expected a rate in Mbit"
    #expect(outcome.errors.contains(words))
  }

  @Test("Without the right to make namespaces it is calculated, and said why")
  func calculates() throws {
    let limited = ["--bounding-set=-sys_admin", Repository.terrane]
    let command = geteuid() == 0 ? ("/usr/bin/setpriv", limited) : (Repository.terrane, [])
    let report = try report(
      run(command.0, command.1 + Self.arguments + ["--link", "20Mbit,100ms"]))
    let link = try #require(report.link)
    #expect((link.rate, link.delay) == ("calculated", "calculated"))
    #expect(link.reason?.contains("may not make network namespaces") == true)
    // Two microbatches and two workers, or one, should the other have come late: a turn or two,
    // and a round trip for each and two more.
    let turns = report.workersJoined == 2 ? 1.0 : 2.0
    let added = report.wire(20e6) + (turns + 2) * 0.2
    #expect(link.stepS >= added - 1e-9)
    #expect(link.stepS <= report.medianS + added + 1e-9)
    #expect(link.stepLeastS <= link.stepS && link.stepS <= link.stepMostS)
    #expect(abs(link.stepMostS - (report.medianS + added)) < 1e-6)
  }

  @Test(
    "A step takes as long as the emulated link needs for its bytes",
    .enabled(
      if: mayEmulate,
      "this system lets tests make no network namespace with veth and tbf, as root may"))
  func emulates() throws {
    let report = try report(run(Repository.terrane, Self.arguments + ["--link", "200Mbit"]))
    let link = try #require(report.link)
    #expect((link.rate, link.delay) == ("emulated", "none"))
    #expect(link.reason == nil)
    #expect(link.stepS == report.medianS)
    // The last of two workers has its replica when all deltas have left, and then a gradient of two
    // to send. A bucket's burst of 128 KiB a direction may pass at once.
    #expect(report.medianS > report.wire(200e6) * 3 / 4 - 2 * 131_072 * 8 / 200e6)
  }

  @Test("Ctrl-C leaves no process and no folder", arguments: [false, true])
  func interrupted(hasLink: Bool) throws {
    let folder = try TemporaryFolder()
    let running = try RunningProgram(
      Repository.terrane,
      ["bench", "exchange", "--parameters", "1e5", "--steps", "10000", "--no-journal"]
        + (hasLink ? ["--link", "50Mbit"] : []),
      environment: ["TMPDIR": folder.path])
    try wait(for: "coordinator and workers", evidence: running.errors) {
      running.children.count == 3 && running.children.allSatisfy { $0.arguments.count > 3 }
    }
    let children = running.children.map(\.pid)
    running.send(signal: SIGINT)
    let status = try running.waitForEnd()
    #expect(status == 128 + SIGINT, "\(running.errors)")
    #expect(children.filter { kill($0, 0) == 0 }.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
