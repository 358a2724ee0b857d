// `terrane reconstruct` on a trained run.

import Foundation
import TestSupport
import Testing

@Suite("terrane reconstruct") struct ReconstructTests {
  @Test("Writes a PNG with a row a pair")
  func picture() throws {
    let run = try TinyRun("training.steps=2", "evaluation.pairs=8")
    #expect(try run.startTraining().waitForEnd() == 0)
    var heights: [Int] = []
    for pairs in [1, 3] {
      let path = run.file("\(pairs).png")
      let outcome = try terrane("reconstruct", run.folder, "--out", path, "--pairs", "\(pairs)")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output == "wrote \(path)\n")
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
      #expect(bytes.count > 10_000)
      // IHDR: width and height, big-endian, from byte 16.
      func word(_ place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
      #expect((500...5000).contains(word(16)))
      heights.append(word(20))
    }
    #expect(heights[0] > 100 && heights[1] > heights[0])

    let grey = try terrane(
      "reconstruct", run.folder, "--out", run.file("grey.png"), "--bands", "green")
    #expect(grey.status == 0, "\(grey.errors)")
    let unknown = try terrane(
      "reconstruct", run.folder, "--out", run.file("none.png"), "--bands", "3,2,nir")
    #expect(unknown.status == 64)
    #expect(
      unknown.errors
        == "Error: --bands: the dataset has no band 'nir'; it has 1 red, 2 green, 3 blue\n")
  }

  @Test("Without a checkpoint there is nothing to draw")
  func early() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let path = cluster.run.file("x.png")
    let outcome = try terrane("reconstruct", cluster.run.folder, "--out", path)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == "Error: \(cluster.run.folder) has no valid checkpoint to draw from yet\n")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("A file type that is not written is refused before anything is looked at")
  func fileType() throws {
    let outcome = try terrane("reconstruct", "/nowhere", "--out", "picture.pdf")
    #expect(outcome.status == 64)
    #expect(
      outcome.errors.hasPrefix(
        "Error: picture.pdf does not end in .png, and pictures are written as PNG; convert one "
          + "afterwards for another type\n"), "\(outcome.errors)")
  }
}
