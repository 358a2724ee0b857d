// The bounds of every message. Both sides check them: what could not be decoded is not encoded
// either.

/// The version of the messages' meaning. A coordinator refuses a worker of another one.
package enum WireProtocol {
  package static let version: UInt32 = 6
}

/// What a message may hold at most.
package enum WireLimits {
  /// A protobuf header frame. Unpacking allocates up to about 40 bytes for each of these (an empty
  /// chunk request takes 2 bytes on the wire), so a hostile header costs 10 MiB for the time of one
  /// decode.
  package static let headerBytes = 256 << 10
  /// An encoded chunk: 1 MiB of values that did not shrink, with its own header.
  package static let chunkPayloadBytes = (1 << 20) + (4 << 10)
  /// The text of a run's configuration, UTF-8.
  package static let configurationBytes = 1 << 20
  /// A message's longest frame: what a transport needs to let pass.
  package static let frameBytes = chunkPayloadBytes
  /// A header and at most one payload.
  package static let framesPerMessage = 2

  /// Worker names and run identities, UTF-8.
  package static let nameBytes = 256
  /// Reasons, UTF-8; longer ones are cut when encoded.
  package static let reasonBytes = 4096
  /// Shards of all versions of a dataset together.
  package static let heldShards = 32_768
  /// Versions of a dataset beside the newest one.
  package static let earlierVersions = 64
  /// Requests in one message: a window of them.
  package static let chunkRequests = Int(window.upperBound)
  package static let threads: ClosedRange<UInt32> = 1...4096
  package static let parameters: ClosedRange<UInt64> = 1...(1 << 36)
  /// Chunks that may be under way for one worker.
  package static let window: ClosedRange<UInt32> = 1...64
  /// Chunks that one credit may add.
  package static let credit = window
  /// Chunks that a lease may begin with.
  package static let initialCredit: ClosedRange<UInt32> = 0...window.upperBound
  /// A set of chunks: a bit for each that `parameters` can have.
  package static let chunkSetBytes = 32 << 10
  /// Heartbeat intervals and timeouts, in nanoseconds: a millisecond to a day.
  package static let heartbeatNanoseconds: ClosedRange<Int64> = 1_000_000...86_400_000_000_000
  /// Hidden pixels of a microbatch: what a double holds exactly.
  package static let hiddenPixels: ClosedRange<Int> = 0...(1 << 53)
  /// Pairs of a microbatch.
  package static let pairs: ClosedRange<Int> = 0...(1 << 31)
  /// What an objective may measure beside its loss.
  package static let measures = 32
  /// The time a phase of one microbatch took, in seconds.
  package static let phaseSeconds: ClosedRange<Double> = 0...1e6
  /// Memory that a process may say it has: no machine has more.
  package static let memoryBytes: ClosedRange<Int> = 0...(1 << 48)
}
