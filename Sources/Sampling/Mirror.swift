// Samples mirrored left to right. A mirrored pair is one of a mirrored map: its images keep their
// places beside each other.

import Basics

extension MicrobatchDraw {
  /// Whether a sample is mirrored. Those of evaluations are not: they stay what they are, whatever
  /// a run learns from.
  func isMirrored(_ flips: ImageFlips, sample: Int, seed: UInt64) -> Bool {
    if flips == .none || step == Self.evaluationStep { return false }
    var random = stream(.flip, sample: sample, seed: seed)
    return random.uniform() < 0.5
  }
}

extension Footprint {
  /// On a map whose east is on the left.
  var mirrored: Footprint { Footprint(left: -right, top: top, right: -left, bottom: bottom) }
}

/// Turns the rows of an image round.
enum Mirror {
  /// - Parameters:
  ///   - pixels: (channels, side, side)
  ///   - validity: (side, side)
  static func apply(
    _ pixels: UnsafeMutablePointer<Float>, channels: Int,
    validity: UnsafeMutablePointer<UInt8>, side: Int
  ) {
    for row in 0..<channels * side { reverse(pixels + row * side, count: side) }
    for row in 0..<side { reverse(validity + row * side, count: side) }
  }

  private static func reverse<Value>(_ row: UnsafeMutablePointer<Value>, count: Int) {
    var values = UnsafeMutableBufferPointer(start: row, count: count)
    values.reverse()
  }
}
