// What a user may say about scenes besides naming them. A plain value; texts of the command line
// become it in the initializers here.

import Basics

/// How scenes are to be found and what of them is wanted.
package struct InputOptions: Hashable, Sendable, Codable {
  /// Names or numbers of the bands, in the order of the channels; all of them when empty.
  package var bands: [String] = []
  /// Which values of quality layers make pixels invalid.
  package var masks: [MaskChoice] = []
  /// Keys of the assets of catalogue items, in order; those with the role "data" when empty.
  package var assets: [String] = []
  /// Which files are bands of one scene.
  package var grouping = FileGrouping.automatic
  /// Where the footprints of images without georeference stand.
  package var footprints: FootprintSource?
  /// A regular expression over names whose first group, or whole, is a date.
  package var datePattern: String?
  /// Whether the user says the offset of values, so that metadata that contradict each other about
  /// it do not matter.
  package var saysOffset = false
  /// Whether scenes that cannot be read are listed and left out.
  package var skipsUnreadable = false

  package init() {}
}

/// Which files of one band are one scene.
package enum FileGrouping: Hashable, Sendable, Codable {
  /// Those on one place whose names differ in one part, which becomes the band's name.
  case automatic
  /// Every file is a scene.
  case none
  /// Those whose names fit a pattern with {scene} and {band}.
  case pattern(String)

  /// From "auto", "none" or a pattern such as "{scene}_{band}.tif", in which "*" stands for
  /// anything.
  /// - Throws: `InputError` for a pattern without {band}.
  package init(_ text: String) throws {
    switch text {
    case "auto": self = .automatic
    case "none": self = .none
    default:
      guard text.components(between: "{band}") == 2, text.components(between: "{scene}") <= 2
      else { throw InputError.wrongGroup(text) }
      self = .pattern(text)
    }
  }
}

extension String {
  /// Into how many parts a separator cuts the text.
  fileprivate func components(between separator: String) -> Int {
    split(separator: separator, omittingEmptySubsequences: false).count
  }
}

/// A vector layer whose features are footprints of images.
package struct FootprintSource: Hashable, Sendable, Codable {
  /// As GDAL opens it.
  package var layer: String
  /// The field with the image's path, absolute or from the layer's folder.
  package var pathField: String
  /// The field with the date.
  package var dateField: String?

  package init(layer: String, pathField: String, dateField: String? = nil) {
    self.layer = layer
    self.pathField = pathField
    self.dateField = dateField
  }
}
