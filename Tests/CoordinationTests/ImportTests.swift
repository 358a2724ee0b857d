import Foundation
import Testing

@Suite("Purity") struct ImportTests {
  @Test("Coordination imports identifiers and messages, and nothing that does I/O")
  func imports() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appending(path: "Sources/Coordination")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(files.count > 5)
    for file in files {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for line in text.split(separator: "\n") where line.hasPrefix("import ") {
        #expect(["import Basics", "import Wire"].contains(String(line)), "\(file): \(line)")
      }
      #expect(!text.contains("monotonicNow"), "\(file) takes the time instead of being given it")
    }
  }
}
