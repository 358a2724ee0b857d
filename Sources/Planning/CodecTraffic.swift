// What a value takes on the wire, on its way up as part of a gradient and down as part of a delta.

import Compression

extension CodecKind {
  /// Bits of a value with all heads, measured in 60 steps of `tiny` on the sample: the table of
  /// README.md, which a test holds against this one. Made-up gradients pack better.
  package var bitsOnWire: (up: Double, down: Double) {
    switch self {
    case .float32: (29.5, 25.0)
    case .bfloat16: (13.5, 13.2)
    case .float16: (16.0, 14.2)
    case .int8: (8.3, 8.3)
    case .int4: (4.3, 4.3)
    }
  }
}
