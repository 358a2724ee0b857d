// Vectors of chips as GeoParquet, with the columns of Major TOM's tables and Clay's `datetime`. One
// row a chip; memory is that of a group of rows.

import Basics
import Foundation
import Imagery
import Observability
import Parquet
import Tensors

/// What a table holds, counted while it is written.
package struct FeatureTableSummary: Sendable {
  package var rows = 0
  /// Chips of which less than half is valid.
  package var dropped = 0
  package var withoutDate = 0
  /// West, south, east and north of all rows, in degrees; nil while there are none, and meaningless
  /// once `crossesAntimeridian`.
  package var bounds: GeographicBounds?
  package var crossesAntimeridian = false
  package var earliest: AcquisitionTime?
  package var latest: AcquisitionTime?
}

/// Makes one table.
package struct FeatureTable {
  private let source: FeatureSource
  private let pooling: Pooling
  private let pool: ThreadPool
  /// Names what the vectors were made with: it is in every row's `unique_id`.
  private let maker: String

  /// Bytes of a group of rows, about.
  private static let groupBytes = 32 << 20

  package init(by source: FeatureSource, _ pooling: Pooling, maker: String, pool: ThreadPool) {
    self.source = source
    self.pooling = pooling
    self.maker = maker
    self.pool = pool
  }

  static let columns = [
    ParquetColumn("unique_id", .text), ParquetColumn("embedding", .floats),
    ParquetColumn("timestamp", .timestamp, isOptional: true),
    ParquetColumn("datetime", .timestamp, isOptional: true), ParquetColumn("product_id", .text),
    ParquetColumn("grid_cell", .text), ParquetColumn("grid_row_u", .int32),
    ParquetColumn("grid_col_r", .int32), ParquetColumn("geometry", .bytes),
    ParquetColumn("centre_lat", .float64), ParquetColumn("centre_lon", .float64),
    ParquetColumn("utm_footprint", .text), ParquetColumn("utm_crs", .text),
    ParquetColumn("pixel_bbox", .integers),
  ]

  /// Writes the table, whole or not at all.
  /// - Parameters:
  ///   - chips: how many there are in all streams, for the bar.
  ///   - next: one stream after another, then nil.
  /// - Throws: what is wrong with chips; `EmbeddingError.noChips`; `FileError`.
  package func write(
    to path: String, chips: Int, metadata: [(key: String, value: String)],
    _ next: () throws -> ChipStream?
  ) throws -> FeatureTableSummary {
    var summary = FeatureTableSummary()
    let bar = ProgressBar(
      title: "Features", total: chips, unit: "chips", console: Console(),
      startingAt: .monotonicNow())
    defer { bar.finish() }
    var done = 0
    try Files.writeDurably(to: path) { file in
      let writer = try ParquetWriter(file, columns: Self.columns)
      var group = writer.emptyGroup()
      while let stream = try next() {
        for first in stride(from: 0, to: stream.count, by: source.capacity) {
          let range = first..<min(first + source.capacity, stream.count)
          for (place, vector) in try vectors(of: stream, range, &summary) {
            append(vector, place, to: &group, &summary)
          }
          done += range.count
          bar.update(done: done, at: .monotonicNow())
          if group.reduce(0, { $0 + $1.byteCount }) >= Self.groupBytes {
            try writer.append(group)
            group = writer.emptyGroup()
          }
        }
      }
      guard summary.rows > 0 else { throw EmbeddingError.noChips(dropped: summary.dropped) }
      try writer.append(group)
      try writer.finish(metadata: [("geo", try Self.geo(summary))] + metadata)
    }
    return summary
  }

  /// The vectors of some chips, without those that are dropped.
  private func vectors(
    of stream: ChipStream, _ range: Range<Int>, _ summary: inout FeatureTableSummary
  ) throws -> [(EmbeddedChip, [Float])] {
    let values = source.patches.valueCount
    let images = FloatBuffer(count: range.count * values)
    let loaded = Monitor([Result<EmbeddedChip?, any Error>?](repeating: nil, count: range.count))
    pool.forEach(
      range.count,
      withSlot: { part, slot in
        let result = Result {
          try stream.load(range.lowerBound + part, slot, images.pointer + part * values)
        }
        loaded.withLock { $0[part] = result }
      })
    var places: [EmbeddedChip] = []
    for (part, result) in loaded.withLock({ $0 }).enumerated() {
      guard let place = try result?.get() else {
        summary.dropped += 1
        continue
      }
      if places.count != part {
        (images.pointer + places.count * values).update(
          from: images.pointer + part * values, count: values)
      }
      places.append(place)
    }
    if places.isEmpty { return [] }
    let result = source.compute(UnsafePointer(images.pointer), places.count)
    return places.enumerated().map { image, place in
      (place, pooling.vector(ofImage: image, in: UnsafePointer(result.pointer), by: source))
    }
  }

  private func append(
    _ vector: [Float], _ place: EmbeddedChip, to group: inout [ParquetValues],
    _ summary: inout FeatureTableSummary
  ) {
    let (longitude, latitude) = Self.centre(place.corners)
    let cell = MajorTOMCell(longitude: longitude, latitude: latitude)
    let window = place.window
    let name =
      "\(place.scene)|\(place.acquired?.description ?? "")|\(window.column) \(window.row) "
      + "\(window.width)|\(maker)|\(pooling.rawValue)"
    group[0].append(Digest(of: name).description)
    vector.withUnsafeBufferPointer { group[1].append($0) }
    for column in 2...3 {
      if let time = place.acquired {
        group[column].append(microseconds: time.secondsSince1970 * 1_000_000)
      } else {
        group[column].appendNothing()
      }
    }
    group[4].append(place.scene)
    group[5].append(cell.name)
    group[6].append(Int32(cell.row))
    group[7].append(Int32(cell.column))
    group[8].append(WellKnown.binary(place.corners))
    group[9].append(latitude)
    group[10].append(longitude)
    group[11].append(WellKnown.text(place.footprint))
    group[12].append(place.system)
    group[13].append(
      [
        window.column, window.row, window.column + window.width, window.row + window.height,
      ].map { Int32($0) })
    summary.add(place)
  }

  /// The middle of the corners, across the antimeridian too.
  private static func centre(_ corners: GeographicCorners) -> (longitude: Double, latitude: Double)
  {
    let first = corners.upperLeft.longitude
    let points = corners.points
    let longitudes = points.map { point -> Double in
      let step = point.longitude - first
      return first + (step > 180 ? step - 360 : step < -180 ? step + 360 : step)
    }
    let mean = longitudes.reduce(0, +) / Double(points.count)
    let longitude = mean > 180 ? mean - 360 : mean < -180 ? mean + 360 : mean
    return (longitude, points.reduce(0) { $0 + $1.latitude } / Double(points.count))
  }

  /// What makes the table GeoParquet 1.1; without a system it is longitude and latitude on WGS 84.
  private static func geo(_ summary: FeatureTableSummary) throws -> String {
    struct Geo: Encodable {
      struct Column: Encodable {
        var encoding = "WKB"
        var geometryTypes = ["Polygon"]
        var orientation = "counterclockwise"
        var bbox: [Double]?

        enum CodingKeys: String, CodingKey {
          case encoding, orientation, bbox
          case geometryTypes = "geometry_types"
        }
      }
      var version = "1.1.0"
      var primaryColumn = "geometry"
      var columns: [String: Column]

      enum CodingKeys: String, CodingKey {
        case version, columns
        case primaryColumn = "primary_column"
      }
    }
    var column = Geo.Column()
    if let bounds = summary.bounds, !summary.crossesAntimeridian {
      column.bbox = [bounds.west, bounds.south, bounds.east, bounds.north]
    }
    return try JSONText.encode(Geo(columns: ["geometry": column]), .line)
  }
}

extension FeatureTableSummary {
  fileprivate mutating func add(_ place: EmbeddedChip) {
    rows += 1
    if let time = place.acquired {
      earliest = min(earliest ?? time, time)
      latest = max(latest ?? time, time)
    } else {
      withoutDate += 1
    }
    let longitudes = place.corners.points.map(\.longitude)
    let latitudes = place.corners.points.map(\.latitude)
    let (west, east) = (longitudes.min() ?? 0, longitudes.max() ?? 0)
    let (south, north) = (latitudes.min() ?? 0, latitudes.max() ?? 0)
    if east - west > 180 { crossesAntimeridian = true }
    bounds = GeographicBounds(
      west: min(bounds?.west ?? west, west), south: min(bounds?.south ?? south, south),
      east: max(bounds?.east ?? east, east), north: max(bounds?.north ?? north, north))
  }
}
