// A dataset that grows while a run is under way: the run keeps what it began with.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("A run on a dataset that grows") struct DatasetVersionRunTests {
  @Test("A new version of the dataset changes nothing for a run that began before it")
  func resumed() throws {
    let folder = try TemporaryFolder()
    let data = folder.file("data")
    try FileManager.default.copyItem(atPath: try SampleDataset.folder(), toPath: data)
    let run = try TinyRun(data: data)
    let training = try run.startTraining()
    try run.waitForStep(8)
    training.kill()
    // What adding scenes leaves: another dataset.json, and the old one among the versions.
    let old = try Dataset(folder: data)
    try Files.createFolder(data + "/versions")
    try Files.rename(data + "/dataset.json", to: data + "/versions/\(old.digest).json")
    var description = old.description
    description.trainingShards.removeLast()
    description.trainingShards.reverse()
    try Files.writeDurably(try description.json(), to: data + "/dataset.json")
    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == 0, "\(resumed.errors)")
    #expect(try run.metrics().digests == ReferenceRun.digests())
    #expect(!run.log.contains("refused"), "\(run.log)")
  }
}
