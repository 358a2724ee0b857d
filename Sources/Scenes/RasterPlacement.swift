// Where a raster says that it lies: upright, along the map's axes in another order, or in a way
// that needs warping.

import Basics
import Imagery
import Maps

/// How a raster comes onto a map.
enum RasterPlacement {
  /// By re-indexing: every pixel as it is.
  case upright(RasterGrid, RasterOrientation, SpatialReference)
  /// By warping, for a reason that continues "scene.tif …".
  case warped(reason: String, bends: Bool)

  /// - Parameter corners: of the image on the globe, where its raster does not place it.
  /// - Throws: `SceneError.noGeoreferencing`.
  init(of raster: Raster, corners: GeographicCorners?) throws {
    if let reference = raster.spatialReference, let transform = raster.transform {
      self = try Self.placed(raster, transform, reference)
      return
    }
    if let corners {
      guard let reference = SpatialReference.wgs84() else {
        throw SceneError.noGeoreferencing(
          scene: raster.path, what: "WGS 84 in PROJ's database (is PROJ_DATA right?)")
      }
      if let box = corners.boxTransform(width: raster.width, height: raster.height) {
        self = try Self.placed(raster, box, reference)
      } else {
        self = .warped(reason: "lies askew in its footprint", bends: true)
      }
      return
    }
    if raster.hasControlPoints {
      self = .warped(reason: "has control points but no geotransform", bends: false)
    } else if raster.hasRationalFunctions {
      self = .warped(reason: "is placed by rational functions (RPC)", bends: false)
    } else {
      throw SceneError.noGeoreferencing(
        scene: raster.path,
        what: raster.spatialReference == nil ? "coordinate reference system" : "place on the map")
    }
  }

  private static func placed(
    _ raster: Raster, _ transform: AffineTransform, _ reference: SpatialReference
  ) throws -> RasterPlacement {
    guard transform.isProper else {
      throw SceneError.noGeoreferencing(scene: raster.path, what: "finite place on the map")
    }
    guard
      let (grid, orientation) = RasterOrientation.upright(
        width: raster.width, height: raster.height, transform)
    else { return .warped(reason: "is rotated against its map", bends: false) }
    guard grid.footprint.isProper else {
      throw SceneError.noGeoreferencing(scene: raster.path, what: "finite place on the map")
    }
    return .upright(grid, orientation, reference)
  }

  /// Whether the raster already lies on a grid, if turned.
  func lies(on grid: RasterGrid, in reference: SpatialReference) -> RasterOrientation? {
    guard case .upright(let own, let orientation, let system) = self, own.isSame(as: grid),
      system.isSame(as: reference)
    else { return nil }
    return orientation
  }
}
