// Reads a shard: the directory when it is opened, a chip when it is asked for.

import Basics

/// A shard on this machine's disk, open. Reading is safe from any number of threads, each with its
/// own `ChipBuffer`. A file that is shortened or written to meanwhile is an error; one that is
/// replaced by a rename or removed can be read on.
public final class ShardFile: Sendable {
  /// Where the file lies.
  public let path: String
  /// Everything that the file says of its chips.
  public let directory: ShardDirectory
  /// Of the file when it was opened; what is read later is of that very state.
  public let stamp: FileStamp
  private let file: FileReader
  private let payloads: [StoredPayload]

  /// Opens the file and checks everything but the pixels: sizes, offsets and the directory's
  /// checksum.
  /// - Throws: `ShardError`, `FileError`.
  public init(_ path: String) throws {
    let file = try FileReader(path)
    let stamp = try file.stamp()
    let start = try Self.read(
      0..<min(ShardFormat.headerBytes, stamp.byteCount), of: file, state: stamp)
    let sizes = try start.withUnsafeBytes {
      try ShardSizes(from: $0, fileBytes: stamp.byteCount, path: path)
    }
    let bytes = try Self.read(0..<sizes.directoryBytes, of: file, state: stamp)
    (directory, payloads) = try bytes.withUnsafeBytes {
      try ShardDirectory.decoded(from: $0, sizes, path: path)
    }
    self.path = path
    self.file = file
    self.stamp = stamp
  }

  /// What every chip looks like.
  public var layout: ChipLayout { directory.layout }
  /// The shard's own chips, then the border copies.
  public var chips: [ChipRecord] { directory.chips }
  /// The size of the file.
  public var byteCount: Int { stamp.byteCount }

  /// Bytes of a chip as stored, pixels and mask.
  public func storedBytes(of chip: Int) -> Int { payloads[chip].byteCount }

  /// The digest of the whole file, which is read from end to end.
  /// - Parameter advance: told how many bytes were read since it was told last; what it throws ends
  ///   the reading.
  /// - Throws: `ShardError`, `FileError`.
  public func digest(advance: (Int) throws -> Void = { _ in }) throws -> Digest {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { piece.deallocate() }
    var digest = StreamingDigest()
    var done = 0
    while done < byteCount {
      let count = try file.read(into: piece, at: done)
      if count == 0 { break }
      digest.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      done += count
      try advance(count)
    }
    guard try file.stamp() == stamp else { throw ShardError.changedMeanwhile(path: path) }
    return digest.digest
  }

  /// Fills `buffer` with a chip, after verifying the checksum of its payload.
  /// - Throws: `ShardError`, `FileError`.
  /// - Precondition: the buffer has the shard's layout.
  public func decode(chip: Int, into buffer: ChipBuffer) throws {
    precondition(buffer.layout == layout)
    guard payloads.indices.contains(chip) else {
      throw ShardError.noSuchChip(path: path, chip: chip, chipCount: payloads.count)
    }
    let stored = UnsafeMutableRawBufferPointer(
      rebasing: buffer.stored[..<payloads[chip].byteCount])
    try Self.fill(stored, from: payloads[chip].offset, of: file, state: stamp)
    try decode(chip, UnsafeRawBufferPointer(stored), into: buffer)
  }

  private static func read(
    _ range: Range<Int>, of file: FileReader, state: FileStamp
  ) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      try fill(
        UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[..<range.count]),
        from: range.lowerBound, of: file, state: state)
      count = range.count
    }
  }

  /// The stamp is looked at after reading: on a disk of this machine `write` leaves its mark there
  /// before it changes a byte. What it does not show, a chip's checksum does: writes through a
  /// mapping, those of other machines on NFS, and two within one tick of the file system's clock.
  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from offset: Int, of file: FileReader,
    state: FileStamp
  ) throws {
    let count = try file.read(into: buffer, at: offset)
    guard count == buffer.count, try file.stamp() == state else {
      throw ShardError.changedMeanwhile(path: file.path)
    }
  }

  /// - Parameter stored: the payload, pixels and mask.
  private func decode(_ chip: Int, _ stored: UnsafeRawBufferPointer, into buffer: ChipBuffer) throws
  {
    let payload = payloads[chip]
    let found = CRC32.of(stored)
    guard found == payload.checksum else {
      throw ShardError.checksumMismatch(
        path: path, part: "chip \(chip)", expected: payload.checksum, found: found)
    }
    do {
      try buffer.unpack(stored, payload)
    } catch {
      throw ShardError.malformed(path: path, what: "chip \(chip): \(error)")
    }
  }
}
