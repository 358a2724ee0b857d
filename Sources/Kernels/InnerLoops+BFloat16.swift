// The loops for products of bfloat16, all of which give the bits of `BFloat16Product`: pairs by the
// processor's instruction, or rounded floats by the micro-kernels of floats under DAZ and FTZ.

import Basics
import CPairProducts
import CProcessor

extension InnerLoops {
  /// For 256-bit registers, which every x86-64-v3 machine has.
  package static let bfloat16Narrow = widened(narrow)

  /// For 512-bit registers; nil on a machine without them.
  package static let bfloat16Wide = wide.map(widened)

  /// For the instruction VDPBF16PS; nil on a machine without it. Whether it computes what it should
  /// is not asked here.
  package static let bfloat16Pairs: InnerLoops? = wide.flatMap { wide in
    guard processor_has_pair_products() else { return nil }
    return InnerLoops(
      wide, form: .pairs,
      multiplyGrouped: { a, b, panels, panelStride, c, cRow, pairs, adding in
        multiply_pairs_grouped(a, b, panels, panelStride, c, cRow, pairs, adding)
      },
      multiplyDepthMajor: { a, aStep, b, panels, panelStride, c, cRow, pairs, adding in
        multiply_pairs_depth_major(a, aStep, b, panels, panelStride, c, cRow, pairs, adding)
      })
  }

  private static func widened(_ loops: InnerLoops) -> InnerLoops {
    InnerLoops(
      loops, form: .widened, multiplyGrouped: loops.multiplyGrouped,
      multiplyDepthMajor: loops.multiplyDepthMajor)
  }

  /// The instruction's where it computes what is defined, which is asked within a few milliseconds;
  /// else those of the widest registers.
  package static func fastestBFloat16(pairs: InnerLoops?) -> InnerLoops {
    if let pairs, PairProductCheck.agrees(pairs) { return pairs }
    return bfloat16Wide ?? bfloat16Narrow
  }

  private static let bfloat16OfThisMachine = fastestBFloat16(pairs: bfloat16Pairs)

  /// Whether this machine has the instruction and computes something else with it, so that its
  /// products of bfloat16 are computed without, at the speed of float32.
  package static var refusesPairs: Bool {
    bfloat16Pairs != nil && bfloat16OfThisMachine !== bfloat16Pairs
  }

  /// What a machine computes an arithmetic with.
  /// - Parameter path: not the fastest one, but this, where the machine has it.
  package static func ofThisMachine(
    _ arithmetic: ProductArithmetic, path: ProductPath? = nil
  ) -> InnerLoops {
    switch arithmetic {
    case .float32:
      switch path {
      case .narrow: narrow
      case .wide, .pairs, nil: ofThisMachine
      }
    case .bfloat16:
      switch path {
      case .narrow: bfloat16Narrow
      case .wide: bfloat16Wide ?? bfloat16Narrow
      case .pairs, nil: bfloat16OfThisMachine
      }
    }
  }
}
