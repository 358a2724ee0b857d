// Answers that cannot be written are errors, and a reader that goes away is not.

import TestSupport
import Testing

@Suite("Answers") struct AnswerTests {
  private func shell(_ script: String) throws -> Outcome {
    try run("/bin/bash", ["-c", script])
  }

  @Test(
    "An answer to a full disk is an error that says so",
    arguments: ["train --explain", "inspect DATA", "parity GOLDEN"])
  func fullDisk(command: String) throws {
    let golden = Repository.root + "/Tests/NeighborMAETests/Golden/five-bands.safetensors"
    let arguments = command.replacing("DATA", with: try SampleDataset.folder())
      .replacing("GOLDEN", with: golden)
    let outcome = try shell("\(Repository.terrane) \(arguments) > /dev/full")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.hasPrefix(
        "Error: cannot write to standard output: No space left on device"))
  }

  @Test("An answer to nobody is an error")
  func closed() throws {
    let outcome = try shell("\(Repository.terrane) train --explain >&-")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "Error: cannot write to standard output: Bad file descriptor\n")
  }

  @Test("A reader that has seen enough ends the program without a word")
  func reader() throws {
    let outcome = try shell(
      "\(Repository.terrane) train --explain | true; echo ${PIPESTATUS[0]}")
    #expect(["0", "141"].contains(outcome.output.trimmingWhitespace))
    #expect(outcome.errors == "")
  }
}

extension String {
  fileprivate var trimmingWhitespace: String { split(whereSeparator: \.isWhitespace).joined() }
}
