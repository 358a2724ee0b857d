// Files as GDAL sees them: on disks, in archives, behind URLs (GDAL's virtual file systems). Names
// and small texts; rasters are opened in other files.

import Basics
import CGDAL
import Foundation

enum VirtualFiles {
  enum Kind {
    case file, folder
    /// A pipe, a socket or a device, from which GDAL would wait for bytes.
    case other
  }

  /// The largest text that is read: a catalogue of some ten thousand scenes.
  static let largestTextBytes = 512 << 20

  /// Nil where nothing is, and where a server keeps failing: opening the path then says why.
  static func kind(of path: String) -> Kind? {
    try? RemoteRetry.run(over: [path]) { try statedKind(of: path) }
  }

  /// - Throws: `SceneError.unreadable` for what is no file of this machine: reading it would wait.
  static func refusePipe(_ path: String) throws {
    if !isVirtual(path), kind(of: path) == .other {
      throw SceneError.unreadable(scene: path, reason: isNoFile)
    }
  }

  static let isNoFile = "it is a pipe, a socket or a device, and no file"

  private static func statedKind(of path: String) throws -> Kind? {
    // GDAL's `stat64`, which is the same structure on 64-bit systems.
    var status = stat()
    let flags = VSI_STAT_EXISTS_FLAG | VSI_STAT_NATURE_FLAG | VSI_STAT_SET_ERROR_FLAG
    CPLErrorReset()
    VSIErrorReset()
    let code = withUnsafeMutablePointer(to: &status) {
      VSIStatExL(path, OpaquePointer($0), flags)
    }
    if code == 0 {
      switch status.st_mode & S_IFMT {
      case S_IFDIR: return .folder
      case S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK: return .other
      default: return .file
      }
    }
    let words = [VSIGetLastErrorMsg().map { String(cString: $0) }, lastMessage].compactMap(\.self)
    if let failure = words.first(where: RemoteRetry.isPassing) {
      throw SceneError.unreadable(scene: path, reason: failure)
    }
    return nil
  }

  /// The names in a folder, sorted; without `.` and `..`.
  /// - Throws: `InputError` for names that are not text; `SceneError` where a server does not list
  ///   a folder, and for one that may not be read.
  static func list(_ folder: String) throws -> [String] {
    guard RasterLibrary.isRemote(folder) else { return try names(in: folder) }
    let found = try RemoteRetry.run(over: [folder]) { try names(in: folder) }
    if !endsWithPage(found.count, of: pageNames) { return found }
    // GDAL does not say that a later page of a list could not be had. Pages of another length tell
    // whether there are more.
    return try RemoteRetry.run(over: [folder]) {
      RasterLibrary.forget(folder)
      CPLSetThreadLocalConfigOption(pageOption, String(otherPageNames))
      defer { CPLSetThreadLocalConfigOption(pageOption, nil) }
      let again = try names(in: folder)
      if endsWithPage(again.count, of: otherPageNames) {
        throw SceneError.unreadable(
          scene: folder, reason: "the server lists a part of its files only")
      }
      return again
    }
  }

  /// Names that a server sends at once, and how many GDAL is to ask for instead.
  private static let pageNames = 1000
  private static let otherPageNames = 997
  private static let pageOption = "AWS_MAX_KEYS"

  /// One name of a page may be the folder's own.
  private static func endsWithPage(_ count: Int, of page: Int) -> Bool {
    count + 1 >= page && (count + 1) % page <= 1
  }

  private static func names(in folder: String) throws -> [String] {
    let isRemote = RasterLibrary.isRemote(folder)
    let found = VSIReadDir(folder)
    defer { CSLDestroy(found) }
    if isRemote && (found == nil || CSLCount(found) == 0) {
      throw SceneError.unreadable(scene: folder, reason: "the server does not list its files")
    }
    guard let list = found else {
      if !folder.hasPrefix("/vsi"), access(folder, R_OK) != 0, errno == EACCES {
        let reason = String(cString: strerror(EACCES))
        throw SceneError.unreadable(scene: folder, reason: "its files cannot be listed: \(reason)")
      }
      return []
    }
    var names: [String] = []
    for index in 0..<Int(CSLCount(list)) {
      guard let bytes = list[index] else { continue }
      guard let name = String(validatingCString: bytes) else {
        throw InputError.nameIsNotText(folder: folder, name: String(cString: bytes))
      }
      if name != "." && name != ".." && !name.isEmpty { names.append(name) }
    }
    return names.sorted()
  }

  /// The whole of a text.
  /// - Throws: `SceneError.unreadable`, also for a text beyond `largestTextBytes`.
  static func text(of path: String) throws -> String {
    try refusePipe(path)
    return try RemoteRetry.run(over: [path]) { try wholeText(of: path) }
  }

  private static func wholeText(of path: String) throws -> String {
    CPLErrorReset()
    var bytes: UnsafeMutablePointer<GByte>?
    var count: vsi_l_offset = 0
    guard VSIIngestFile(nil, path, &bytes, &count, GIntBig(largestTextBytes)) != 0, let bytes
    else {
      throw SceneError.unreadable(
        scene: path, reason: lastMessage ?? "there is no such file, or it may not be read")
    }
    defer { VSIFree(bytes) }
    return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
  }

  /// GDAL's last words; nil when it says nothing.
  private static var lastMessage: String? {
    CPLGetLastErrorMsg().map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A path in a folder: one that is absolute, or an address, stays as it is. "." and ".." are
  /// resolved.
  static func resolve(_ path: String, in folder: String) -> String {
    if let address = address(path) { return address }
    if path.hasPrefix("/") { return path }
    var parts = folder.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, !last.isEmpty, last != "..", last != "." {
        parts.removeLast()
      } else {
        parts.append(String(part))
      }
    }
    return folder == "." ? path : parts.joined(separator: "/")
  }

  /// How GDAL opens what a URL names; nil for what is no URL.
  static func address(_ text: String) -> String? {
    let schemes = [
      ("s3://", "/vsis3/"), ("gs://", "/vsigs/"), ("az://", "/vsiaz/"), ("file://", ""),
    ]
    for (scheme, system) in schemes where text.lowercased().hasPrefix(scheme) {
      let rest = String(text.dropFirst(scheme.count))
      return scheme == "file://" ? rest.removingPercentEncoding ?? rest : system + rest
    }
    let isWeb = ["http://", "https://", "ftp://"].contains { text.lowercased().hasPrefix($0) }
    return isWeb ? "/vsicurl/" + text : nil
  }

  /// One path for all paths of a file.
  static func resolved(_ path: String) -> String {
    isVirtual(path) ? path : URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  /// Whether a path is meant for GDAL and not for the file system: "/vsis3/…", "NETCDF:…".
  static func isVirtual(_ path: String) -> Bool {
    if path.hasPrefix("/vsi") { return true }
    let head = path.prefix { $0 != ":" }
    return head.count < path.count && head.count > 1
      && head.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
  }

  /// Whether a path lies in one of GDAL's file systems that list folders: buckets and archives. An
  /// address of the web does not, and a "?" in it begins a query.
  static func hasFolders(_ path: String) -> Bool {
    path.hasPrefix("/vsi") && !path.contains("/vsicurl")
  }

  /// The ending of a name in lower case, without the dot and without what follows a "?".
  static func fileExtension(_ path: String) -> String {
    let name = Files.name(of: String(path.prefix { $0 != "?" }))
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  /// A name without its folder and ending.
  static func stem(_ path: String) -> String {
    let name = Files.name(of: String(path.prefix { $0 != "?" }))
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}
