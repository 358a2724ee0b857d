// What classifiers lose on one place, and which way their logits should go.

import Foundation

enum CrossEntropy {
  /// Logits become (softmax − 1 at the label) · share: the gradient of the share of the loss.
  /// - Returns: the loss: −log softmax at the label.
  static func turnIntoGradient(
    _ logits: UnsafeMutableBufferPointer<Double>, label: Int, share: Double
  ) -> Double {
    let largest = logits.max() ?? 0
    let wanted = logits[label] - largest
    var sum = 0.0
    for index in logits.indices {
      logits[index] = exp(logits[index] - largest)
      sum += logits[index]
    }
    for index in logits.indices { logits[index] *= share / sum }
    logits[label] -= share
    return log(sum) - wanted
  }
}
