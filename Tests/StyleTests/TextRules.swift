// The rules about lines and files as texts. Each takes files and returns what it has against them.

enum TextRules {
  static let columns = 100
  /// Python has no formatter here that would break its lines.
  static let pythonColumns = 120
  static let fileLines = 300
  static let functionLines = 60

  /// No line is longer than its language's columns, but for one that an address or a string makes
  /// so: swift-format leaves strings whole, and tests quote messages word for word.
  static func columns(_ files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
      let isPython = file.name.hasSuffix(".py") || file.lines.first?.contains("python") == true
      let most = isPython ? pythonColumns : columns
      return findings(file) { line in
        line.count > most && !line.contains("://") && !isLongByString(line, most)
          ? "\(line.count) columns: break the line before column \(most)" : nil
      }
    }
  }

  private static func isLongByString(_ line: Substring, _ columns: Int) -> Bool {
    line.contains("\"") && !isComment(line)
      && SourceFile.withoutCommentsAndStrings(line).count <= columns
  }

  /// The same for Markdown, whose tables and code blocks may be wider.
  static func markdownColumns(_ files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
      var isCode = false
      return findings(file) { line in
        let start = line.drop { $0 == " " }
        if start.hasPrefix("```") { isCode.toggle() }
        return line.count > columns && !isCode && !start.hasPrefix("|") && !line.contains("://")
          ? "\(line.count) columns: break the line before column \(columns)" : nil
      }
    }
  }

  /// A Swift file begins with a sentence that says what it is.
  static func headers(_ files: [SourceFile]) -> [Finding] {
    files.compactMap { file in
      let comment = file.lines.prefix { $0.hasPrefix("//") }
      let text = comment.map { $0.drop { $0 == "/" || $0 == " " } }.joined(separator: " ")
      let isSentence =
        text.split(separator: " ").count >= 3 && (text.hasSuffix(".") || text.hasSuffix("?"))
      return isSentence || file.path == "Package.swift"
        ? nil
        : Finding(
          file: file, line: 1,
          advice: "begin the file with a comment, a sentence that says what the file is")
    }
  }

  /// A Swift file holds one concept.
  static func lengths(_ files: [SourceFile]) -> [Finding] {
    files.compactMap { file in
      let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
      return count > fileLines
        ? Finding(
          file: file, line: count,
          advice: "\(count) lines: split the file by concept, \(fileLines) are the most") : nil
    }
  }

  /// A function can be read at once.
  static func functions(_ files: [SourceFile]) -> [Finding] {
    files.flatMap { file -> [Finding] in
      let code = file.code
      return code.indices.compactMap { start in
        guard code[start].range(of: functionStart, options: .regularExpression) != nil,
          let end = endOfFunction(code, from: start), end - start + 1 > functionLines
        else { return nil }
        return Finding(
          file: file, line: start + 1,
          advice: "a function of \(end - start + 1) lines: \(functionLines) are the most")
      }
    }
  }

  /// The line that closes the function which begins at `start`: the next closing brace under the
  /// start of its first line, as swift-format puts it. Nil for one without a body of lines.
  private static func endOfFunction(_ code: [String], from start: Int) -> Int? {
    let indentation = String(code[start].prefix { $0 == " " })
    guard let opening = code[start...].firstIndex(where: { $0.contains("{") }),
      code[opening].filter({ $0 == "{" }).count > code[opening].filter({ $0 == "}" }).count,
      code[start...opening].dropFirst().allSatisfy({
        $0.hasPrefix(indentation + " ") || $0.hasPrefix(indentation + ")")
          || $0.hasPrefix(indentation + "{")
      })
    else { return nil }
    return code[opening...].firstIndex { $0 == indentation + "}" }
  }

  private static let functionStart =
    #"^ *([a-z]+(\([a-z]+\))? |@[A-Za-z]+ )*(func |init[?(<])"#

  /// `@unchecked Sendable` and `nonisolated(unsafe)` have a sentence that names the invariant.
  static func unsafety(_ files: [SourceFile]) -> [Finding] {
    files.flatMap { file -> [Finding] in
      let code = file.code
      return code.indices.compactMap { index in
        if code[index].contains("@unchecked Sendable") {
          let comment = file.lines[..<index].reversed().drop { !isComment($0) && isHead($0) }
            .prefix { isComment($0) }
          return comment.contains { $0.contains("`@unchecked Sendable`:") }
            ? nil
            : Finding(
              file: file, line: index + 1,
              advice: "say in the doc comment, after \"`@unchecked Sendable`:\", why that is sound")
        }
        if code[index].contains("nonisolated(unsafe)") {
          let before = file.lines[..<index].reversed().drop { $0.contains("nonisolated(unsafe)") }
          return before.first.map(isComment) == true
            ? nil
            : Finding(
              file: file, line: index + 1,
              advice: "say in a comment on the line above why `nonisolated(unsafe)` is sound")
        }
        return nil
      }
    }
  }

  private static func isComment(_ line: Substring) -> Bool {
    line.drop { $0 == " " }.hasPrefix("//")
  }

  /// Whether a line between a doc comment and its declaration's last line belongs to the
  /// declaration.
  private static func isHead(_ line: Substring) -> Bool {
    !line.hasPrefix("}") && !line.isEmpty
  }

  private static func findings(
    _ file: SourceFile, _ advice: (Substring) -> String?
  ) -> [Finding] {
    file.lines.enumerated().compactMap { index, line in
      advice(line).map { Finding(file: file, line: index + 1, advice: $0) }
    }
  }
}
