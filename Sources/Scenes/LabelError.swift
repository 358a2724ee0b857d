// What labels can be that nothing is learned from.

import Basics

/// Why labels cannot be read. Each description names the file, says what is wrong and what to do.
package enum LabelError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  case layers(path: String, names: [String])
  case noField(path: String, field: String, fields: [String])
  case chooseField(path: String, fields: [String], split: String?)
  case noSystem(path: String)
  case noFeatures(path: String)
  case noShapes(path: String)
  case noLabels(path: String, field: String, features: Int)
  case unknownRole(path: String, field: String, value: String)
  case fieldOfRaster(path: String, option: String)
  case bandOfFeatures(path: String)
  case chooseBand(path: String, count: Int)

  package var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "cannot read the labels \(path.visible): \(reason)"
    case .layers(let path, let names):
      "\(path.visible) has \(HumanFormat.counted(names.count, "layer")) of features, and labels are "
        + "one layer. Take it out with ogr2ogr, for example `ogr2ogr labels.gpkg "
        + "\(path.shellWord) \((names.first ?? "LAYER").shellWord)`."
    case .noField(let path, let field, let fields):
      "\(path.visible) has no field \(field.visible). Its fields are \(Self.list(fields))."
    case .chooseField(let path, let fields, let split):
      fields.isEmpty
        ? "the features of \(path.visible) have no field"
          + (split.map { " but \($0.visible), which --split takes for train and test" } ?? "")
          + ", so that nothing says what they are. Give them one with their class or number."
        : "\(path.visible) has the fields \(Self.list(fields)). Say with --field which one holds the "
          + "labels."
    case .noSystem(let path):
      "\(path.visible) does not say its coordinate reference system. Give it one with "
        + "`ogr2ogr -a_srs EPSG:… labels.gpkg \(path.shellWord)`."
    case .noShapes(let path):
      "\(path.visible) holds no point and no polygon. Labels of lines or without a place are not read."
    case .noFeatures(let path):
      "the layer of \(path.visible) is empty: it has no feature that could be a label."
    case .noLabels(let path, let field, let features):
      "the field \(field.visible) of \(path.visible) says nothing of any of its "
        + "\(HumanFormat.counted(features, "feature")) with a point or a polygon: it is null, empty or "
        + "no number. Fill it, or name another one with --field."
    case .unknownRole(let path, let field, let value):
      "the field \(field.visible) of \(path.visible) has the value \(value.visible). With --split it "
        + "says train, val or test of each feature."
    case .fieldOfRaster(let path, let option):
      "\(path.visible) is a raster, which has no fields. Leave out \(option), or name a file of "
        + "features."
    case .bandOfFeatures(let path):
      "\(path.visible) holds features, which have fields and no bands. Leave out --label-band."
    case .chooseBand(let path, let count):
      "\(path.visible) has \(count) bands. Say with --label-band which one holds the labels, counted "
        + "from 1."
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : HumanFormat.listed(names.map(\.visible), "field", first: 20)
  }
}
