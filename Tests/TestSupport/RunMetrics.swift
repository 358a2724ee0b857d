// A run's `metrics.jsonl`, read as anybody may read it: line by line, also while the run goes on.

import Foundation

package struct RunMetrics {
  package struct Step: Decodable, Hashable {
    package let step: Int
    package let digest: String
    package let workers: Int
  }

  package struct Event: Decodable, Hashable {
    package let step: Int
    package let event: String
    package let worker: String?
    package let detail: String?
  }

  package struct Evaluation: Decodable, Hashable {
    package let step: Int
    package let weightedLoss: Double
  }

  package private(set) var steps: [Step] = []
  package private(set) var events: [Event] = []
  package private(set) var evaluations: [Evaluation] = []

  private struct Kind: Decodable { let kind: String }

  /// A file that is not there yet has no lines.
  package init(ofRun folder: String) throws {
    let text = (try? String(contentsOfFile: folder + "/metrics.jsonl", encoding: .utf8)) ?? ""
    let decoder = JSONDecoder()
    // What follows the last line break is being written.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let line = Data(line.utf8)
      switch try decoder.decode(Kind.self, from: line).kind {
      case "step": steps.append(try decoder.decode(Step.self, from: line))
      case "event": events.append(try decoder.decode(Event.self, from: line))
      case "evaluation": evaluations.append(try decoder.decode(Evaluation.self, from: line))
      default: continue
      }
    }
  }

  /// The number of each step and the digest after it, in the order of the file.
  package var digests: [String] { steps.map { "\($0.step) \($0.digest)" } }

  package func count(_ event: String, of worker: String) -> Int {
    events.count { $0.event == event && $0.worker == worker }
  }
}
