// Why an endpoint could not be opened, or what a peer did wrong on the level of frames.

import Basics
import CZeroMQ

package enum TransportError: ErrorWithExitStatus, Equatable, CustomStringConvertible {
  case unsupportedAddress(String)
  case addressInUse(String)
  case socketPathTooLong(path: String, bytes: Int, limit: Int)
  case folderMissing(path: String, folder: String)
  /// Something that is not a socket lies where one is to be made; it would be deleted.
  case notASocket(path: String)
  case permissionDenied(String)
  /// The host part names no address or network interface of this machine.
  case unknownInterface(String)
  case tooManyFrames(found: Int, limit: Int)
  /// What came from a listener is not a part of a message.
  case unreadableParts(bytes: Int)
  /// This machine's libzmq was built without CURVE.
  case noEncryption
  /// ZeroMQ's number of an option that it did not take.
  case option(number: Int32, operation: String, address: String, code: Int32)
  case system(operation: String, address: String, code: Int32)

  /// An address that can be none is wrong usage: addresses come from the command line.
  package var exitStatus: ExitStatus {
    if case .unsupportedAddress = self { .usage } else { .failure }
  }

  package var description: String {
    switch self {
    case .unsupportedAddress(let address):
      "'\(address)' is not an address; write tcp://HOST:PORT (a coordinator may say tcp://*:PORT "
        + "for every interface) or ipc:///PATH/OF/A/SOCKET"
    case .addressInUse(let address):
      "\(address) is in use by another process; choose another port or path, or stop that process"
    case .socketPathTooLong(let path, let bytes, let limit):
      "the socket path \(path) has \(bytes) bytes and the system allows \(limit); "
        + "use a shorter folder"
    case .folderMissing(let path, let folder):
      "cannot make the socket \(path): there is no folder \(folder); create it first"
    case .notASocket(let path):
      "cannot make the socket \(path): a file that is not a socket lies there; move it away"
    case .permissionDenied(let address):
      "no permission to listen on \(address); choose a port above 1023 or a folder of yours"
    case .unknownInterface(let address):
      "\(address) is not an address of this machine; listen on one of its own or on tcp://*:PORT"
    case .tooManyFrames(let found, let limit):
      "a peer sent a message of \(found) frames; at most \(limit) are allowed"
    case .unreadableParts(let bytes):
      "\(bytes) bytes came whose head does not say which frames follow; "
        + "do both sides run the same version of Terrane?"
    case .noEncryption:
      "this machine's libzmq cannot encrypt; install one that was built with libsodium, as Debian's is"
    case .option(let number, let operation, let address, let code):
      "cannot \(operation) \(address): ZeroMQ does not take option \(number): "
        + "\(String(cString: zmq_strerror(code))); install libzmq 4.3 or newer"
    case .system(let operation, let address, let code):
      "cannot \(operation) \(address): \(String(cString: zmq_strerror(code)))"
        + (Shortage(code: code).map { "; \($0.explanation)" } ?? "")
    }
  }

  init(_ error: ZeroMQError, _ operation: String, _ address: String) {
    self =
      if error.code == ENOTSUP {
        .noEncryption
      } else if let number = error.option {
        .option(number: number, operation: operation, address: address, code: error.code)
      } else {
        .system(operation: operation, address: address, code: error.code)
      }
  }

  /// What ZeroMQ's error number says about opening `address`.
  init(code: Int32, operation: String, address: String) {
    switch code {
    case EADDRINUSE: self = .addressInUse(address)
    case EINVAL, EPROTONOSUPPORT: self = .unsupportedAddress(address)
    case EACCES, EPERM: self = .permissionDenied(address)
    case ENODEV, EADDRNOTAVAIL: self = .unknownInterface(address)
    default: self = .system(operation: operation, address: address, code: code)
    }
  }
}
