// The digests that a run recorded, step by step, and whether they hang together.

import Foundation
import Foundations

/// What a run's metrics say of its steps.
public struct RunChain: Sendable {
  public struct Link: Equatable, Sendable, Decodable {
    public let step: Step
    /// Of the replica after the step.
    public let digest: Digest
    /// Of the chain before and of `digest`.
    public let chain: Digest
  }

  /// In the order of the file.
  public let links: [Link]

  /// - Parameter path: of a `metrics.jsonl`. Lines that are no steps are passed over.
  /// - Throws: `RunChainError.unreadable` for a step's line that cannot be read.
  public init(metrics path: String) throws {
    let text = try Files.readText(path, limitBytes: 4 << 30)
    let decoder = JSONDecoder()
    var links: [Link] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where line.hasPrefix("{\"kind\":\"step\"") {
      guard let link = try? decoder.decode(Link.self, from: Data(line.utf8)) else {
        throw RunChainError.unreadable(path: path, line: number + 1)
      }
      links.append(link)
    }
    self.links = links
  }

  /// Where the chain is broken first; nil when every step follows from the one before.
  /// - Parameter start: the chain of step 0.
  public func firstBreak(start: Digest) -> RunChainError? {
    var (step, chain) = (Step(0), start)
    for link in links {
      if link.step != step.next { return .gap(after: step, found: link.step) }
      let expected = Digest(of: [chain, link.digest])
      if expected != link.chain {
        return .broken(step: link.step, expected: expected, found: link.chain)
      }
      (step, chain) = (link.step, link.chain)
    }
    return nil
  }

  /// The link of a step; nil when the metrics do not tell of it.
  public func link(of step: Step) -> Link? {
    guard step.index >= 1, step.index <= links.count else { return nil }
    let link = links[step.index - 1]
    return link.step == step ? link : nil
  }

  /// The first step at which two runs differ; nil when they are equal as far as both go.
  public func parting(from other: RunChain) -> Step? {
    zip(links, other.links).first { $0.digest != $1.digest }?.0.step
  }
}

/// What is wrong with the steps that a run recorded.
public enum RunChainError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, line: Int)
  case gap(after: Step, found: Step)
  case broken(step: Step, expected: Digest, found: Digest)

  public var description: String {
    switch self {
    case .unreadable(let path, let line):
      "\(path): line \(line) should tell of a step and cannot be read"
    case .gap(let step, let found):
      "after step \(step) the metrics tell of step \(found)"
    case .broken(let step, let expected, let found):
      "the chain at step \(step) is \(found), but the digests up to there give \(expected)"
    }
  }
}
