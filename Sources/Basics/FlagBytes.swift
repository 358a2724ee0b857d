// Bytes that say yes or no, counted. Masks of pixels are such bytes.

package enum FlagBytes {
  /// Bytes whose count fits into a byte, so that as many are counted at once as a register holds;
  /// a multiple of what a loop of vector instructions takes, so that it leaves nothing to others.
  private static let run = 128

  /// How many of the first bytes are not 0.
  package static func countSet(_ flags: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var total = 0
    var start = 0
    while start < count {
      let part = flags + start
      var set: UInt8 = 0
      // Written so that the compiler makes vector instructions of it; a literal in the place of the
      // conversion becomes a branch.
      for index in 0..<min(run, count &- start) {
        set &+= UInt8(truncatingIfNeeded: part[index] != 0 ? 1 : 0)
      }
      total &+= Int(set)
      start &+= run
    }
    return total
  }
}
