// What a run is asked for, as every process that works on it must be asked alike.

import Basics
import Foundation
import Imagery
import Scenes

/// What the user asks for besides the scenes; checked by the command line.
package struct IngestOptions: Hashable, Sendable, Codable {
  /// Pixels along one side of a chip.
  package var chipSide: Int
  /// Pixels from one chip of a scene to the next.
  package var stride: Int
  /// Chips with a larger share of invalid pixels are dropped.
  package var maximumNodata: Double
  /// Own chips of a shard, at most.
  package var chipsPerShard: Int
  /// Share of the chips held out.
  package var holdout: Double
  /// How scenes are found; whether those that cannot be read are left out.
  package var finding: InputOptions
  /// How they are read.
  package var reading: ReadingOptions
  /// Where no chips are to be; nil for chips everywhere.
  package var avoided: AvoidedPlaces?

  package init(
    chipSide: Int, stride: Int, maximumNodata: Double, chipsPerShard: Int, holdout: Double,
    finding: InputOptions = InputOptions(), reading: ReadingOptions = ReadingOptions(),
    avoided: AvoidedPlaces? = nil
  ) {
    self.chipSide = chipSide
    self.stride = stride
    self.maximumNodata = maximumNodata
    self.chipsPerShard = chipsPerShard
    self.holdout = holdout
    self.finding = finding
    self.reading = reading
    self.avoided = avoided
  }
}

/// Features of a vector file from which chips keep away.
package struct AvoidedPlaces: Hashable, Sendable, Codable {
  /// As OGR opens it.
  package var path: String
  /// In metres.
  package var distance: Double

  package init(path: String, distance: Double) {
    self.path = path
    self.distance = distance
  }
}

/// Scenes and options of one run: the content of `ingest.json`.
package struct IngestRequest: Hashable, Sendable, Codable {
  /// What the user named, independent of the folder that the process stands in.
  package var inputs: [String]
  package var options: IngestOptions
  /// The dataset that the scenes are added to; nil for one of its own.
  package var base: BaseVersion?

  package init(inputs: [String], options: IngestOptions, base: BaseVersion? = nil) {
    func independent(_ path: String) -> String { Files.exists(path) ? Files.absolute(path) : path }
    self.inputs = inputs.map(independent)
    self.options = options
    if let avoided = options.avoided { self.options.avoided?.path = independent(avoided.path) }
    if let footprints = options.finding.footprints {
      self.options.finding.footprints?.layer = independent(footprints.layer)
    }
    self.base = base
  }

  /// Whether both ask for the same, whatever the version that they add to.
  func isSame(as other: IngestRequest) -> Bool {
    inputs == other.inputs && options == other.options && (base == nil) == (other.base == nil)
  }

  /// What two requests differ in, for a sentence; nil for equal ones.
  func difference(from other: IngestRequest) -> String? {
    if inputs != other.inputs { return "scenes" }
    if base != other.base { return "dataset to add to" }
    return options == other.options ? nil : "options"
  }
}

/// A state of a dataset to which scenes are added.
package struct BaseVersion: Hashable, Sendable, Codable {
  /// Of its description.
  package var digest: Digest
  /// 1 for a dataset as it was first made, and one more with each addition.
  package var number: Int
}

/// A share of a stage: number `index` of `count`, which run in any order and at the same time.
package struct StagePart: Hashable, Sendable {
  /// From 0.
  package let index: Int
  package let count: Int

  /// All of a stage.
  package static let whole = StagePart(index: 0, count: 1)

  private init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// From "2/8", counted from 1; nil for other texts.
  package init?(_ text: String) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let number = numbers[0], let count = numbers[1],
      (1...1 << 20).contains(count), (1...count).contains(number)
    else { return nil }
    self.init(index: number - 1, count: count)
  }

  func includes(_ item: Int) -> Bool { item % count == index }
}

/// The stages in their order.
package enum IngestStage: String, CaseIterable, Sendable {
  /// Reads pixels, cuts and packs chips.
  case scan
  /// Decides which chips go where.
  case plan
  /// Writes shards.
  case write
  /// Describes the dataset and puts it in its place.
  case finish
}
