// The floors of the house, read from the diagram in ARCHITECTURE.md, and the modules as
// Package.swift declares them.

import Foundation
import TestSupport

enum Floors {
  /// The modules of each floor, from the top one down.
  static func read() throws -> [[String]] {
    let text = try String(contentsOfFile: Repository.root + "/ARCHITECTURE.md", encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let diagram = lines.drop { $0 != "```" }.dropFirst().prefix { $0 != "```" }
    return diagram.map { line in
      // Two blanks part the names from what they are.
      let names = line.range(of: "  ").map { line[..<$0.lowerBound] } ?? line
      return names.split { $0 == " " || $0 == "·" }.map(String.init)
    }.filter { !$0.isEmpty }
  }

  /// Targets under Sources and what each depends on, by the text of the manifest.
  static func manifest() throws -> [String: Set<String>] {
    let text = try String(contentsOfFile: Repository.root + "/Package.swift", encoding: .utf8)
    let expression = try NSRegularExpression(
      pattern:
        #"(?:library\(\s*|arget\(\s*name: )"([A-Za-z-]+)",\s*(?:dependencies: )?\[([^\]]*)\]"#)
    var result: [String: Set<String>] = [:]
    for match in expression.matches(in: text, range: NSRange(text.startIndex..., in: text)) {
      guard let name = Range(match.range(at: 1), in: text),
        let list = Range(match.range(at: 2), in: text)
      else { continue }
      // What stands between quotation marks is every second part.
      let parts = text[list].split(separator: "\"", omittingEmptySubsequences: false)
      let names = parts.enumerated().filter { $0.offset % 2 == 1 }
      result[String(text[name])] = Set(names.map { String($0.element) })
    }
    return result
  }
}
