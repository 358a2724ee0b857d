// Numbers in a fixed number of digits, so that names sort and hexadecimal lines up.

extension BinaryInteger {
  /// The number, with zeros before it up to `count` digits; longer ones stay whole.
  /// - Precondition: it is not negative.
  package func zeroPadded(to count: Int, radix: Int = 10) -> String {
    precondition(self >= 0)
    let digits = String(self, radix: radix)
    return String(repeating: "0", count: max(0, count - digits.count)) + digits
  }
}
