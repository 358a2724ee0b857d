// How this machine computes a model's products.

import Basics
import Kernels

extension ModelConfiguration {
  /// What is to be said of how this machine computes the model's products, if anything.
  package var arithmeticRemark: String? {
    guard arithmetic == .bfloat16 && InnerLoops.refusesPairs else { return nil }
    return "this processor's instruction for bfloat16 (VDPBF16PS) does not compute what Terrane "
      + "defines: its products are computed without it, to the same bits as everywhere and at the "
      + "speed of float32"
  }
}
