// Networks that only the processes started in them see. Not how these are joined: see
// EmulatedLink.

import Basics
import CNamespaces

#if canImport(Glibc)
  import Glibc
#endif

/// A network without any device but its own loopback. It has no name: it is gone, with all that was
/// made in it, when the last process in it has ended and this object too, however they end.
///
/// A namespace belongs to a thread, and who left one may lack the right to go back: so threads
/// enter it that do nothing else afterwards.
final class NetworkNamespace {
  private let descriptor: Int32

  /// - Throws: `LinkEmulationError` where this process may not; `ThreadError`.
  init() throws {
    descriptor = try Self.onItsOwnThread {
      if unshare(CLONE_NEWNET) != 0 { throw LinkEmulationError.forbidden(by: errno) }
      let descriptor = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
      if descriptor < 0 { throw FileError(operation: "open", path: "/proc/thread-self/ns/net") }
      return descriptor
    }
  }

  deinit { close(descriptor) }

  /// For `ip`, which opens it.
  var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

  /// Runs `body` inside, where the processes that it starts stay.
  /// - Throws: what it throws; `LinkEmulationError`, `ThreadError`.
  func inside<Result>(_ body: @escaping () throws -> Result) throws -> Result {
    try Self.onItsOwnThread { [descriptor] in
      if setns(descriptor, CLONE_NEWNET) != 0 { throw LinkEmulationError.forbidden(by: errno) }
      return try body()
    }
  }

  private static func onItsOwnThread<Result>(_ body: @escaping () throws -> Result) throws
    -> Result
  {
    // While the other thread has them, this one waits for it.
    nonisolated(unsafe) let body = body
    nonisolated(unsafe) var outcome: Swift.Result<Result, any Error>?
    try SystemThread("network") { outcome = Swift.Result { try body() } }.join()
    return try outcome!.get()
  }
}

/// Why a link could not be made slow.
package struct LinkEmulationError: Error, CustomStringConvertible {
  package let description: String

  static func forbidden(by code: Int32) -> Self {
    Self(
      description: "this process may not make network namespaces "
        + "(\(String(cString: strerror(code)))): root may, and 'unshare --user --map-root-user "
        + "terrane bench exchange …' where the system allows it")
  }
}
