// The project's own texts, as the rules of style read them. Not here: the rules.

import Foundation
import TestSupport

/// One text file of the project.
struct SourceFile: Sendable {
  /// From the project's folder, as `Sources/Wire/Frames.swift`.
  let path: String
  let lines: [Substring]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The folder below Sources or Tests: the module. Nil for what lies elsewhere.
  var module: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && (parts[0] == "Sources" || parts[0] == "Tests")
      ? String(parts[1]) : nil
  }

  /// The file's name without its folders.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The lines without comments and without what strings hold.
  var code: [String] { lines.map(SourceFile.withoutCommentsAndStrings) }

  /// What is left of a line without its comment and without what its strings hold.
  static func withoutCommentsAndStrings(_ line: Substring) -> String {
    var (result, inString, previous) = ("", false, Character(" "))
    for character in line {
      if character == "\"" && previous != "\\" { inString.toggle() }
      if character == "/" && previous == "/" && !inString { return String(result.dropLast()) }
      if !inString { result.append(character) }
      previous = character
    }
    return result
  }
}

/// What a rule has against a line, and what is to be done.
struct Finding: CustomStringConvertible {
  let file: SourceFile
  /// From 1 on.
  let line: Int
  let advice: String

  var description: String { "\(file.path):\(line): \(advice)" }
}

/// All texts that the rules are about, read once. Generated code and data are not among them.
enum SourceTree {
  static let swift = files { $0.hasSuffix(".swift") }
  static let sources = swift.filter { $0.path.hasPrefix("Sources/") }
  static let headers = files { $0.hasSuffix(".h") && !$0.contains("CWireMessages") }
  static let markdown = files { $0.hasSuffix(".md") }
  /// But for the definitions of the models, which stay as they were written.
  static let scripts = files {
    ($0.hasPrefix("scripts/") || $0.hasPrefix(".ci/") || $0.hasPrefix("Cluster/"))
      && !$0.hasSuffix("_oracle.py")
  }.filter { $0.lines.first?.hasPrefix("#!") == true || $0.path.hasSuffix(".py") }

  private static let roots = [
    "Sources", "Tests", "Plugins", "scripts", "Cluster", "Samples", "docs", ".ci", "Proto",
  ]

  private static let paths: [String] = {
    let manager = FileManager.default
    let top = (try? manager.contentsOfDirectory(atPath: Repository.root)) ?? []
    let below = roots.flatMap { root in
      (manager.enumerator(atPath: Repository.root + "/" + root)?.allObjects as? [String] ?? [])
        .map { root + "/" + $0 }
    }
    return (top + below).sorted()
  }()

  private static func files(_ isWanted: (String) -> Bool) -> [SourceFile] {
    paths.filter(isWanted).compactMap { path in
      guard let text = try? String(contentsOfFile: Repository.root + "/" + path, encoding: .utf8)
      else { return nil }
      return SourceFile(path: path, text: text)
    }
  }
}
