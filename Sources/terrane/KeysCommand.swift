// `terrane keys`: who may join a run over a network.

import ArgumentParser
import Basics
import Keys

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Make keys: one for a coordinator, one for each worker or group of workers.",
    discussion: """
      The coordinator lets in who has a key of its folder, and what is said is encrypted (CURVE: \
      Curve25519, XSalsa20-Poly1305). Several workers may share a key; the coordinator's log calls \
      each by the key's name and its own. To shut one out, move its file out of FOLDER/admitted: \
      within two seconds it is cut off; put back, it lets it in again.

      Examples:

        terrane keys keys               # and one key, named worker
        terrane keys keys alice bob     # more, at any time

        scp keys/workers/alice.key alice@node1:
        terrane coordinator run.yaml --listen 'tcp://*:5570' --keys keys
        terrane worker --connect tcp://head:5570 --key alice.key --data data/mine

      Exit statuses:

      \(ExitStatus.help([.done, .failure, .usage]))
      """)

  @Argument(help: "The folder, made or added to.")
  var folder: String

  @Argument(help: "Names of workers, or of those who run some (worker, where none is given).")
  var names: [String] = []

  func run() throws {
    let keys = KeyFolder(folder)
    let names = names.isEmpty ? ["worker"] : names
    let isNew = try keys.make(workers: names)
    var lines = isNew ? ["Made a coordinator's key in \(folder.visible)."] : []
    for name in names {
      lines.append("Made a key of \(name): copy \(keys.workerPath(name).visible) to its machines.")
    }
    lines += [
      "Start with:",
      "  terrane coordinator … --keys \(folder.shellWord)",
      "  terrane worker … --key \(Files.name(of: keys.workerPath(names[0])).shellWord)",
      "To shut one out, move its file out of \(folder.visible)/admitted.",
    ]
    try Answer.print(lines.joined(separator: "\n"))
  }
}
