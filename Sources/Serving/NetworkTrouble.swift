// What SwiftNIO's errors mean, in the system's words.

import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
  import Glibc
#endif

enum NetworkTrouble {
  /// A reason as it stands behind a colon.
  static func reason(of error: any Error) -> String {
    switch error {
    case let failure as IOError:
      return unsafe String(cString: strerror(failure.errnoCode))
    case let failure as NIOConnectionError:
      // One of each address that the host has; where it has none, there is nothing to connect to.
      return failure.connectionErrors.last.map { reason(of: $0.error) } ?? unknownHost
    case is SocketAddressError.UnknownHost:
      return unknownHost
    case ChannelError.connectTimeout:
      return "nobody took the connection in time"
    case ChannelError.eof, HTTPParserError.invalidEOFState:
      return "the connection was closed, or took too long, before the answer was whole"
    case is HTTPParserError:
      return "what it says is not HTTP"
    default:
      return "\(error)"
    }
  }

  private static let unknownHost = "no address is known of it"
}
