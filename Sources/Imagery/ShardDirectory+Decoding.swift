// The directory of a shard from bytes that nobody has checked yet; the format is in
// ShardFormat.swift.

import Basics

extension ShardDirectory {
  /// Reads and checks a directory.
  /// - Parameter bytes: the file's first bytes, `sizes.directoryBytes` of them.
  /// - Throws: `ShardError`.
  static func decoded(
    from bytes: UnsafeRawBufferPointer, _ sizes: ShardSizes, path: String
  ) throws -> (ShardDirectory, [StoredPayload]) {
    precondition(bytes.count == sizes.directoryBytes)
    do {
      let header = try ShardHeader(from: bytes, sizes, path: path)
      var reader = LittleEndianReader(bytes, at: ShardFormat.headerBytes)
      var chips: [ChipRecord] = []
      var payloads: [StoredPayload] = []
      chips.reserveCapacity(header.chipCount)
      payloads.reserveCapacity(header.chipCount)
      for index in 0..<header.chipCount {
        let (chip, payload) = try header.readRecord(index, from: &reader, path: path)
        chips.append(chip)
        payloads.append(payload)
      }
      let (rowStarts, links) = try header.readLinks(from: &reader, path: path)
      let bands = try header.readBands(from: &reader, path: path)
      let scenes = try header.readScenes(from: &reader, path: path)
      let directory = ShardDirectory(
        layout: header.layout, bands: bands, scenes: scenes, chips: chips, rowStarts: rowStarts,
        links: links,
        ownChipCount: header.chipCount - header.copyCount)
      guard reader.position == header.directoryBytes else {
        throw ShardError.malformed(path: path, what: "its directory is longer than its content")
      }
      return (directory, payloads)
    } catch is LittleEndianReader.Exhausted {
      throw ShardError.malformed(path: path, what: "its directory ends early")
    }
  }
}

/// What the header says of sizes, held against the file: enough to know how much of it is
/// directory.
struct ShardSizes {
  let checksum: UInt32
  let directoryBytes: Int
  let fileBytes: Int

  /// - Parameter start: the file's first 64 bytes, or all of a shorter file.
  /// - Throws: `ShardError`.
  init(from start: UnsafeRawBufferPointer, fileBytes found: Int, path: String) throws {
    guard start.starts(with: ShardFormat.magic) else { throw ShardError.notAShard(path: path) }
    guard start.count >= ShardFormat.headerBytes else {
      throw ShardError.wrongLength(
        path: path, expectedBytes: UInt64(ShardFormat.headerBytes), foundBytes: UInt64(found))
    }
    var reader = LittleEndianReader(start, at: ShardFormat.magic.count)
    let version = try reader.readUInt32()
    guard version == ShardFormat.version else {
      throw ShardError.unsupportedVersion(
        path: path, supported: ShardFormat.version, found: version)
    }
    checksum = try reader.readUInt32()
    let directoryBytes = try reader.readUInt64()
    let fileBytes = try reader.readUInt64()
    guard fileBytes == UInt64(found) else {
      throw ShardError.wrongLength(
        path: path, expectedBytes: fileBytes, foundBytes: UInt64(found))
    }
    guard directoryBytes <= fileBytes, directoryBytes >= UInt64(ShardFormat.headerBytes) else {
      throw ShardError.malformed(path: path, what: "its directory has \(directoryBytes) bytes")
    }
    self.directoryBytes = Int(directoryBytes)
    self.fileBytes = found
  }
}

/// The first 64 bytes, checked against the directory.
private struct ShardHeader {
  let directoryBytes: Int
  let fileBytes: Int
  let layout: ChipLayout
  let chipCount: Int
  let copyCount: Int
  let linkCount: Int
  let sceneCount: Int
  let placementCount: Int

  init(from directory: UnsafeRawBufferPointer, _ sizes: ShardSizes, path: String) throws {
    directoryBytes = sizes.directoryBytes
    fileBytes = sizes.fileBytes
    let found = CRC32.of(UnsafeRawBufferPointer(rebasing: directory[ShardFormat.checkedFrom...]))
    guard found == sizes.checksum else {
      throw ShardError.checksumMismatch(
        path: path, part: "the header and index", expected: sizes.checksum, found: found)
    }
    var reader = LittleEndianReader(directory, at: ShardFormat.sidesFrom)
    let side = Int(try reader.readUInt32())
    let bandCount = Int(try reader.readUInt32())
    let code = try reader.readUInt32()
    guard let type = PixelType(code: code),
      let layout = ChipLayout(side: side, bandCount: bandCount, pixelType: type)
    else {
      throw ShardError.malformed(
        path: path, what: "chips of \(bandCount) bands, side \(side) and pixel type \(code)")
    }
    self.layout = layout
    chipCount = Int(try reader.readUInt32())
    copyCount = Int(try reader.readUInt32())
    linkCount = Int(try reader.readUInt32())
    sceneCount = Int(try reader.readUInt32())
    placementCount = Int(try reader.readUInt32())
    // Nothing is allocated for counts that the directory has no room for.
    let least =
      ShardFormat.headerBytes + chipCount * ShardFormat.recordBytes + (chipCount + 1) * 4
      + linkCount * ShardFormat.linkBytes + placementCount * ShardFormat.transformBytes
      + bandCount * ShardFormat.leastBandBytes + sceneCount * ShardFormat.leastSceneBytes
    guard chipCount > 0, copyCount <= chipCount, placementCount <= linkCount,
      least <= directoryBytes
    else {
      throw ShardError.malformed(
        path: path,
        what: "\(chipCount) chips, \(copyCount) of them copies, \(linkCount) links and "
          + "\(sceneCount) scenes in a directory of \(directoryBytes) bytes")
    }
  }

  func readRecord(_ index: Int, from reader: inout LittleEndianReader, path: String) throws -> (
    ChipRecord, StoredPayload
  ) {
    let id = ChipID(try reader.readUInt32())
    let scene = Int(try reader.readUInt32())
    let column = Int(try reader.readUInt32())
    let row = Int(try reader.readUInt32())
    let footprint = Footprint(
      left: try reader.readDouble(), top: try reader.readDouble(), right: try reader.readDouble(),
      bottom: try reader.readDouble())
    let bounds = GeographicBounds(
      west: try reader.readDouble(), south: try reader.readDouble(), east: try reader.readDouble(),
      north: try reader.readDouble())
    func readPoint() throws -> GeographicPoint {
      GeographicPoint(longitude: try reader.readDouble(), latitude: try reader.readDouble())
    }
    let corners = GeographicCorners(
      upperLeft: try readPoint(), upperRight: try readPoint(), lowerRight: try readPoint(),
      lowerLeft: try readPoint())
    let validShare = try reader.readDouble()
    let flags = try reader.readUInt32()
    let checksum = try reader.readUInt32()
    let offset = try reader.readUInt64()
    let pixelBytes = Int(try reader.readUInt32())
    let maskBytes = Int(try reader.readUInt32())
    let isBorderCopy = flags == ShardFormat.borderCopyFlag
    guard flags <= ShardFormat.borderCopyFlag, isBorderCopy == (index >= chipCount - copyCount),
      scene < sceneCount, footprint.isProper, bounds.isFinite, corners.isProper,
      (0...1).contains(validShare)
    else { throw ShardError.malformed(path: path, what: "the index entry of chip \(index)") }
    guard offset >= UInt64(directoryBytes), offset <= UInt64(fileBytes),
      pixelBytes + maskBytes <= fileBytes - Int(offset),
      (1...layout.pixelBytes).contains(pixelBytes),
      maskBytes <= layout.pixelsPerBand
    else { throw ShardError.malformed(path: path, what: "the payload of chip \(index) is outside") }
    return (
      ChipRecord(
        id: id, scene: scene, column: column, row: row, footprint: footprint, bounds: bounds,
        corners: corners, isBorderCopy: isBorderCopy, validShare: validShare),
      StoredPayload(
        offset: Int(offset), pixelBytes: pixelBytes, maskBytes: maskBytes, checksum: checksum)
    )
  }

  func readLinks(from reader: inout LittleEndianReader, path: String) throws -> (
    [Int], [NeighbourLink]
  ) {
    let rowStarts = try (0...chipCount).map { _ in Int(try reader.readUInt32()) }
    guard rowStarts.first == 0, rowStarts.last == linkCount,
      zip(rowStarts, rowStarts.dropFirst()).allSatisfy({ $0 <= $1 })
    else { throw ShardError.malformed(path: path, what: "the row starts of its links") }
    // Placements come in the order of the links that have one.
    var placed = 0
    let entries = try (0..<linkCount).map { _ in
      let chip = Int(try reader.readUInt32())
      let overlap = try reader.readFloat()
      let placement = Int(try reader.readUInt32())
      if placement != 0 { placed += 1 }
      guard chip < chipCount, (0...1).contains(overlap), placement == 0 || placement == placed
      else { throw ShardError.malformed(path: path, what: "a link to a chip that is not there") }
      return (chip: chip, overlap: overlap, isPlaced: placement != 0)
    }
    guard placed == placementCount else {
      throw ShardError.malformed(path: path, what: "the number of its placements")
    }
    let links = try entries.map { entry in
      let placement = entry.isPlaced ? try readTransform(from: &reader, path: path) : nil
      // Edges that are too far out for a number would make no crop.
      let unit = Footprint(left: 0, top: 1, right: 1, bottom: 0)
      guard ChipView(unit, placement: placement, side: layout.side).isProper else {
        throw ShardError.malformed(path: path, what: "the place of a neighbour")
      }
      return NeighbourLink(
        chip: entry.chip, intersectionOverUnion: entry.overlap, placement: placement)
    }
    return (rowStarts, links)
  }

  private func readTransform(from reader: inout LittleEndianReader, path: String) throws
    -> AffineTransform
  {
    let transform = AffineTransform(
      originX: try reader.readDouble(), columnX: try reader.readDouble(),
      rowX: try reader.readDouble(), originY: try reader.readDouble(),
      columnY: try reader.readDouble(), rowY: try reader.readDouble())
    guard transform.isProper else {
      throw ShardError.malformed(path: path, what: "the place of a scene or a neighbour")
    }
    return transform
  }

  func readBands(from reader: inout LittleEndianReader, path: String) throws -> [BandMeaning] {
    try (0..<layout.bandCount).map { index in
      guard let name = try reader.readText(limitBytes: BandMeaning.largestTextBytes),
        let unit = try reader.readText(limitBytes: BandMeaning.largestTextBytes)
      else { throw ShardError.malformed(path: path, what: "the name or unit of band \(index)") }
      let wavelength = try reader.readDouble()
      let scale = try reader.readDouble()
      let offset = try reader.readDouble()
      guard wavelength.isFinite, wavelength >= 0, scale.isFinite, scale != 0,
        offset.isFinite
      else {
        throw ShardError.malformed(path: path, what: "what the values of band \(index) mean")
      }
      return BandMeaning(
        name: name, unit: unit.isEmpty ? nil : unit, wavelength: wavelength == 0 ? nil : wavelength,
        scale: scale, offset: offset)
    }
  }

  func readScenes(from reader: inout LittleEndianReader, path: String) throws -> [SceneReference] {
    try (0..<sceneCount).map { index in
      guard let name = try reader.readText(limitBytes: SceneReference.largestNameBytes),
        let crs = try reader.readText(limitBytes: SceneReference.largestCRSBytes),
        let date = try reader.readText(limitBytes: SceneReference.largestNameBytes)
      else { throw ShardError.malformed(path: path, what: "the name or CRS of scene \(index)") }
      let acquired = AcquisitionTime(date)
      if !date.isEmpty && acquired == nil {
        throw ShardError.malformed(path: path, what: "the date of scene \(index)")
      }
      return SceneReference(
        name: name, crs: crs, transform: try readTransform(from: &reader, path: path),
        acquired: acquired)
    }
  }
}
