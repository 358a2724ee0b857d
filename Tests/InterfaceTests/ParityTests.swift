// `terrane parity`: its verdict is its exit status.

import Foundation
import TestSupport
import Testing

@Suite("terrane parity") struct ParityTests {
  private static let golden = Repository.root + "/Tests/NeighborMAETests/Golden/"
  private static let names = ["three-bands", "five-bands", "one-band-plain-targets"]

  @Test("The golden files are met within the bound", arguments: names)
  func within(name: String) throws {
    let path = Self.golden + name + ".safetensors"
    let outcome = try terrane("parity", path)
    #expect(outcome.status == 0, "\(outcome.output)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first.map(String.init) == path)
    #expect(lines.contains { $0.hasSuffix("  loss") })
    #expect(lines.contains { $0.hasSuffix("  prediction") })
    #expect(lines.contains { $0.hasSuffix("  gradient.patch_embed.weight") })
    #expect(lines.last?.hasPrefix("  worst: ") == true)
    #expect(lines.last?.hasSuffix(", bound 0.0001") == true)
  }

  @Test("A bound that no single precision meets is not met")
  func outside() throws {
    let path = Self.golden + "three-bands.safetensors"
    let outcome = try terrane("parity", "--brief", "--bound", "1e-9", path)
    #expect(outcome.status == 1)
    #expect(outcome.output.split(separator: "\n").count == 2)
  }

  @Test("Rounded operands have a bound of their own, and none where the definition rounds them")
  func rounded() throws {
    let (plain, rounded) = (
      Self.golden + "three-bands.safetensors", Self.golden + "three-bands-bfloat16.safetensors"
    )
    let outcome = try terrane("parity", "--brief", "--arithmetic", "bfloat16", plain)
    #expect(outcome.status == 0 && outcome.output.hasSuffix(", bound 0.03\n"), "\(outcome.output)")
    let strict = try terrane(
      "parity", "--brief", "--arithmetic", "bfloat16", "--bound", "1e-4", plain)
    #expect(strict.status == 1)
    let same = try terrane("parity", "--brief", rounded)
    #expect(same.status == 0 && same.output.hasSuffix(", bound 0.0001\n"), "\(same.output)")
    let other = try terrane(
      "parity", "--brief", "--arithmetic", "float32", "--bound", "1e-4", rounded)
    #expect(other.status == 1)
  }

  @Test("A changed expected value is found")
  func changed() throws {
    let folder = try TemporaryFolder()
    let path = try copy(to: folder) { bytes, header in
      // The last value of the prediction, by its place in the header; its exponent's low bits.
      let tensors = try JSONSerialization.jsonObject(with: header) as? [String: Any]
      let entry = try #require(tensors?["expected.prediction"] as? [String: Any])
      let end = try #require((entry["data_offsets"] as? [Int])?.last)
      bytes[8 + header.count + end - 1] ^= 0x02
    }
    let outcome = try terrane("parity", path)
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("  worst: "))
    let worst = try #require(outcome.output.split(separator: "\n").last)
    #expect(worst.contains("prediction"), "\(worst)")
  }

  @Test("A truncated file is an error that names it")
  func truncated() throws {
    let folder = try TemporaryFolder()
    let path = try copy(to: folder) { bytes, _ in bytes.removeLast(10) }
    let outcome = try terrane("parity", path)
    #expect(outcome.status == 1)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("Error: \(path) "), "\(outcome.errors)")
  }

  @Test("A file of other content is an error that says so")
  func notGolden() throws {
    let folder = try TemporaryFolder()
    try folder.write("hello", to: "text.safetensors")
    let outcome = try terrane("parity", folder.file("text.safetensors"))
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(folder.file("text.safetensors")), "\(outcome.errors)")
  }

  /// Copies a golden file with a change to its bytes.
  private func copy(
    to folder: TemporaryFolder, changing change: (inout Data, _ header: Data) throws -> Void
  ) throws -> String {
    let source = URL(fileURLWithPath: Self.golden + "three-bands.safetensors")
    var bytes = try Data(contentsOf: source)
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    try change(&bytes, Data(bytes[8..<8 + length]))
    let path = folder.file("changed.safetensors")
    try bytes.write(to: URL(fileURLWithPath: path))
    return path
  }
}
