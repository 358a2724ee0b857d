// Where a connecting endpoint learns how to reach its listener.

import Basics

package enum ListenerPlace: Sendable, CustomStringConvertible {
  case address(String)
  case file(AddressFile)

  /// For people, and for errors.
  package var description: String {
    switch self {
    case .address(let address): address
    case .file(let file): "the address in \(file.path.visible)"
    }
  }

  /// What is asked for addresses again and again; nil where ZeroMQ can be told at once.
  var directory: AddressDirectory? {
    switch self {
    case .address(let address): HostName(in: address).map(AddressDirectory.names)
    case .file(let file): .file(file)
    }
  }
}

/// Who knows the addresses of a listener, today's and tomorrow's.
enum AddressDirectory: Sendable {
  /// The name service.
  case names(HostName)
  case file(AddressFile)

  /// Returns when there is an answer.
  func lookUp() -> HostName.Answer {
    switch self {
    case .names(let host): host.lookUp()
    case .file(let file): file.lookUp()
    }
  }

  /// It has no address.
  func trouble(because reason: String) -> ConnectionTrouble {
    switch self {
    case .names(let host): .unresolved(name: host.name, reason: reason)
    case .file(let file): .noAddress(file: file.path, reason: reason)
    }
  }

  /// It has not answered yet.
  var troubleOfSilence: ConnectionTrouble {
    switch self {
    case .names(let host): .lookUpLasts(name: host.name)
    case .file(let file):
      .noAddress(file: file.path, reason: "its disk, or the name service, does not answer")
    }
  }
}
