// `terrane inspect --place`: the lists bring to each machine what it needs.

import Foundation
import TestSupport
import Testing

@Suite("terrane inspect --place") struct PlacementTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func hosts(_ text: String) throws -> String {
    try scratch.write(text, to: "hosts")
    return scratch.file("hosts")
  }

  @Test("What a machine's list names is a dataset that checks, with all that is held out")
  func lists() throws {
    let hosts = try hosts("# machines\nnode1 /data/a 16\n\nalice@node2 /data/b\nnode3 /data/c\n")
    let data = try SampleDataset.folder()
    let outcome = try terrane("inspect", data, "--place", hosts, "--copies", "2")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(
      lines.first
        == "each of 6 training shards on 2 machines, what is held out on all; to bring them there:")
    #expect(
      lines[2] == "rsync --archive --files-from=\(hosts).lists/node1 \(data)/ node1:/data/a/")
    #expect(
      lines[4]
        == "rsync --archive --files-from=\(hosts).lists/alice@node2 \(data)/ alice@node2:/data/b/")
    for machine in ["node1", "alice@node2", "node3"] {
      let copy = scratch.file("copy-\(machine)")
      let copied = try run(
        "/bin/sh",
        [
          "-c", "mkdir \"$1\" && tar -cf - -C \"$2\" -T \"$3\" | tar -xf - -C \"$1\"", "sh", copy,
          data, "\(hosts).lists/\(machine)",
        ])
      #expect(copied.status == 0, "\(copied.errors)")
      let check = try terrane("inspect", copy, "--check")
      // Two thirds of six shards, and the one that is held out.
      #expect(
        check.output
          == "checked 5 of 7 shards: all are what dataset.json says; the other 2 are not in this "
          + "folder\n")
    }
  }

  @Test(
    "What cannot be placed is refused with its reason",
    arguments: [
      ("", "1", " names no machine; write one a line"),
      ("a /d\n\nb /d\na /d\n", "1", ": line 4: a is named twice"),
      ("a/../../b /d\n", "1", ": line 1: 'a/../../b' is not the name of a machine"),
      ("a /d\nb\n", "1", ": line 2: behind b belongs the folder of its data"),
      ("a /d abc\n", "1", ": line 1: abc is not a number of threads"),
      ("a /d 0\n", "1", ": line 1: 0 is not a number of threads"),
      ("a /d 4 5\n", "1", ": line 1: there is more than HOST DATA [THREADS]"),
      ("a /d,/e\n", "1", ": line 1: /d,/e are several folders"),
      ("a /d\nb /d\n", "3", "3 copies need as many machines, and "),
      ("a /d\n", "0", "--copies must be at least 1, found 0"),
    ])
  func refused(text: String, copies: String, message: String) throws {
    let outcome = try terrane(
      "inspect", SampleDataset.folder(), "--place", try hosts(text), "--copies", copies)
    #expect(outcome.status != 0)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(!FileManager.default.fileExists(atPath: scratch.file("hosts.lists")))
  }

  @Test("Machines that would compute nothing are named, with what helps")
  func idle() throws {
    let hosts = try hosts((1...8).map { "node\($0) /data\n" }.joined())
    let outcome = try terrane("inspect", SampleDataset.folder(), "--place", hosts)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let last = outcome.output.split(separator: "\n").last.map(String.init) ?? ""
    #expect(
      last == "# no training shard, and so nothing to compute: node4, node8. There are 6 training "
        + "shards on 1 machine each; say more --copies, or make smaller shards (terrane-ingest "
        + "--chips-per-shard)")
    let copied = try terrane(
      "inspect", SampleDataset.folder(), "--place", hosts, "--copies", "2")
    #expect(copied.status == 0 && !copied.output.contains("nothing to compute"))
  }

  @Test("What is no dataset, and options that do not go together, are named")
  func named() throws {
    let hosts = try hosts("a /d\n")
    let other = try terrane("inspect", scratch.path, "--place", hosts)
    #expect(other.status == 1)
    #expect(other.errors.contains("--place is for a dataset's folder, and "))
    let lonely = try terrane("inspect", SampleDataset.folder(), "--copies", "2")
    #expect(lonely.status == 64)
    #expect(lonely.errors.contains("--copies is about machines; name their file by --place"))
    let both = try terrane("inspect", SampleDataset.folder(), "--place", hosts, "--check")
    #expect(both.status == 64)
    #expect(both.errors.contains("--place writes lists; the rest is for calls of their own"))
  }
}
