// How a coordinator's command line wants it to be found and protected. Nothing of the run itself.

import Basics
import TrainingRun
import Transport

package struct CoordinatorService: Sendable {
  /// Where workers connect, as it was given.
  let address: String
  private let keys: ExchangeKeys
  /// Where it says its address, for those who cannot know it before.
  let addressFile: AddressFile?
  /// Whether another coordinator at work in the run's folder is waited for.
  let waitsForLock: Bool

  /// Before anything is made or locked.
  /// - Throws: `TransportError` when nobody could ever listen there; as `ExchangeKeys` when keys
  ///   are missing; `RunError` where the file could not be written.
  package init(
    address: String, keys: ExchangeKeys, addressFile: String?, waitsForLock: Bool
  ) throws {
    self.address = address
    self.keys = keys
    self.addressFile = addressFile.map { AddressFile(Files.absolute($0)) }
    self.waitsForLock = waitsForLock
    try Endpoint.check(address)
    _ = try exchangeKeys()
    if let objection = self.addressFile?.objection {
      throw RunError(description: "--address-file: \(objection)")
    }
  }

  func exchangeKeys() throws -> CoordinatorKeys? { try keys.coordinator(at: address) }

  /// What a command line says of all this, behind other options.
  var options: String {
    let file = addressFile.map { " --address-file \($0.path.shellWord)" } ?? ""
    return " --listen \(address.shellWord)\(keys.options)\(file)"
  }
}
