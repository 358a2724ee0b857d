// A dataset on a map, as plain data. Reads no file; how it is drawn is in DatasetMap+Drawing.swift.

import Basics
import Imagery

/// Chips, scenes and links, to be drawn on a graticule.
package struct DatasetMap: Sendable, DrawnPicture {
  /// A chip's place.
  package struct Chip: Sendable {
    package let figure: GlobeFigure
    /// The number of its shard among those of its role; neighbours have different tints.
    package let shard: Int
    package let isHeldOut: Bool

    package init(_ corners: GeographicCorners, shard: Int, isHeldOut: Bool) {
      figure = GlobeFigure(corners)
      self.shard = shard
      self.isHeldOut = isHeldOut
    }
  }

  /// Two neighbours by the middles of their footprints.
  package struct Link: Sendable {
    package let from: GeographicPoint
    package let to: GeographicPoint

    package init(from: GeographicPoint, to: GeographicPoint) {
      self.from = from
      self.to = to
    }
  }

  package struct Scene: Sendable {
    package let name: String
    package let figure: GlobeFigure

    package init(name: String, _ corners: GeographicCorners) {
      self.name = name
      figure = GlobeFigure(corners)
    }
  }

  package let headline: String
  package let subtitle: String
  package let chips: [Chip]
  package let scenes: [Scene]
  /// Between chips of different scenes.
  package let links: [Link]
  /// Sentences below the map.
  package let notes: [String]
  /// What the map lacks, for example chips of missing shards; nil when it is whole.
  package let warning: String?

  /// Wider spread links become lines, the others dots, one for each cell of the map.
  static let mostLines = 20_000

  /// - Precondition: there is a chip or a scene.
  package init(
    headline: String, subtitle: String, chips: [Chip], scenes: [Scene], links: [Link],
    notes: [String], warning: String?
  ) {
    precondition(!chips.isEmpty || !scenes.isEmpty)
    self.headline = headline
    self.subtitle = subtitle
    self.chips = chips
    self.scenes = scenes
    self.links = links
    self.notes = notes
    self.warning = warning
  }
}

/// Tints of a role's colour, one after another, so that shards that lie side by side differ.
enum ShardTints {
  static let training = [0, 0.5, 0.22, 0.68].map { Color.training.mixed(with: .paper, $0) }
  static let heldOut = [0, 0.45, 0.22].map { Color.heldOut.mixed(with: .paper, $0) }

  static func color(of chip: DatasetMap.Chip) -> Color {
    let tints = chip.isHeldOut ? heldOut : training
    return tints[chip.shard % tints.count]
  }
}
