// Whose a run's folder is by what lies in it, when there is no configuration to say so.

import Basics
import Checkpoints
import Foundation
import Observability

extension RunFolder {
  /// - Throws: `RunError` when checkpoints or a journal of another run lie here.
  func checkHoldsNothing(ofOtherRunThan identity: String) throws {
    guard let (path, owner) = owner, owner != identity else { return }
    throw RunError(
      description: "\(path) belongs to run \(owner), and this would be run \(identity): choose "
        + "another folder by --set run.folder=…, or put back that run's \(configuration)")
  }

  /// What tells of a run, and that run's identity; nil when nothing does that can be read.
  private var owner: (path: String, identity: String)? {
    struct Owned: Decodable { let runIdentity: String }
    let store = CheckpointStore(reading: checkpoints)
    for step in ((try? store.list()) ?? []).reversed() {
      let path = store.path(of: step)
      let state = try? Files.readText(path + "/" + CheckpointFile.state.rawValue)
      let owned = state.flatMap { try? JSONDecoder().decode(Owned.self, from: Data($0.utf8)) }
      if let owned { return (path, owned.runIdentity) }
    }
    for name in (try? Files.list(journal)) ?? [] {
      let path = journal + "/" + name
      if let segment = try? JournalDescription(path: path) { return (path, segment.run) }
    }
    return nil
  }
}
