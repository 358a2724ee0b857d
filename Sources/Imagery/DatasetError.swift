// What can be wrong with a dataset's folder, or with several folders that are to be one dataset.

import Basics

/// Why a folder is not a dataset.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  case noDescription(folder: String)
  case unreadableDescription(path: String, what: String)
  case unsupportedVersion(path: String, supported: Int, found: Int)
  case malformed(path: String, what: String)
  case missingShard(folder: String, file: String)
  /// No version of the dataset has this digest.
  case noVersion(folder: String, digest: Digest)
  case noQuantiles(band: String)
  /// Two datasets that are to be one have other chips or bands.
  case different(folder: String, other: String, what: String)
  /// A chip of one could show what the other holds out.
  case mayOverlap(folder: String, scene: String, other: String, otherScene: String)

  public var description: String {
    switch self {
    case .noDescription(let folder):
      "\(folder) is not a dataset: it has no \(Dataset.descriptionName). "
        + "Make one with `terrane-ingest \(folder) SCENE…`."
    case .unreadableDescription(let path, let what):
      "\(path) cannot be read: \(what). Run terrane-ingest again."
    case .unsupportedVersion(let path, let supported, let found):
      "\(path) is of format version \(found); this program reads version \(supported). "
        + OtherVersion.remedy(found: found, supported: supported)
    case .malformed(let path, let what):
      "\(path) is malformed: \(what). Run terrane-ingest again."
    case .missingShard(let folder, let file):
      "the shard \(file) is not in \(folder). Copy it from where the dataset is whole, or run "
        + "terrane-ingest again: the same scenes give the same bytes."
    case .noVersion(let folder, let digest):
      "\(folder) has no version of its dataset with the digest \(digest), with which the run began. "
        + "Copy \(Dataset.versionsName)/\(digest).json and its shards there from where they are."
    case .noQuantiles(let band):
      "the dataset tells no quantiles of band '\(band.visible)', by which the values were to be "
        + "normalised. Use data.normalization: meanAndDeviation, or one dataset that was made with "
        + "this release's terrane-ingest: quantiles of several datasets cannot be merged."
    case .different(let folder, let other, let what):
      "\(folder) and \(other) cannot be one dataset: \(what). Ingest the scenes of both together, or "
        + "name one of them in data.folder."
    case .mayOverlap(let folder, let scene, let other, let otherScene):
      "\(folder) and \(other) cannot be one dataset: \(scene.visible) of the one and "
        + "\(otherScene.visible) of the other may show the same ground, and what one holds out would be "
        + "trained on. Ingest the scenes of both together, which holds out one area for all."
    }
  }
}
