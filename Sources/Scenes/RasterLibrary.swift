// GDAL as a whole: what is set once for a process.

import CGDAL

package enum RasterLibrary {
  /// Registers GDAL's drivers, silences its printing (errors are taken from where they happen) and
  /// lets it decode on all processors unless the user's GDAL_NUM_THREADS says otherwise.
  package static func initialize() {
    CPLSetErrorHandler(CPLQuietErrorHandler)
    if CPLGetConfigOption("GDAL_NUM_THREADS", nil) == nil {
      CPLSetConfigOption("GDAL_NUM_THREADS", "ALL_CPUS")
    }
    GDALAllRegister()
  }
}
