// What GDAL and PROJ would print: kept quiet here, since every failure is returned to the caller.

import CGDAL

enum LibraryErrors {
  /// Runs calls of GDAL with its error printing off, on this thread.
  static func silenced<Result>(_ body: () throws -> Result) rethrows -> Result {
    CPLPushErrorHandler(CPLQuietErrorHandler)
    defer { CPLPopErrorHandler() }
    return try body()
  }
}
