// Why a page is not served: told before a run starts.

import Basics

/// Why there is no page, in words that name the option that asks for it.
package enum ServingError: Error, Equatable, CustomStringConvertible {
  case notAnAddress(String)
  case unknownHost(String, reason: String)
  case cannotListen(String, reason: String)
  case addressTaken(String)
  case needsToken(String)
  case unfitTokenFile(String, option: String, reason: String)

  package var description: String {
    switch self {
    case .notAnAddress(let text):
      "--http: '\(text.visible)' is not an address; give HOST:PORT, for example 127.0.0.1:8080"
    case .unknownHost(let host, let reason):
      "--http: the host '\(host.visible)' is not known here: \(reason)"
    case .cannotListen(let text, let reason):
      "--http: cannot listen on \(text.visible): \(reason)"
    case .addressTaken(let text):
      "--http: another program listens on \(text.visible) already; choose another port, 0 is any "
        + "that is free"
    case .needsToken(let text):
      "--http \(text.visible) can be reached from other machines: name a file with a token by "
        + "--http-token-file, or listen on 127.0.0.1 and come through ssh -L"
    case .unfitTokenFile(let path, let option, let reason):
      "\(option) \(path.visible): \(reason)"
    }
  }
}
