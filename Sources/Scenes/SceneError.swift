// What a file can be that no scene can be read from.

import Basics

/// Why a scene cannot be read. Each description names the file, says what is wrong and what to do.
package enum SceneError: Error, CustomStringConvertible {
  case unreadable(scene: String, reason: String)
  case notARaster(scene: String)
  case noGeoreferencing(scene: String, what: String)
  case rotated(scene: String)
  case flipped(scene: String)
  case unsupportedPixelType(scene: String, found: String)
  case mixedPixelTypes(scene: String, types: String)

  package var description: String {
    switch self {
    case .unreadable(let scene, let reason):
      "cannot read \(scene): \(reason)"
    case .notARaster(let scene):
      "\(scene) has no image bands. If it is a container, name one of its subdatasets instead "
        + "(gdalinfo lists them)."
    case .noGeoreferencing(let scene, let what):
      "\(scene) has no \(what), and neighbours are found on the map. Add it with gdal_translate "
        + "(-a_srs, -a_ullr), or warp the scene with gdalwarp when it has control points."
    case .rotated(let scene):
      "\(scene) is rotated or sheared against its map axes, and chips are boxes on the map. "
        + "Make it north-up with `gdalwarp \(scene) north-up.tif`."
    case .flipped(let scene):
      "\(scene) is mirrored: its columns must run east and its rows south. "
        + "Make it north-up with `gdalwarp \(scene) north-up.tif`."
    case .unsupportedPixelType(let scene, let found):
      "\(scene) has pixels of type \(found); Byte, UInt16, Int16 and Float32 are read. "
        + "Convert it with `gdal_translate -ot Float32 \(scene) converted.tif`."
    case .mixedPixelTypes(let scene, let types):
      "\(scene) has bands of different types (\(types)). Give them one with gdal_translate -ot."
    }
  }
}
