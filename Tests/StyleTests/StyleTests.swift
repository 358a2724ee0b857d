// How the project's texts read, held to docs of its own: width, headers, sizes, names and imports.
// What is found is named by file and line, with what to do.

import Foundation
import TestSupport
import Testing

@Suite("Style") struct StyleTests {
  /// Fails with one line per finding.
  private func expectNone(
    _ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let text = findings.map(\.description).joined(separator: "\n")
    #expect(findings.isEmpty, "\n\(text)", sourceLocation: sourceLocation)
  }

  @Test("The tree is found")
  func tree() {
    #expect(SourceTree.swift.count > 300)
    #expect(SourceTree.sources.count > 200)
    #expect(SourceTree.markdown.contains { $0.path == "ARCHITECTURE.md" })
    #expect(SourceTree.scripts.contains { $0.path == "scripts/test" })
    #expect(SourceTree.headers.contains { $0.path == "Sources/CProcessor/shim.h" })
  }

  @Test("Lines of Swift, C headers and scripts end before column 100, and so does Markdown's text")
  func columns() {
    expectNone(
      TextRules.columns(SourceTree.swift + SourceTree.headers + SourceTree.scripts)
        + TextRules.markdownColumns(SourceTree.markdown))
  }

  @Test("Every Swift file begins with a sentence that says what it is")
  func headers() { expectNone(TextRules.headers(SourceTree.swift)) }

  @Test("Files have at most 300 lines, functions 60")
  func lengths() {
    expectNone(TextRules.lengths(SourceTree.swift) + TextRules.functions(SourceTree.swift))
  }

  @Test("No type name is declared twice")
  func typeNames() { expectNone(StructureRules.typeNames(SourceTree.sources)) }

  @Test("What is unchecked has a sentence that says why it is sound")
  func unsafety() { expectNone(TextRules.unsafety(SourceTree.swift)) }

  @Test("The extents of micro-kernels are named once")
  func microKernelConstants() {
    expectNone(StructureRules.microKernelConstants(SourceTree.sources))
  }

  @Test("What README's commands make in the clone is not git's: keys are secrets")
  func ignored() throws {
    let root = Repository.root
    let ignored = try String(contentsOfFile: root + "/.gitignore", encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let readme = try String(contentsOfFile: root + "/README.md", encoding: .utf8)
    for (folder, command) in [
      ("data", "terrane-ingest data/"), ("runs", "terrane train --resume runs/"),
      ("keys", "terrane keys keys"), ("encoders", "terrane export runs/mine encoders/"),
    ] {
      #expect(readme.contains(command), "README.md has another folder for this by now")
      #expect(ignored.contains("/\(folder)/"), ".gitignore lacks /\(folder)/")
    }
  }

  @Test("Imports point downwards on the floors of ARCHITECTURE.md")
  func imports() throws {
    let floors = try Floors.read()
    let modules = Set(SourceTree.sources.compactMap(\.module))
    let drawn = Set(floors.joined())
    #expect(modules.subtracting(drawn).isEmpty, "ARCHITECTURE.md does not draw these modules")
    expectNone(StructureRules.imports(SourceTree.sources, floors: floors.reversed()))
  }

  @Test("Package.swift declares for each module what its files import, and nothing else")
  func manifest() throws {
    let declared = try Floors.manifest()
    let ours = Set(try Floors.read().joined())
    let modules = Dictionary(grouping: SourceTree.sources, by: { $0.module ?? "" })
    for (module, files) in modules.sorted(by: { $0.key < $1.key }) {
      let imported = Set(files.flatMap { StructureRules.importLines(of: $0) }.map(\.module))
      let found = (declared[module] ?? []).intersection(ours)
      #expect(found.sorted() == imported.intersection(ours).sorted(), "\(module) in Package.swift")
    }
  }

  @Test("Coordination imports identifiers and messages, and takes the time from its caller")
  func purity() {
    let files = SourceTree.sources.filter { $0.module == "Coordination" }
    #expect(files.count > 5)
    for file in files {
      for (line, module) in StructureRules.importLines(of: file) {
        #expect(
          ["Basics", "Wire"].contains(module),
          "\(file.path):\(line): \(module) does input or output: let the caller do that")
      }
      #expect(
        !file.code.contains { $0.contains("monotonicNow") },
        "\(file.path) takes the time: let the caller pass it in")
    }
  }
}
