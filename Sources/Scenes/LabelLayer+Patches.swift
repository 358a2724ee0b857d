// Which patches of a grid the features of a layer label: the patch that holds a point, the patches
// whose centres lie in a polygon, as GDAL burns them.

import Basics
import CGDAL
import Maps

extension LabelLayer {
  /// What the features label on one grid.
  package struct Patches: Sendable {
    /// In rows; each patch once.
    package var patches: [LabelledPatch] = []
    /// Numbers of the features that label a patch or would, but for another one.
    package var features: Set<Int> = []
    /// Patches that features of different labels claim, and that are left out.
    package var contradictions = 0
  }

  /// A patch of several features with one label is for the test, if any of them is, and else for
  /// val: what is tested is not trained on.
  /// - Parameters:
  ///   - grid: a pixel is a patch; north up.
  ///   - reference: of the grid.
  ///   - needsRole: whether features without a role are left out.
  /// - Throws: `LabelError.noSystem` where PROJ knows no way to the grid's system.
  package func patches(
    on grid: RasterGrid, in reference: SpatialReference, needsRole: Bool
  ) throws(LabelError) -> Patches {
    let isSame = reference.isSame(as: self.reference)
    var way: OGRCoordinateTransformationH?
    if !isSame {
      way = self.reference.openWay(to: reference)
      if way == nil { throw .noSystem(path: path) }
    }
    defer { if let way { OCTDestroyCoordinateTransformation(way) } }
    var claims: [Int: LabelledPatch?] = [:]
    var result = Patches()
    OGR_L_ResetReading(layer)
    while let feature = RasterMessages().collect({ OGR_L_GetNextFeature(layer) }) {
      defer { OGR_F_Destroy(feature) }
      guard let shape = Self.shape(of: feature), let content = try content(of: feature),
        content.role != nil || !needsRole,
        let flat = Self.brought(shape, by: way, grid: grid)
      else { continue }
      defer { OGR_G_DestroyGeometry(flat) }
      let places = Self.places(of: flat, on: grid)
      if !places.isEmpty { result.features.insert(Int(OGR_F_GetFID(feature))) }
      for place in places {
        let patch = LabelledPatch(
          column: place % grid.width, row: place / grid.width, label: content.value,
          number: content.value.number ?? .nan, role: content.role)
        claim(place, patch, &claims)
      }
    }
    for (_, patch) in claims.sorted(by: { $0.key < $1.key }) {
      if let patch { result.patches.append(patch) } else { result.contradictions += 1 }
    }
    return result
  }

  private func claim(_ place: Int, _ patch: LabelledPatch, _ claims: inout [Int: LabelledPatch?]) {
    switch claims[place] {
    case .none: claims[place] = .some(patch)
    case .some(.none): return
    case .some(.some(let other)):
      if other.label != patch.label {
        claims[place] = .some(nil)
      } else if patch.role.rank > other.role.rank {
        claims[place] = .some(patch)
      }
    }
  }

  /// A copy of a shape in the grid's system, without curves and heights; nil where PROJ has no
  /// place for it.
  private static func brought(
    _ shape: OGRGeometryH, by way: OGRCoordinateTransformationH?, grid: RasterGrid
  ) -> OGRGeometryH? {
    guard let flat = OGR_G_GetLinearGeometry(shape, 0, nil) else { return nil }
    OGR_G_FlattenTo2D(flat)
    guard let way else { return flat }
    // Straight edges of one map are curves on another: points along them are brought too.
    var box = OGREnvelope()
    OGR_G_GetEnvelope(flat, &box)
    let longest = max(box.MaxX - box.MinX, box.MaxY - box.MinY)
    if longest > 0 { OGR_G_Segmentize(flat, longest / Double(segments)) }
    let isDone = RasterMessages().collect { OGR_G_Transform(flat, way) == OGRERR_NONE }
    if isDone { return flat }
    OGR_G_DestroyGeometry(flat)
    return nil
  }

  /// Pieces of a shape's longest extent, between which its edges are straight.
  private static let segments = 64

  /// Row by row, the patches that a shape labels.
  private static func places(of shape: OGRGeometryH, on grid: RasterGrid) -> [Int] {
    if OGR_G_GetDimension(shape) == 0 {
      let parts = OGR_G_GetGeometryCount(shape)
      let points = parts == 0 ? [shape] : (0..<parts).compactMap { OGR_G_GetGeometryRef(shape, $0) }
      return points.compactMap { point in
        grid.pixel(at: MapPoint(x: OGR_G_GetX(point, 0), y: OGR_G_GetY(point, 0)))
      }
    }
    var box = OGREnvelope()
    OGR_G_GetEnvelope(shape, &box)
    guard let window = grid.window(around: box) else { return [] }
    return burn(shape, in: window, of: grid).map { index in
      (window.row + index / window.width) * grid.width + window.column + index % window.width
    }
  }

  /// The pixels of a window whose centres lie in a shape.
  private static func burn(
    _ shape: OGRGeometryH, in window: PixelWindow, of grid: RasterGrid
  ) -> [Int] {
    guard let driver = GDALGetDriverByName("MEM"),
      let raster = GDALCreate(
        driver, "", Int32(window.width), Int32(window.height), 1, GDT_Byte, nil)
    else { return [] }
    defer { GDALClose(raster) }
    let box = grid.footprint(window)
    var transform = [
      box.left, grid.transform.columnX, 0, box.top, 0, grid.transform.rowY,
    ]
    GDALSetGeoTransform(raster, &transform)
    var (band, value) = (Int32(1), 1.0)
    var shapes: [OGRGeometryH?] = [shape]
    var burnt = [UInt8](repeating: 0, count: window.count)
    let isDone = RasterMessages().collect {
      GDALRasterizeGeometries(
        raster, 1, &band, 1, &shapes, nil, nil, &value, nil, nil, nil) == CE_None
        && GDALRasterIO(
          GDALGetRasterBand(raster, 1), GF_Read, 0, 0, Int32(window.width), Int32(window.height),
          &burnt, Int32(window.width), Int32(window.height), GDT_Byte, 0, 0) == CE_None
    }
    return isDone ? burnt.indices.filter { burnt[$0] != 0 } : []
  }
}

extension LabelRole? {
  /// Which of several roles counts: the highest.
  fileprivate var rank: Int {
    switch self {
    case nil: 0
    case .train: 1
    case .val: 2
    case .test: 3
    }
  }
}

extension RasterGrid {
  /// The number of the pixel, row by row, that holds a place of the map; nil beyond the grid.
  package func pixel(at place: MapPoint) -> Int? {
    let column = ((place.x - transform.originX) / transform.columnX).rounded(.down)
    let row = ((place.y - transform.originY) / transform.rowY).rounded(.down)
    guard column >= 0, row >= 0, column < Double(width), row < Double(height) else { return nil }
    return Int(row) * width + Int(column)
  }

  /// The pixels that a box of the map touches; nil where there are none.
  fileprivate func window(around box: OGREnvelope) -> PixelWindow? {
    func range(_ low: Double, _ high: Double, _ count: Int) -> Range<Int>? {
      let first = max(0, low.rounded(.down))
      let last = min(Double(count), high.rounded(.up))
      return first < last ? Int(first)..<Int(last) : nil
    }
    guard
      let columns = range(
        (box.MinX - transform.originX) / transform.columnX,
        (box.MaxX - transform.originX) / transform.columnX, width),
      let rows = range(
        (box.MaxY - transform.originY) / transform.rowY,
        (box.MinY - transform.originY) / transform.rowY, height)
    else { return nil }
    return PixelWindow(
      column: columns.lowerBound, row: rows.lowerBound, width: columns.count, height: rows.count)
  }
}
