// GDAL as a whole: what is set once for a process, and what holds for paths on a network.

import Basics
import CGDAL

package enum RasterLibrary {
  /// Registers GDAL's drivers, silences its printing (errors are taken from where they happen) and
  /// sets what reading scenes needs, unless the user's environment says otherwise.
  /// - Parameters:
  ///   - threads: that GDAL itself may use; nil for one a processor.
  ///   - cacheBytes: what GDAL may keep of rasters in memory; nil for its own share of the
  ///     machine's.
  package static func initialize(threads: Int? = nil, cacheBytes: Int? = nil) {
    CPLSetErrorHandler(RasterMessages.handleElsewhere)
    if CPLGetConfigOption("GDAL_NUM_THREADS", nil) == nil {
      CPLSetConfigOption("GDAL_NUM_THREADS", threads.map(String.init) ?? "ALL_CPUS")
    }
    for (name, value) in settings where CPLGetConfigOption(name, nil) == nil {
      CPLSetConfigOption(name, value)
    }
    if let cacheBytes, CPLGetConfigOption("GDAL_CACHEMAX", nil) == nil {
      GDALSetCacheMax64(GIntBig(cacheBytes))
    }
    GDALAllRegister()
  }

  /// Lets GDAL hold as many decoded blocks as readers on several threads need, and not a share of
  /// the machine's memory, which is its default and stays its limit. Memory that is used again is
  /// also faster than memory that is new.
  /// - Parameter bytes: for each thread; nil where that cannot be told.
  package static func holdBlocks(_ bytes: Int?, threads: Int) {
    if CPLGetConfigOption("GDAL_CACHEMAX", nil) != nil { return }
    heldBlocks.withLock { held in
      let limit = held?.limit ?? GDALGetCacheMax64()
      let most = max(held?.bytes ?? 0, bytes ?? Int(limit))
      if let held, most == held.bytes { return }
      held = (limit, most)
      let wanted = (most + fewestBlockBytes).multipliedReportingOverflow(by: threads)
      GDALSetCacheMax64(wanted.overflow ? limit : min(limit, GIntBig(wanted.partialValue)))
    }
  }

  private static let fewestBlockBytes = 16 << 20
  /// GDAL's own limit, and what a thread needs.
  private static let heldBlocks = Monitor<(limit: GIntBig, bytes: Int)?>(nil)

  /// GDAL's configuration options and their values.
  private static let settings = [
    // A JPEG that ends early is grey where it ends; GDAL would only warn.
    ("GDAL_ERROR_ON_LIBJPEG_WARNING", "TRUE"),
    // GDAL's own repetitions, of answers that ask for them; their delay doubles.
    ("GDAL_HTTP_MAX_RETRY", "3"),
    ("GDAL_HTTP_RETRY_DELAY", "0.5"),
    // A server that says nothing for a minute has failed.
    ("GDAL_HTTP_CONNECTTIMEOUT", "20"),
    ("GDAL_HTTP_LOW_SPEED_LIMIT", "1"),
    ("GDAL_HTTP_LOW_SPEED_TIME", "60"),
    // The first request of a file brings most headers whole.
    ("GDAL_INGESTED_BYTES_AT_OPEN", "32768"),
  ]

  /// Of GDAL as it runs: 3060200 for 3.6.2.
  package static let version =
    GDALVersionInfo("VERSION_NUM").flatMap { Int(String(cString: $0)) } ?? 0

  /// GDAL from 3.6.0 to 3.7.0 gives values of other bands, or writes where it must not, when
  /// several threads decode a TIFF that keeps its bands apart and not all of them are read in their
  /// order (OSGeo/gdal#7963).
  private static let mixesBands = (3_060_000..<3_070_100).contains(version)

  /// Whether one thread must decode a raster. What a virtual raster consists of is not looked at.
  static func needsOneThread(_ dataset: GDALDatasetH) -> Bool {
    guard mixesBands, let driver = GDALGetDatasetDriver(dataset) else { return false }
    switch String(cString: GDALGetDriverShortName(driver)) {
    case "VRT": return true
    case "GTiff":
      let layout = GDALGetMetadataItem(dataset, "INTERLEAVE", "IMAGE_STRUCTURE")
      return GDALGetRasterCount(dataset) > 1 && layout.map { String(cString: $0) } == "BAND"
    default: return false
    }
  }

  /// What is opened in a piece of work is decoded by the thread that reads it, now and later.
  static func onOneThread<Result>(_ work: () throws -> Result) rethrows -> Result {
    let option = "GDAL_NUM_THREADS"
    let before = CPLGetThreadLocalConfigOption(option, nil).map { String(cString: $0) }
    CPLSetThreadLocalConfigOption(option, "1")
    defer { CPLSetThreadLocalConfigOption(option, before) }
    return try work()
  }

  /// Of GDAL's virtual file systems, those on a network.
  private static let networkSystems = [
    "/vsicurl", "/vsis3", "/vsigs", "/vsiaz", "/vsiadls", "/vsioss", "/vsiswift", "/vsiwebhdfs",
    "http://", "https://", "ftp://",
  ]

  /// Whether GDAL would fetch a path from a network, itself or within an archive.
  package static func isRemote(_ path: String) -> Bool {
    networkSystems.contains { path.contains($0) }
  }

  /// Makes GDAL forget what it knows of a path on a network, failures above all, and of all that
  /// lies in its folder: a list of that, of which a part may be missing, has the word on the path.
  static func forget(_ path: String) {
    if networkSystems.contains(where: path.hasPrefix) {
      VSICurlPartialClearCache(Files.parent(of: path))
    } else {
      // Within an archive, whose own path GDAL alone can tell.
      VSICurlClearCache()
    }
  }

  /// Runs a piece of work that opens a path. For a TIFF on a network GDAL does not list the folder
  /// first, which costs requests and finds nothing that such a file needs.
  static func opening<Result>(_ path: String, _ work: () throws -> Result) rethrows -> Result {
    let option = "GDAL_DISABLE_READDIR_ON_OPEN"
    let isTIFF = [".tif", ".tiff"].contains { path.lowercased().hasSuffix($0) }
    guard isRemote(path), isTIFF, CPLGetConfigOption(option, nil) == nil else {
      return try work()
    }
    CPLSetThreadLocalConfigOption(option, "EMPTY_DIR")
    defer { CPLSetThreadLocalConfigOption(option, nil) }
    return try work()
  }
}
