// Where training starts, and what each parameter is to the model.

import Basics
import MaskedAutoencoding
import NeighborMAE
import Objectives
import Tensors
import TestSupport
import Testing

@Suite("Initial parameters")
struct InitialParametersTests {
  let configuration = ModelConfiguration.small()

  @Test("Matrices fill Xavier's interval, biases are zero, norms one, tokens of deviation 0.02")
  func distributions() throws {
    let layout = configuration.parameterLayout
    let parameters = layout.initialParameters(seed: 1)
    func values(_ name: String) throws -> [Double] {
      parameters[try #require(layout.tensor(name)).range].map(Double.init)
    }
    let matrix = try values("blocks.0.mlp.fc1.weight")
    let bound = (6.0 / (128 + 32)).squareRoot()
    #expect(matrix.allSatisfy { abs($0) <= bound })
    #expect(matrix.max()! > 0.99 * bound && matrix.min()! < -0.99 * bound)
    #expect(try values("blocks.1.attn.qkv.bias").allSatisfy { $0 == 0 })
    #expect(try values("norm.bias").allSatisfy { $0 == 0 })
    #expect(try values("decoder_norm.weight").allSatisfy { $0 == 1 })
    let embedding = try values("img_embed")
    let deviation = (embedding.reduce(0) { $0 + $1 * $1 } / Double(embedding.count)).squareRoot()
    // 64 values: the deviation of a sample is known to about 9 %.
    #expect(abs(deviation - 0.02) < 0.006)
  }

  @Test("The seed decides, and nothing else")
  func seeds() {
    let layout = configuration.parameterLayout
    let one = bits(layout.initialParameters(seed: 1))
    let again = bits(layout.initialParameters(seed: 1))
    let other = bits(layout.initialParameters(seed: 2))
    #expect(again == one)
    #expect(other != one)
  }

  @Test("Roles are what the names of the PyTorch model say", arguments: ModelPreset.allCases)
  func roles(preset: ModelPreset) {
    for tensor in preset.configuration(channels: 3).parameterLayout.tensors {
      let name = tensor.name
      let expected: ParameterRole =
        name.hasSuffix("bias")
        ? .bias
        : name.contains("norm") ? .norm : name.hasSuffix(".weight") ? .matrix : .token
      #expect(tensor.role == expected, "\(name)")
      // The rule of the definition: no decay where the name has norm or bias in it.
      let isDecayed = tensor.role == .matrix || tensor.role == .token
      #expect(isDecayed == (!name.contains("norm") && !name.contains("bias")), "\(name)")
    }
  }
}
