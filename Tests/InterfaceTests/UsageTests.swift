// What is said of a command line that cannot be: the error, and how the command is used that it is
// about; and that help can be pasted.

import Foundation
import TestSupport
import Testing

@Suite("Usage") struct UsageTests {
  @Test("An error that a command finds late comes with its own usage")
  func lateErrors() throws {
    let outcome = try terrane("export", "run", "out", "--license", "CC BY 4.0")
    let lines = outcome.errors.split(separator: "\n").map(String.init)
    #expect(outcome.status == 64 && lines.count == 3, "\(outcome.errors)")
    #expect(lines.first?.hasPrefix("Error: a licence is named by its SPDX identifier") == true)
    #expect(lines[1].hasPrefix("Usage: terrane export <run> <out> "), "\(lines[1])")
    #expect(lines[2] == "  See 'terrane export --help' for more information.")
  }

  @Test("What is misspelt is told, with the word that was meant")
  func misspelt() throws {
    let bench = try terrane("bench", "spet")
    #expect(bench.status == 64 && bench.errors.hasSuffix("Did you mean 'step'?\n"))
    let help = try terrane("help", "trian")
    #expect(help.status == 64 && help.output.isEmpty)
    #expect(help.errors == "Error: there is no command 'trian'; did you mean 'train'?\n")
    #expect(try terrane("help", "nope").errors == "Error: there is no command 'nope'\n")
    for known in [["help"], ["help", "train"], ["help", "bench", "step"]] {
      let outcome = try run(Repository.terrane, known)
      #expect(outcome.status == 0 && outcome.output.contains("OVERVIEW: "), "\(known)")
    }
  }

  @Test("A number below what may be is told as such, and so are two places of a coordinator")
  func values() throws {
    let seeds = try terrane("simulate", "--seeds", "-1")
    #expect(seeds.status == 64)
    #expect(seeds.errors.contains("--seeds must be between 1 and 1000000000, found -1"))
    let both = try terrane(
      "worker", "--connect", "tcp://a:1", "--connect-file", "at", "--data", "d")
    #expect(both.status == 64)
    #expect(both.errors.contains("say --connect or --connect-file, not both"), "\(both.errors)")
  }

  @Test(
    "Examples in help can be pasted: none is broken within a line",
    arguments: [
      "", "train", "plan", "coordinator", "worker", "keys", "view", "watch", "tensorboard",
      "reconstruct",
      "inspect", "export", "embed", "probe", "verify", "clean", "parity", "simulate", "bench",
      "bench step", "bench exchange", "bench data", "bench codecs", "bench floor",
    ])
  func examples(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let outcome = try run(Repository.terrane, words + ["--help"])
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    for (line, next) in zip(lines, lines.dropFirst()) {
      guard line.hasPrefix("  terrane") || line.hasPrefix("        terrane"), !next.isEmpty else {
        continue
      }
      let isBroken = !line.hasSuffix("\\") && !next.contains(/^ +(terrane|ssh|scp|python)/)
      #expect(!isBroken, "\(line)\n\(next)")
    }
  }
}
