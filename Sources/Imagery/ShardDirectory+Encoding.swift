// The directory of a shard as bytes; the format is in ShardFormat.swift.

import Basics

extension ShardDirectory {
  /// The first bytes of a file whose payloads lie as given, up to the first payload.
  func encoded(payloads: [StoredPayload], fileBytes: Int) -> [UInt8] {
    precondition(payloads.count == chips.count)
    var checked = LittleEndianWriter()
    checked.write(UInt64(byteCount))
    checked.write(UInt64(fileBytes))
    for value in [
      layout.side, layout.bandCount, Int(layout.pixelType.code), chips.count,
      chips.count - ownChipCount, links.count, scenes.count, placementCount,
    ] { checked.write(UInt32(value)) }
    for (chip, payload) in zip(chips, payloads) { encode(chip, payload, to: &checked) }
    for start in rowStarts { checked.write(UInt32(start)) }
    encodeLinks(to: &checked)
    for band in bands {
      checked.write(band.name)
      checked.write(band.unit ?? "")
      for value in [band.wavelength ?? 0, band.scale, band.offset] { checked.write(value) }
    }
    for scene in scenes {
      checked.write(scene.name)
      checked.write(scene.crs)
      checked.write(scene.acquired?.description ?? "")
      for value in scene.transform.numbers { checked.write(value) }
    }
    var front = LittleEndianWriter()
    front.write(ShardFormat.version)
    front.write(checked.bytes.withUnsafeBytes { CRC32.of($0) })
    let bytes = ShardFormat.magic + front.bytes + checked.bytes
    precondition(bytes.count == byteCount)
    return bytes
  }

  private func encodeLinks(to writer: inout LittleEndianWriter) {
    var placements: [AffineTransform] = []
    for link in links {
      writer.write(UInt32(link.chip))
      writer.write(link.intersectionOverUnion)
      if let placement = link.placement { placements.append(placement) }
      writer.write(link.placement == nil ? 0 : UInt32(placements.count))
    }
    for placement in placements {
      for value in placement.numbers { writer.write(value) }
    }
  }

  private func encode(
    _ chip: ChipRecord, _ payload: StoredPayload, to writer: inout LittleEndianWriter
  ) {
    writer.write(chip.id.rawValue)
    for value in [chip.scene, chip.column, chip.row] { writer.write(UInt32(value)) }
    let footprint = chip.footprint
    let bounds = chip.bounds
    for value in [
      footprint.left, footprint.top, footprint.right, footprint.bottom, bounds.west, bounds.south,
      bounds.east, bounds.north,
    ] { writer.write(value) }
    for point in chip.corners.points {
      writer.write(point.longitude)
      writer.write(point.latitude)
    }
    writer.write(chip.validShare)
    writer.write(chip.isBorderCopy ? ShardFormat.borderCopyFlag : 0)
    writer.write(payload.checksum)
    writer.write(UInt64(payload.offset))
    writer.write(UInt32(payload.pixelBytes))
    writer.write(UInt32(payload.maskBytes))
  }
}
