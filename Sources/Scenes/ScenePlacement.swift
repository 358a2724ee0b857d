// Which grid a scene's pixels have, and how each of its rasters comes onto it: as it is, turned, or
// warped.

import Basics
import Imagery
import Maps

struct ScenePlacement {
  private(set) var grid: RasterGrid
  let reference: SpatialReference
  private let recipe: SceneRecipe
  private let options: ReadingOptions
  private var placements: [(raster: Raster, placement: RasterPlacement)] = []
  /// The raster whose grid GDAL finds when it warps it, which is the scene's.
  private var base: Raster?

  /// Takes the finest grid of the rasters that lie upright, or else the one that GDAL warps the
  /// first raster to.
  /// - Throws: `SceneError`.
  init(_ rasters: [Raster], _ recipe: SceneRecipe, _ options: ReadingOptions) throws {
    self.recipe = recipe
    self.options = options
    var finest: (grid: RasterGrid, reference: SpatialReference)?
    for raster in rasters {
      let placement = try RasterPlacement(of: raster, corners: recipe.corners)
      placements.append((raster, placement))
      guard case .upright(let grid, _, let reference) = placement else { continue }
      // Pixel sizes compare within one system of coordinates.
      if let known = finest,
        !(known.reference.isSame(as: reference)
          && grid.transform.columnX < known.grid.transform.columnX * (1 - Self.sizeTolerance))
      {
        continue
      }
      finest = (grid, reference)
    }
    if let finest {
      (grid, reference) = finest
    } else {
      (grid, reference) = try Self.warpedGrid(of: placements[0], recipe, options)
      base = placements[0].raster
    }
    guard let resolution = options.resolution else { return }
    let box = grid.footprint
    let side = max(box.width, box.height) / resolution
    guard resolution > 0, side.isFinite, side < Double(Int32.max) else {
      throw SceneError.unsuitableResolution(scene: recipe.source, resolution: resolution)
    }
    let resized = grid.resized(to: resolution)
    if !resized.isSame(as: grid) {
      grid = resized
      base = nil
    }
  }

  /// Sizes that differ by less are equal but for rounding.
  private static let sizeTolerance = 1e-6

  private static func warpedGrid(
    of first: (raster: Raster, placement: RasterPlacement), _ recipe: SceneRecipe,
    _ options: ReadingOptions
  ) throws -> (RasterGrid, SpatialReference) {
    let probe = try first.raster.placed(
      [first.raster.bands[0].number], first.placement, recipe.corners
    ).warped(
      Raster.Warping(resampling: options.resampling, bends: first.placement.bends))
    guard let transform = probe.transform, let reference = probe.spatialReference,
      transform.isNorthUp
    else {
      throw SceneError.noGeoreferencing(scene: first.raster.path, what: "place on the map")
    }
    return (
      RasterGrid(width: probe.width, height: probe.height, transform: transform), reference
    )
  }

  private func placement(of raster: Raster) -> RasterPlacement? {
    placements.first { $0.raster === raster }?.placement
  }

  /// Whether a raster's values become means of several.
  func interpolates(_ raster: Raster) -> Bool {
    placement(of: raster)?.lies(on: grid, in: reference) == nil && options.resampling != .nearest
  }

  /// A raster on the scene's grid: one layer, or one for each nodata value of its bands when it is
  /// warped.
  func layers(of raster: Raster, _ channels: [SceneChannel]) throws -> [SceneLayer] {
    guard let placement = placement(of: raster) else { return [] }
    let alpha = raster.bands.filter { $0.isAlpha && !SceneRasters.uses(channels, raster, $0) }
    if let orientation = placement.lies(on: grid, in: reference) {
      var layer = SceneLayer(raster, orientation, channels: channels.map { ($0, $0.number) })
      for band in alpha { layer.addAlpha(band.number, .alpha) }
      layer.addMasks(of: channels.map(\.number))
      return [layer]
    }
    if channels.contains(where: { $0.type == .int8 }) {
      throw SceneError.notBroughtToGrid(
        scene: raster.path, reason: "its bytes have a sign, which warping would lose")
    }
    var groups: [(nodata: Double?, channels: [SceneChannel])] = []
    for channel in channels {
      let nodata = channel.nodata.first
      if let place = groups.firstIndex(where: { $0.nodata == nodata }) {
        groups[place].channels.append(channel)
      } else {
        groups.append((nodata, [channel]))
      }
    }
    return try groups.map { nodata, channels in
      let selected = try raster.placed(
        channels.map(\.number), placement, recipe.corners, alpha: alpha.map(\.number))
      let warped = try selected.warped(
        Raster.Warping(
          target: raster === base ? nil : (grid, reference.description.wkt),
          resampling: options.resampling, nodata: nodata, bends: placement.bends))
      var layer = SceneLayer(
        warped, RasterOrientation(),
        channels: channels.enumerated().map { ($0.element, $0.offset + 1) })
      layer.addAlpha(warped.bands.count, .outside)
      return layer
    }
  }

  /// A quality layer on the scene's grid. Its values are never interpolated.
  mutating func quality(_ source: MaskSource, of raster: Raster) throws -> QualityLayer {
    guard raster.bands.contains(where: { $0.number == source.number }) else {
      throw SceneError.noSuchBand(
        scene: raster.path, number: source.number, count: raster.bands.count)
    }
    let placement = try RasterPlacement(of: raster, corners: recipe.corners)
    if let orientation = placement.lies(on: grid, in: reference) {
      return QualityLayer(
        SceneLayer(raster, orientation, channels: []), band: source.number, source)
    }
    let warped = try raster.placed([source.number], placement, recipe.corners).warped(
      Raster.Warping(
        target: (grid, reference.description.wkt), resampling: .nearest, bends: placement.bends))
    var layer = SceneLayer(warped, RasterOrientation(), channels: [])
    layer.addAlpha(warped.bands.count, .outside)
    return QualityLayer(layer, band: 1, source)
  }

  /// What was warped, and why.
  func remarks(_ channels: [SceneChannel]) -> [String] {
    var remarks: [String] = []
    var resampled: [String] = []
    for (raster, placement) in placements {
      if placement.lies(on: grid, in: reference) != nil { continue }
      if case .warped(let reason, _) = placement {
        remarks.append(
          "\(Files.name(of: raster.path).visible) \(reason) and was warped (\(options.resampling.rawValue))"
        )
      } else {
        resampled += channels.filter { $0.raster === raster }.map(\.source.name)
      }
    }
    if !resampled.isEmpty {
      let names = HumanFormat.listed(resampled.map(\.visible), "band", first: 12)
      remarks.append(
        "\(recipe.name.visible): \(names) brought to pixels of \(grid.transform.columnX) map units "
          + "(\(options.resampling.rawValue))")
    }
    return remarks
  }
}

extension RasterPlacement {
  fileprivate var bends: Bool {
    if case .warped(_, let bends) = self { bends } else { false }
  }
}

extension Raster {
  /// Some bands, with no nodata value of their own, where the image lies.
  fileprivate func placed(
    _ numbers: [Int], _ placement: RasterPlacement, _ corners: GeographicCorners?,
    alpha: [Int] = []
  ) throws -> Raster {
    var selection = Selection(bands: numbers + alpha, nodata: .none)
    selection.plainBands = Array(1..<(numbers.count + 1))
    if let corners, spatialReference == nil || transform == nil { selection.corners = corners }
    return try selecting(selection)
  }
}
