// What is kept of a gradient's chunk once it is in a sum. Not here: how it is taken, which codecs
// know, and what follows from it, which Coordination decides.

/// How long a chunk's values are as a vector, and what tells them from others.
package struct ChunkMeasure: Hashable, Sendable {
  /// Σ value², of the values as decoded.
  package let squaredNorm: Double
  /// Of the values. Equal values have equal ones within one process, whoever encoded them; others
  /// have another, as far as nobody knows the process' key (`Checksum.of(_:key:)`).
  package let fingerprint: UInt64

  package init(squaredNorm: Double, fingerprint: UInt64) {
    self.squaredNorm = squaredNorm
    self.fingerprint = fingerprint
  }
}
