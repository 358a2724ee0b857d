// The rules of style themselves: each finds what breaks it and leaves alone what does not.

import Testing

@Suite("Rules of style") struct RuleTests {
  private func file(_ text: String, _ path: String = "Sources/Kernels/Example.swift")
    -> SourceFile
  {
    SourceFile(path: path, text: text)
  }

  private static let wide = String(repeating: "w", count: 101)

  @Test("A line that is too long, but for addresses, tables and code in Markdown")
  func columns() {
    let file = file("short\n\(Self.wide)\n// https://example.org/\(Self.wide)\n")
    #expect(TextRules.columns([file]).map(\.line) == [2])
    let message = self.file("  x == \"\(Self.wide)\"\n  // \"\(Self.wide)\"\n")
    #expect(TextRules.columns([message]).map(\.line) == [2])
    let script = self.file("#!/usr/bin/env python3\n\(Self.wide)\n")
    #expect(TextRules.columns([script]).isEmpty)
    let page = self.file("\(Self.wide)\n| \(Self.wide) |\n```\n\(Self.wide)\n```\n")
    #expect(TextRules.markdownColumns([page]).map(\.line) == [1])
  }

  @Test(
    "A file without a sentence at its start",
    arguments: [("import Basics\n", 1), ("// Helpers\n", 1), ("// What it is, in\n// words.\n", 0)])
  func headers(text: String, count: Int) {
    #expect(TextRules.headers([file(text)]).count == count)
  }

  @Test("A file and a function that are too long")
  func lengths() {
    func lines(_ count: Int) -> String { String(repeating: "  x()\n", count: count) }
    #expect(TextRules.lengths([file(lines(300))]).isEmpty)
    #expect(TextRules.lengths([file(lines(301))]).map(\.line) == [301])
    let protocolLine = "  func required()\n"
    func body(_ count: Int) -> String { "  func f() {\n" + lines(count) + "  }\n" }
    #expect(TextRules.functions([file(protocolLine + body(58) + body(58))]).isEmpty)
    #expect(TextRules.functions([file(body(58) + body(59))]).map(\.line) == [61])
  }

  @Test("Two types of one name, in one module or in two, but for files compiled twice")
  func typeNames() {
    let first = file("package struct Thing {\n  enum Kind {}\n}\n")
    let second = file("private final class Thing {}\n", "Sources/Wire/Thing.swift")
    #expect(StructureRules.typeNames([first, second]).map(\.line) == [1])
    let twins = ["Kernels", "WideKernels"].map {
      file("package enum MicroTile {}\n", "Sources/\($0)/MicroTile.swift")
    }
    #expect(StructureRules.typeNames(twins).isEmpty)
  }

  @Test("What is unchecked without a sentence")
  func unsafety() {
    let sound = file(
      "/// `@unchecked Sendable`: one thread.\nfinal class A:\n  B, @unchecked Sendable\n{\n}\n")
    #expect(TextRules.unsafety([sound]).isEmpty)
    let bare = file("/// A thing.\nfinal class A: @unchecked Sendable {}\n")
    #expect(TextRules.unsafety([bare]).map(\.line) == [2])
    let variables = file("x()\nnonisolated(unsafe) var a = 1\nnonisolated(unsafe) var b = 1\n")
    #expect(TextRules.unsafety([variables]).map(\.line) == [2, 3])
    let explained = file("// Disjoint.\nnonisolated(unsafe) var a = 1\n")
    #expect(TextRules.unsafety([explained]).isEmpty)
  }

  @Test("A bare extent of a micro-kernel, but not in comments, strings and names")
  func microKernelConstants() {
    let text =
      "let a = 12\n// 16\nlet b = SIMD16<Float>.zero\nlet c = \"192\"\nlet d = 0x192 + x * 256\n"
    #expect(StructureRules.microKernelConstants([file(text)]).map(\.line) == [1, 5])
    #expect(StructureRules.microKernelConstants([file(text, "Sources/Wire/A.swift")]).isEmpty)
    let home = file(text, "Sources/Kernels/MicroTile.swift")
    #expect(StructureRules.microKernelConstants([home]).isEmpty)
  }

  @Test("An import of the same floor, of a higher one, and a module on none")
  func imports() {
    let floors = [["Basics"], ["Kernels", "Wire"], ["Runtime"]]
    let text = "import Basics\nimport Wire\nimport Foundation\nprivate import Runtime\n"
    #expect(StructureRules.imports([file(text)], floors: floors).map(\.line) == [2, 4])
    let stray = file(text, "Sources/Stray/A.swift")
    #expect(StructureRules.imports([stray], floors: floors).map(\.line) == [1])
  }
}
