// Which of two ways products, softmax and GELU are computed: their results are the same bits.

import CProcessor

package enum WideRegisters {
  /// Whether this machine has 512-bit registers and what belongs to them (x86-64-v4).
  package static let arePresent = processor_has_512_bit_registers()
}
