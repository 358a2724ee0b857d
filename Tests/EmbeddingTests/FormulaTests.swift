// Numbers that others define: bytes of vectors, cells of Major TOM's grid, the antialiased resize.

import Embedding
import Imagery
import Testing

@Suite("Formulas of others") struct FormulaTests {
  @Test("A value becomes a byte and back by the published formula")
  func bytes() {
    // numpy: np.clip(np.round(np.sign(x) * np.sqrt(np.abs(x)) * 127.5), -127, 127)
    let values: [Float] = [0, 1, -1, 0.5, -0.5, 0.01, -0.01, 1e-5, 0.25, 0.99]
    #expect(values.map(Int8Vectors.quantised) == [0, 127, -127, 90, -90, 13, -13, 0, 64, 127])
    #expect(Int8Vectors.value(90) == (Float(90) / 127.5) * (Float(90) / 127.5))
    #expect(Int8Vectors.value(-90) == -Int8Vectors.value(90))
    for byte in Int8(-127)...127 {
      #expect(Int8Vectors.quantised(Int8Vectors.value(byte)) == byte)
    }
  }

  @Test("Cells are those of Major TOM's own grid")
  func cells() {
    // Grid(10) of ESA-PhiLab/Major-TOM, src/grid.py.
    let expected = [
      (-23.4, -53.2, "261D_544L"), (47.37, 8.54, "527U_64R"), (0.01, 0.01, "0U_0R"),
      (-0.01, -0.01, "1D_1L"), (69.9, 179.9, "778U_689R"), (-33.9, 18.4, "378D_169R"),
    ]
    for (latitude, longitude, name) in expected {
      #expect(MajorTOMCell(longitude: longitude, latitude: latitude).name == name)
    }
  }

  private let row: [Float] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]

  private func resized(_ outputs: Range<Int>, scale: Double) -> [Float] {
    let columns = AxisWindow(outputs: outputs, scale: scale, inputCount: row.count)
    let rows = AxisWindow(outputs: 0..<1, scale: 1, inputCount: 1)
    var output = [Float](repeating: -1, count: outputs.count)
    var scratch = [Float](repeating: 0, count: row.count)
    WindowResampler.resample(
      Array(row[columns.inputs]), rows: rows, columns: columns, scratch: &scratch, into: &output)
    return output
  }

  @Test("A plane is resized as PyTorch does it, by any scale")
  func resize() {
    // F.interpolate(scale_factor=(1, 1 / s), mode="bilinear", antialias=True,
    //               recompute_scale_factor=False)
    let down: [Float] = [
      2.1818182468414307, 2.6666667461395264, 3.2916667461395264, 6.44444465637207,
      4.440000534057617, 4.399999618530273, 5.0370378494262695,
    ]
    let up: [Float] = [
      3.0, 1.75, 2.125, 3.625, 1.375, 3.5, 6.5, 8.125, 2.875, 4.5, 5.625, 4.75, 3.25, 4.25, 6.125,
      8.0,
    ]
    for (found, wanted) in zip(resized(0..<7, scale: 1.6), down) {
      #expect(abs(found - wanted) < 2e-6)
    }
    for (found, wanted) in zip(resized(0..<16, scale: 0.75), up) {
      #expect(abs(found - wanted) < 2e-6)
    }
  }

  @Test("A window of a resized plane has the bits of the whole, and nothing beyond the plane")
  func windows() {
    for scale in [0.37, 0.75, 1.0, 1.6, 3.3] {
      let whole = resized(0..<12, scale: scale)
      for first in 0..<12 {
        for end in (first + 1)...12 {
          #expect(resized(first..<end, scale: scale) == Array(whole[first..<end]))
        }
      }
      let beyond = resized(40..<50, scale: scale)
      if scale >= 0.37 { #expect(beyond.allSatisfy { $0 == 0 }) }
    }
  }
}
