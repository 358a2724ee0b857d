// The files that two modules compile, once for each width of registers.

import Foundation
import Testing

@Suite("Files that are compiled twice") struct TwinFilesTests {
  @Test("A file of Kernels and its twin in WideKernels are the same")
  func equal() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    func files(_ module: String) throws -> Set<String> {
      Set(try FileManager.default.contentsOfDirectory(atPath: sources.path + "/" + module))
    }
    let twins = try files("Kernels").intersection(files("WideKernels")).sorted()
    #expect(twins == ["MicroTile.swift", "RowFunctions.swift"])
    for file in twins {
      let texts = try ["Kernels", "WideKernels"].map { module in
        try String(contentsOf: sources.appending(path: "\(module)/\(file)"), encoding: .utf8)
      }
      #expect(
        texts[0] == texts[1],
        "Sources/Kernels/\(file) was changed without Sources/WideKernels/\(file): copy it there")
    }
  }
}
