// Whether a byte plane is worth compressing, and doing it.

/// Planes of mantissa bits are noise: trying LZ4 on all of them would take most of an encoder's
/// time. A plane longer than its sample is tried on that first: four windows at fixed places. The
/// choice is a function of the plane's bytes alone, so equal planes give equal chunks everywhere.
enum PlaneCompression {
  static let windowBytes = 2048
  static let windows = 4
  /// A sample must shrink by a sixteenth.
  static let worthwhileBytes = windowBytes * windows * 15 / 16

  /// The size of `plane`'s LZ4 block in `room`, or nil when it does not shrink or, by its sample,
  /// hardly would.
  /// - Parameter room: as long as the plane; its bytes are undefined after nil.
  static func compress(
    _ plane: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) -> Int? {
    precondition(room.count == plane.count)
    if plane.count > windows * windowBytes && !isWorthwhile(plane, trial: room) { return nil }
    return LZ4Block.compress(plane, into: UnsafeMutableRawBufferPointer(rebasing: room.dropLast()))
  }

  private static func isWorthwhile(
    _ plane: UnsafeRawBufferPointer, trial: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let room = UnsafeMutableRawBufferPointer(rebasing: trial[..<windowBytes])
    var total = 0
    for index in 0..<windows {
      let start = (plane.count - windowBytes) / (windows - 1) * index
      let window = UnsafeRawBufferPointer(rebasing: plane[start..<start + windowBytes])
      total += LZ4Block.compress(window, into: room) ?? windowBytes
    }
    return total <= worthwhileBytes
  }
}
