// Weights of convolutions as the matrices that windows are multiplied with, and gradients back from
// these. Not here: the products.

import Kernels
import MaskedAutoencoding
import Tensors

/// A convolution's weight in the order of windows: forward (outputs, k·k·inputs), and backward, for
/// windows of the output's gradient, (k·k·outputs, inputs).
///
/// `@unchecked Sendable`: read by all threads while none writes.
final class ConvolutionMatrices: @unchecked Sendable {
  let forward: FloatBuffer  // (O, k·k·I)
  let backward: FloatBuffer  // (k·k·O, I)
  let bias: FloatBuffer  // (O)
  let place: ConvolutionParameters
  /// What the layer's result is multiplied with.
  private let scale: Float

  init(_ place: ConvolutionParameters, scale: Float = 1) {
    self.place = place
    self.scale = scale
    let count = place.first * place.second * place.side * place.side
    forward = FloatBuffer(count: count)
    backward = FloatBuffer(count: count)
    bias = FloatBuffer(count: place.biasCount)
  }

  private var outputs: Int { place.first }
  private var inputs: Int { place.second }
  /// k·k
  private var taps: Int { place.side * place.side }

  /// From the parameters, (O, I, k, k).
  func read(_ parameters: FloatBuffer) {
    let weight = parameters.pointer + place.weight
    for output in 0..<outputs {
      for input in 0..<inputs {
        for tap in 0..<taps {
          let value = scale * weight[(output * inputs + input) * taps + tap]
          forward.pointer[(output * taps + tap) * inputs + input] = value
          // What a pixel gave to its neighbour comes back from the opposite side.
          backward.pointer[((taps - 1 - tap) * outputs + output) * inputs + input] = value
        }
      }
    }
    for output in 0..<outputs {
      bias.pointer[output] = scale * parameters.pointer[place.bias + output]
    }
  }

  var forwardMatrix: MatrixView {
    MatrixView(forward, rows: outputs, columns: taps * inputs)
  }

  var backwardMatrix: MatrixView {
    MatrixView(backward, rows: taps * outputs, columns: inputs)
  }

  /// Values of the gradients of both in the order of windows.
  var gradientCount: Int { forward.count + bias.count }

  /// From gradients in the order of windows, weights before biases, to the parameters' order.
  func write(_ sums: UnsafePointer<Float>, into gradient: FloatBuffer) {
    let weight = gradient.pointer + place.weight
    for output in 0..<outputs {
      for input in 0..<inputs {
        for tap in 0..<taps {
          weight[(output * inputs + input) * taps + tap] =
            scale * sums[(output * taps + tap) * inputs + input]
        }
      }
    }
    for output in 0..<outputs {
      gradient.pointer[place.bias + output] = scale * sums[forward.count + output]
    }
  }
}

/// The same of a transposed convolution of 4 × 4 with stride 2 and one pixel cut off at each
/// border: each of the four pixels that one becomes sees 2 × 2 of the input.
///
/// `@unchecked Sendable`: read by all threads while none writes.
final class DoublingMatrices: @unchecked Sendable {
  static let kernelSide = 4

  private let phases: FloatBuffer  // (2, 2, O, 2·2·I)
  private let backward: FloatBuffer  // (4·4·O, I)
  let place: ConvolutionParameters

  init(_ place: ConvolutionParameters) {
    self.place = place
    let count = place.first * place.second * Self.kernelSide * Self.kernelSide
    phases = FloatBuffer(count: count)
    backward = FloatBuffer(count: count)
  }

  private var inputs: Int { place.first }
  private var outputs: Int { place.second }

  /// From the parameters, (I, O, 4, 4): output pixel 2i − 1 + u of a row sees input pixel i by tap
  /// u.
  func read(_ parameters: FloatBuffer) {
    let weight = parameters.pointer + place.weight
    let side = Self.kernelSide
    for input in 0..<inputs {
      for output in 0..<outputs {
        let kernel = weight + (input * outputs + output) * side * side
        for row in 0..<side {
          for column in 0..<side {
            let value = kernel[row * side + column]
            backward.pointer[((row * side + column) * outputs + output) * inputs + input] = value
            // Taps 3 and 1 make even pixels, 2 and 0 odd ones.
            let (y, x) = (1 - row % 2, 1 - column % 2)
            let tap = (3 - y - row) / 2 * 2 + (3 - x - column) / 2
            let place = ((y * 2 + x) * outputs + output) * 4 * inputs + tap * inputs + input
            phases.pointer[place] = value
          }
        }
      }
    }
  }

  /// For output pixels whose row and column are 2i + y and 2j + x.
  func phase(_ y: Int, _ x: Int) -> MatrixView {
    let count = outputs * 4 * inputs
    return MatrixView(
      phases, offset: (2 * y + x) * count, rows: outputs, columns: 4 * inputs)
  }

  var backwardMatrix: MatrixView {
    MatrixView(backward, rows: Self.kernelSide * Self.kernelSide * outputs, columns: inputs)
  }

  /// Values of the weight's gradient, then the bias's.
  var gradientCount: Int { backward.count + place.biasCount }

  /// From (I, 4·4·O), then the bias's (O), to the parameters' order.
  func write(_ sums: UnsafePointer<Float>, into gradient: FloatBuffer) {
    let taps = Self.kernelSide * Self.kernelSide
    let weight = gradient.pointer + place.weight
    for input in 0..<inputs {
      for output in 0..<outputs {
        for tap in 0..<taps {
          weight[(input * outputs + output) * taps + tap] =
            sums[(input * taps + tap) * outputs + output]
        }
      }
    }
    (gradient.pointer + place.bias).update(from: sums + backward.count, count: place.biasCount)
  }
}
