// What a user can name that no scenes are found in.

import Basics

/// Why the scenes that were asked for cannot be had. Each description says what is wrong, where,
/// and what to do.
package enum InputError: Error, CustomStringConvertible {
  case noScenes(inputs: [String], leftOut: String)
  case noMatch(pattern: String)
  case emptyList(path: String)
  case listIsAFolder(path: String)
  case nestedTooDeep(path: String)
  case nameIsNotText(folder: String, name: String)
  case givenTwice(scene: String)
  case damagedMetadata(path: String, what: String)
  case contradiction(scene: String, first: String, second: String)
  case undeclaredOffset(without: String, with: String)
  case noBands(scene: String, what: String)
  case missingBand(scene: String, band: String, available: [String])
  case ambiguousBand(scene: String, band: String, candidates: [String])
  case bandTwice(scene: String, band: String)
  case missingLayer(layer: String, scenes: [String], available: [String])
  case missingAsset(item: String, asset: String, available: [String])
  case bandsAsScenes(files: [String])
  case wrongGroup(String)
  case wrongMask(String)
  case wrongDatePattern(pattern: String)
  case wrongFootprints(layer: String, what: String)
  case noFootprints(images: [String], layer: String)

  package var description: String {
    switch self {
    case .noScenes(let inputs, let leftOut):
      "there are no scenes in \(Self.list(inputs)). "
        + (leftOut.isEmpty ? "Name files that GDAL opens, or folders with such files." : leftOut)
    case .noMatch(let pattern):
      "cannot read \(pattern.visible): there is no such file, and no file whose name fits this "
        + "pattern."
    case .emptyList(let path): "the list \(path.visible) names no scene."
    case .listIsAFolder(let path):
      "\(path.visible) is a folder and not a list. Name it without @ to search it."
    case .nestedTooDeep(let path):
      "\(path.visible) lies in a folder, list or catalogue that lies in another, and so on, too "
        + "often; do they name each other?"
    case .nameIsNotText(let folder, let name):
      "the folder \(folder.visible) holds a name that is not UTF-8 text: \(name.visible). Rename "
        + "that file."
    case .givenTwice(let scene): "\(scene.visible) is given twice. Name each scene once."
    case .damagedMetadata(let path, let what): "cannot read \(path.visible): \(what)"
    case .contradiction(let scene, let first, let second):
      "the metadata of \(scene.visible) contradict each other: \(first), but \(second). Get the "
        + "product anew, or say with --offset what is to be added."
    case .undeclaredOffset(let without, let with):
      "\(with.visible) is of a Sentinel-2 processing baseline from 04.00 on, whose values have an "
        + "offset, and \(without.visible) of an earlier one; neither says scale and offset. Make "
        + "datasets of them apart, or use a catalogue with raster:bands."
    case .noBands(let scene, let what): "\(scene.visible) \(what)"
    case .bandTwice(let scene, let band):
      "--bands names \(band.visible) of \(scene.visible) twice; name each band once."
    case .missingBand, .ambiguousBand, .missingLayer, .missingAsset, .bandsAsScenes:
      ofChoices
    case .wrongGroup(let text):
      "--group is \(text.visible); it is \"auto\", \"none\", or a pattern over file names such as "
        + "\"{scene}_{band}.tif\", with {band} once."
    case .wrongMask(let text):
      "--mask is \(text.visible); write a quality layer and the values that are not to be used, as "
        + "in SCL:0,1,3,8-10, or its bits, as in QA_PIXEL:bits:1,3,4."
    case .wrongDatePattern(let pattern):
      "--date-pattern is \(pattern.visible), which is not a regular expression. One for "
        + "a_20200518_b.tif is _(\\d{8})_."
    case .wrongFootprints(let layer, let what): "cannot use \(layer.visible): \(what)"
    case .noFootprints(let images, let layer):
      "no feature of \(layer.visible) names \(Self.list(images)), and "
        + (images.count == 1 ? "it has" : "they have") + " no georeference."
    }
  }

  /// What was chosen that is not there, or not to be told apart.
  private var ofChoices: String {
    switch self {
    case .missingBand(let scene, let band, let available):
      "\(scene.visible) has no band \(band.visible); it has \(Self.list(available, most: 30))."
    case .ambiguousBand(let scene, let band, let candidates):
      "\(band.visible) may be any of the bands \(Self.list(candidates)) of \(scene.visible); name "
        + "one of them."
    case .missingLayer(let layer, let scenes, let available):
      "no quality layer \(layer.visible) belongs to \(Self.list(scenes)); "
        + (available.isEmpty
          ? "none is there." : "the layers are \(Self.list(available, most: 30)).")
    case .missingAsset(let item, let asset, let available):
      "the item \(item.visible) has no asset \(asset.visible) with a file; it has "
        + "\(Self.list(available, most: 30))."
    case .bandsAsScenes(let files):
      "\(files.count) files of one band lie on one place: \(Self.list(files)). If they are bands of "
        + "one scene, say how names are made, as in --group '{scene}_{band}.tif'; if each is a "
        + "scene, say --group none."
    default: ""
    }
  }

  /// Whether a file is at fault, and not what was asked for.
  var isDamage: Bool {
    switch self {
    case .damagedMetadata, .noBands: true
    default: false
    }
  }

  /// The first names of a list.
  static func list(_ names: [String], most: Int = 3) -> String {
    if names.isEmpty { return "none" }
    let shown = names.prefix(most).map(\.visible).joined(separator: ", ")
    return names.count > most ? shown + " and \(names.count - most) more" : shown
  }
}
