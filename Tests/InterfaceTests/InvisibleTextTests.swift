// What names and files say may not reach a terminal as it is.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Text of others on a terminal") struct InvisibleTextTests {
  @Test("An error shows what is invisible in the name it speaks of")
  func error() throws {
    let outcome = try terrane("inspect", "no\u{202E}\u{1B}[2Jfile")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "Error: there is nothing at no\\u{202E}\\u{1B}[2Jfile\n")
  }

  @Test("A line break in an argument begins no line of an error, whoever words it")
  func lineBreak() throws {
    for arguments in [
      ["inspect", "a\nb"], ["train", "--set", "run.folder=a\nb"],
      ["train", "--set=run.folder=a\nb"], ["train", "a\nb"], ["simulate", "--seed=a\nb"],
      ["train", "--set", "a\nb=1"],
    ] {
      let outcome = try run(Repository.terrane, arguments)
      #expect(outcome.status != 0)
      let first = outcome.errors.split(separator: "\n").first ?? ""
      #expect(first.contains("a\\nb"), "\(arguments): \(outcome.errors)")
    }
  }

  @Test("A name that is not text is refused, not read as another name")
  func notText() throws {
    let folder = try TemporaryFolder()
    let outcome = try run(
      "/bin/bash",
      [
        "-c", "exec \"$0\" train --set run.folder=\"$1\"/$'a\\xffb'", Repository.terrane,
        folder.path,
      ])
    #expect(outcome.status == 64, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("Error: argument 3 is not UTF-8 text: "), "\(outcome.errors)")
    #expect(try folder.names().isEmpty)
  }

  @Test("An answer shows what is invisible in the names of scenes, and keeps its lines")
  func answer() throws {
    let folder = try TemporaryFolder()
    let path = try SampleDataset.folder() + "/dataset.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try folder.write(
      text.replacingOccurrences(of: "LC08_L1TP_224077", with: "\\u202e\\u2028"),
      to: "dataset.json")
    let outcome = try terrane("inspect", folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("\\u{202E}\\u{2028}_20200518_B4B3B2.tif, 1400 × 1400"))
    #expect(!outcome.output.unicodeScalars.contains { $0 != "\n" && $0.isInvisible })
  }
}
