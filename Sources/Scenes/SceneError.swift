// What a file can be that no scene can be read from.

import Basics

/// Why a scene cannot be read. Each description names the file, says what is wrong and what to do;
/// commands in it can be pasted.
package enum SceneError: Error, CustomStringConvertible {
  case unreadable(scene: String, reason: String)
  case nameIsNotUTF8(scene: String)
  case notARaster(scene: String)
  case noGeoreferencing(scene: String, what: String)
  case notBroughtToGrid(scene: String, reason: String)
  case noSuchBand(scene: String, number: Int, count: Int)
  case unknownBand(scene: String, name: String, bands: [String])
  case unsuitableResolution(scene: String, resolution: Double)
  case unsupportedPixelType(scene: String, band: Int, found: String)
  case complexPixels(scene: String, band: Int)
  case palette(scene: String, band: Int)
  case meaningless(scene: String, band: String, what: String)
  case inexact(scene: String, band: Int, value: Double, type: String)
  case tooLarge(scene: String, band: Int, value: Double)
  case namesItself(scene: String, file: String)

  package var description: String {
    switch self {
    case .unreadable(let scene, let reason):
      "cannot read \(scene.visible): \(reason)"
    case .nameIsNotUTF8(let scene):
      "cannot read \(scene.visible): its name is not UTF-8 (the marks \u{FFFD} stand for what is "
        + "not). Rename the file or folder, for example with convmv or mv."
    case .notARaster(let scene):
      "\(scene.visible) has no image bands. If it is a container, name one of its subdatasets "
        + "instead (gdalinfo lists them)."
    case .noGeoreferencing(let scene, let what):
      "\(scene.visible) has no \(what), and neighbours are found on the map. Add it with "
        + "gdal_translate (-a_srs, -a_ullr), or name a file of footprints with --footprints."
    case .notBroughtToGrid(let scene, let reason):
      "\(scene.visible) cannot be warped: \(reason). Warp it with other options: "
        + "`gdalwarp -overwrite -dstalpha \(scene.shellWord) \(Self.output(scene, "north-up"))`."
    case .noSuchBand(let scene, let number, let count):
      "\(scene.visible) has \(HumanFormat.counted(count, "band")), and band \(number) is asked for. "
        + "gdalinfo lists them."
    case .unknownBand(let scene, let name, let bands):
      "no band of \(scene.visible) is called \(name.visible); its bands are "
        + bands.map(\.visible).joined(separator: ", ") + "."
    case .unsuitableResolution(let scene, let resolution):
      "\(scene.visible) cannot have pixels of \(resolution) map units. Choose a resolution above 0 "
        + "that leaves at most 2147483647 columns and rows."
    case .unsupportedPixelType(let scene, let band, let found):
      "band \(band) of \(scene.visible) has pixels of type \(found); bytes, integers of 16 and 32 bits "
        + "and floating point numbers are read. Convert it with "
        + "`gdal_translate -ot Float32 \(scene.shellWord) \(Self.output(scene, "float32"))`, which "
        + "rounds what 24 bits cannot hold."
    case .complexPixels(let scene, let band):
      "band \(band) of \(scene.visible) holds complex numbers. Take their amplitude with "
        + "`gdal_translate -ot Float32 \("DERIVED_SUBDATASET:AMPLITUDE:\(scene)".shellWord) "
        + "\(Self.output(scene, "amplitude"))`."
    case .palette(let scene, let band):
      "band \(band) of \(scene.visible) holds indexes into a colour table, which are no measurements. "
        + "--expand-palette reads them as colours, and so does `gdal_translate -expand rgb "
        + "\(scene.shellWord) \(Self.output(scene, "rgb"))`."
    case .meaningless(let scene, let band, let what):
      "\(band.visible) of \(scene.visible) is said to have \(what), which means nothing. Correct its "
        + "metadata, or give what is true with --scale and --offset."
    case .tooLarge(let scene, let band, let value):
      "band \(band) of \(scene.visible) holds \(value), which no 32-bit float holds after scale and "
        + "offset. Correct them with --scale and --offset, or store values as they are with "
        + "--values raw."
    case .namesItself(let scene, let file):
      "\(scene.visible) is a virtual raster whose pixels are to come from itself: "
        + "\(file.visible) names it as a source. Correct the <SourceFilename> there."
    case .inexact(let scene, let band, let value, let type):
      "band \(band) of \(scene.visible) holds \(value) (\(type)), which no 32-bit float is exactly. "
        + "Where rounding does no harm, convert it with "
        + "`gdal_translate -ot Float32 \(scene.shellWord) \(Self.output(scene, "float32"))`."
    }
  }

  /// A name in the current folder for what a command makes of a scene: another one for each scene.
  static func output(_ scene: String, _ what: String) -> String {
    let name = scene.split(separator: "/").last.map(String.init) ?? scene
    let stem = name.split(separator: ".", omittingEmptySubsequences: false).dropLast()
    return ((stem.isEmpty ? name : stem.joined(separator: ".")) + "-\(what).tif").shellWord
  }
}
