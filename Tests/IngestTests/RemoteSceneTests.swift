// Scenes on servers that fail now and then.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Scenes on servers") struct RemoteSceneTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("A bucket and a web server that fail now and then give the shards of the disk")
  func failing() throws {
    try MadeRasters.make(
      in: folder,
      """
      os.makedirs("made/deep")
      for name, place, seed in [("a", HERE, 1), ("b", EAST, 2)]:
          save(f"made/deep/{name}.tif", texture(3, seed).astype("uint16"), place, nodata=700)
      """)
    let (server, host, environment) = try startServer()
    func shards(_ name: String, _ scenes: [String]) throws -> [Data] {
      let outcome = try run(
        Repository.ingest,
        [folder.file(name)] + scenes + ["--chip-side", "64", "--stride", "64"],
        environment: environment)
      try #require(
        outcome.status == 0 && outcome.errors.isEmpty, "\(scenes) \(outcome.errors)")
      let dataset = try Dataset(folder: folder.file(name))
      let entries = dataset.description.trainingShards + dataset.description.holdoutShards
      return try entries.map {
        try Data(contentsOf: URL(fileURLWithPath: folder.file(name) + "/" + $0.file))
      }
    }
    let expected = try shards(
      "disk", [folder.file("made/deep/a.tif"), folder.file("made/deep/b.tif")])
    let inputs = [
      ["http://\(host)/made/deep/a.tif", "http://\(host)/made/deep/b.tif"],
      ["s3://scenes/made/deep/a.tif", "/vsis3/scenes/made/deep/b.tif"],
      ["/vsis3/scenes/made/*/[ab].tif"], ["s3://scenes/made/"],
    ]
    for (number, scenes) in inputs.enumerated() {
      #expect(try shards("remote-\(number)", scenes) == expected, "\(scenes)")
    }
    for failure in ["busy", "closed", "cut"] { #expect(server.output.contains(failure)) }
    let nothing = try run(
      Repository.ingest, [folder.file("none"), "s3://scenes/made/*.jp2"],
      environment: environment)
    #expect(nothing.status == 1)
    #expect(nothing.errors.contains("no file whose name fits this pattern"), "\(nothing.errors)")
  }

  @Test("A list of which GDAL could not have the second page is asked for again")
  func pages() throws {
    try MadeRasters.make(
      in: folder,
      """
      os.makedirs("many")
      for number in range(1100): open(f"many/m{number:04}.txt", "w").close()
      for name, place, seed in [("a", HERE, 1), ("z", EAST, 2)]:
          save(f"many/{name}.tif", texture(3, seed).astype("uint16"), place)
      """)
    let (server, _, environment) = try startServer("calm")
    let outcome = try run(
      Repository.ingest,
      [folder.file("out"), "s3://scenes/many/[az].tif", "--chip-side", "64", "--dry-run"],
      environment: environment)
    #expect(outcome.output.contains("2  WGS 84"), "\(outcome)")
    #expect(server.output.contains("page"))
  }

  /// Serves the folder.
  private func startServer(
    _ arguments: String...
  ) throws -> (server: RunningProgram, host: String, environment: [String: String]) {
    let server = try RunningProgram(
      "/bin/bash",
      [
        "-c", "cd \"$0\" && exec /usr/bin/python3 \"$@\"", folder.path,
        Repository.root + "/Tests/Products/s3_server.py",
      ] + arguments)
    try wait(for: "the server's port", evidence: server.errors) { server.output.contains("\n") }
    let host = "127.0.0.1:\(server.output.prefix { $0 != "\n" })"
    return (
      server, host,
      [
        "AWS_S3_ENDPOINT": host, "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_ACCESS_KEY_ID": "made", "AWS_SECRET_ACCESS_KEY": "up",
        "GDAL_HTTP_RETRY_DELAY": "0.05",
      ]
    )
  }
}
