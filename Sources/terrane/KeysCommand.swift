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
      each by the key's name and its own. To shut one out, remove its file in FOLDER/admitted: \
      within two seconds it is cut off.

      Examples:

        terrane keys keys                  # for a coordinator, and one key named worker
        terrane keys keys alice bob        # others besides, at any time
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
    let isNew = try keys.make(workers: names.isEmpty ? ["worker"] : names)
    var lines: [String] = []
    if isNew {
      lines.append(
        "the coordinator's key is in \(folder.visible); --keys \(folder.shellWord) takes it")
    }
    for name in names.isEmpty ? ["worker"] : names {
      lines.append(
        "\(keys.workerPath(name).visible) goes to the machines of \(name); keep it secret on the way"
      )
    }
    lines.append(
      "whose file in \(folder.visible)/admitted is removed is cut off within two seconds")
    try Answer.print(lines.joined(separator: "\n"))
  }
}
