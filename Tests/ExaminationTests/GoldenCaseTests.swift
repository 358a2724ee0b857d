// What makes a file a golden file, and what is said of one that is none.

import Examination
import Foundation
import MaskedAutoencoding
import TestSupport
import Testing

@Suite("Reading golden files") struct GoldenCaseTests {
  private let folder: TemporaryFolder
  private static let golden =
    Repository.root + "/Tests/NeighborMAETests/Golden/five-bands.safetensors"

  init() throws { folder = try TemporaryFolder() }

  @Test("The file's configuration, inputs and answers are all there")
  func everything() throws {
    let golden = try GoldenCase(contentsOf: Self.golden)
    let model = golden.configuration
    #expect(model.channels == 5)
    let pairs = golden.footprints.count
    let pixels = model.channels * model.imageSide * model.imageSide
    #expect(golden.images.count == pairs * 2 * pixels)
    #expect(golden.order.count == pairs * 2 * model.patchesPerImage)
    #expect(golden.expectedBoxes.count == pairs * 2 * 4)
    #expect(golden.expectedLoss > 0 && golden.expectedPlainLoss > 0)
    let names = model.parameterLayout.tensors.map(\.name)
    #expect(golden.parameters.keys.sorted() == names.sorted())
    #expect(golden.gradients.keys.sorted() == names.sorted())
  }

  /// The error of reading a copy whose header was changed.
  private func error(changing change: (inout [String: Any]) -> Void) throws -> String {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: Self.golden))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = try #require(
      try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any])
    change(&header)
    var text = try JSONSerialization.data(withJSONObject: header)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    let count = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    let path = folder.file("changed.safetensors")
    try (count + text + bytes[(8 + length)...]).write(to: URL(fileURLWithPath: path))
    do {
      _ = try GoldenCase(contentsOf: path)
      return "no error"
    } catch {
      return "\(error)".replacingOccurrences(of: path, with: "FILE")
    }
  }

  private func error(ofMetadata key: String, _ value: String?) throws -> String {
    try error { header in
      var metadata = header["__metadata__"] as? [String: Any] ?? [:]
      metadata[key] = value
      header["__metadata__"] = metadata
    }
  }

  @Test("A value of the configuration that is missing or wrong is named")
  func metadata() throws {
    #expect(
      try error(ofMetadata: "heads", nil)
        == "FILE is not a golden file: its metadata has no 'heads'; make one with scripts/golden/make"
    )
    #expect(
      try error(ofMetadata: "width", "many")
        == "FILE: 'width' must be a whole number, found 'many'")
    #expect(
      try error(ofMetadata: "mask_ratio_min", "nan")
        == "FILE: 'mask_ratio_min' must be a finite number, found 'nan'")
    #expect(
      try error(ofMetadata: "normalize_patches", "1")
        == "FILE: 'normalize_patches' must be true or false, found '1'")
    #expect(
      try error { $0["__metadata__"] = nil }
        == "FILE is not a golden file: its metadata has no 'image_side'; make one with scripts/golden/make"
    )
  }

  @Test(
    "Sizes that make no model are refused, however large", arguments: ["0", "-8", "1000000000"])
  func impossible(side: String) throws {
    let error = try error(ofMetadata: "image_side", side)
    #expect(error != "no error")
    #expect(error.contains(side), "\(error)")
  }

  @Test("A tensor that is missing is named")
  func missing() throws {
    let error = try error { $0["expected.lost"] = $0.removeValue(forKey: "expected.loss") }
    #expect(error.contains("expected.loss"), "\(error)")
  }
}
