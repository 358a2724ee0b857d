// The EPSG registry's own texts of coordinate systems, from PROJ's database.
//
// GDAL's import of a code is not used for them: in one thread it shares what PROJ has cached with
// GDAL's readers of formats, and a GeoTIFF that was opened before makes it spell a datum otherwise.

import CGDAL
import Synchronization

enum RegisteredSystems {
  /// Texts by code that were asked for; nil for codes without one. The registry has some thousands.
  private static let texts = Mutex<[Int32: String?]>([:])

  /// The WKT 2 of a code, always the same; nil for a code that the registry does not have.
  static func text(of code: Int32) -> String? {
    texts.withLock { texts in
      if let known = texts[code] { return known }
      let text = read(code)
      texts[code] = .some(text)
      return text
    }
  }

  private static func read(_ code: Int32) -> String? {
    guard let context = proj_context_create() else { return nil }
    defer { proj_context_destroy(context) }
    proj_log_level(context, PJ_LOG_NONE)
    guard
      let system = proj_create_from_database(
        context, "EPSG", "\(code)", PJ_CATEGORY_CRS, 0, nil)
    else { return nil }
    defer { proj_destroy(system) }
    return proj_as_wkt(context, system, PJ_WKT2_2019, nil).map { String(cString: $0) }
  }
}
