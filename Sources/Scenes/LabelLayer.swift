// Labels from the features of any vector file that GDAL reads (OGR): points and polygons with a
// field, in any coordinate system. Which patches they label is in LabelLayer+Patches.swift.

import Basics
import CGDAL
import Maps

/// An open layer of labels. One thread at a time.
package final class LabelLayer {
  package let path: String
  /// The field of the labels.
  package let field: String
  /// What all features together are.
  package private(set) var census = Census()
  let layer: OGRLayerH
  let reference: SpatialReference
  private let dataset: GDALDatasetH
  private let fieldNumber: Int32
  private let splitNumber: Int32?
  private let splitField: String?
  private let kind: OGRFieldType
  private let isBoolean: Bool

  /// Counts of features.
  package struct Census: Hashable, Sendable {
    /// With a point or a polygon and a label.
    package var usable = 0
    /// Without a label: null, empty, NaN or infinite.
    package var unlabelled = 0
    /// Lines, collections, and features without a shape.
    package var shapeless = 0
    /// That say no role where others do.
    package var roleless = 0
  }

  /// What a feature says.
  struct Content {
    let value: LabelValue
    let role: LabelRole?
  }

  /// Whether a file holds features: what is none may be a raster.
  package static func holdsFeatures(_ path: String) -> Bool {
    guard let dataset = RasterMessages().collect({ open(path) }) else { return false }
    defer { GDALClose(dataset) }
    return GDALDatasetGetLayerCount(dataset) > 0
  }

  private static func open(_ path: String) -> GDALDatasetH? {
    GDALOpenEx(
      VirtualFiles.address(path) ?? path,
      UInt32(GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR), nil, nil, nil)
  }

  /// Opens a layer and reads all its fields, and no shape.
  /// - Parameters:
  ///   - field: with the labels; nil for the only one.
  ///   - split: the field that says train, val or test.
  /// - Throws: `LabelError`.
  package init(path: String, field: String?, split: String?) throws(LabelError) {
    let messages = RasterMessages()
    guard let dataset = messages.collect({ Self.open(path) }) else {
      throw .unreadable(path: path, reason: messages.reason(about: path))
    }
    var isTaken = false
    defer { if !isTaken { GDALClose(dataset) } }
    let layers = (0..<GDALDatasetGetLayerCount(dataset)).compactMap {
      GDALDatasetGetLayer(dataset, $0)
    }
    guard layers.count == 1, let layer = layers.first,
      let definition = OGR_L_GetLayerDefn(layer)
    else {
      throw .layers(path: path, names: layers.map { String(cString: OGR_L_GetName($0)) })
    }
    let names = (0..<OGR_FD_GetFieldCount(definition)).compactMap { index in
      OGR_FD_GetFieldDefn(definition, index).flatMap { OGR_Fld_GetNameRef($0) }
        .map { String(cString: $0) }
    }
    func number(_ name: String) throws(LabelError) -> Int32 {
      guard let index = names.firstIndex(of: name) else {
        throw .noField(path: path, field: name, fields: names)
      }
      return Int32(index)
    }
    let others = names.filter { $0 != split }
    guard let name = field ?? (others.count == 1 ? others[0] : nil) else {
      throw .chooseField(
        path: path, fields: others, split: split.flatMap { names.contains($0) ? $0 : nil })
    }
    // GeoPackages have names for what is unknown.
    guard let reference = SpatialReference(copying: OGR_L_GetSpatialRef(layer)),
      !reference.description.name.hasPrefix("Undefined")
    else { throw .noSystem(path: path) }
    fieldNumber = try number(name)
    splitNumber = if let split { try number(split) } else { nil }
    let fieldDefinition = OGR_FD_GetFieldDefn(definition, fieldNumber)
    kind = OGR_Fld_GetType(fieldDefinition)
    isBoolean = OGR_Fld_GetSubType(fieldDefinition) == OFSTBoolean
    self.path = path
    self.field = name
    splitField = split
    self.reference = reference
    self.dataset = dataset
    self.layer = layer
    isTaken = true
    try takeCensus()
  }

  deinit { GDALClose(dataset) }

  /// Whether a feature has a point or a polygon.
  static func shape(of feature: OGRFeatureH) -> OGRGeometryH? {
    guard let shape = OGR_F_GetGeometryRef(feature), OGR_G_IsEmpty(shape) == 0 else { return nil }
    // Curves are lines or areas by their dimension.
    let flat = OGR_GT_Flatten(OGR_G_GetGeometryType(shape))
    let dimension = OGR_G_GetDimension(shape)
    guard flat != wkbGeometryCollection else { return nil }
    return dimension == 0 || dimension == 2 ? shape : nil
  }

  /// What a feature says; nil where it has no label.
  /// - Throws: `LabelError.unknownRole`.
  func content(of feature: OGRFeatureH) throws(LabelError) -> Content? {
    guard let value = value(of: feature) else { return nil }
    guard let splitNumber else { return Content(value: value, role: nil) }
    guard OGR_F_IsFieldSetAndNotNull(feature, splitNumber) != 0,
      let text = OGR_F_GetFieldAsString(feature, splitNumber).map({ String(cString: $0) })
    else { return Content(value: value, role: nil) }
    guard let role = LabelRole(text) else {
      throw .unknownRole(path: path, field: splitField ?? "", value: text)
    }
    return Content(value: value, role: role)
  }

  private func value(of feature: OGRFeatureH) -> LabelValue? {
    guard OGR_F_IsFieldSetAndNotNull(feature, fieldNumber) != 0 else { return nil }
    switch kind {
    case OFTReal:
      let value = OGR_F_GetFieldAsDouble(feature, fieldNumber)
      return value.isFinite ? .number(value) : nil
    case OFTInteger where !isBoolean, OFTInteger64:
      return .integer(Int(OGR_F_GetFieldAsInteger64(feature, fieldNumber)))
    default:
      guard let text = OGR_F_GetFieldAsString(feature, fieldNumber) else { return nil }
      let value = String(cString: text)
      return value.isEmpty ? nil : .text(value)
    }
  }

  private func takeCensus() throws(LabelError) {
    OGR_L_ResetReading(layer)
    while let feature = RasterMessages().collect({ OGR_L_GetNextFeature(layer) }) {
      defer { OGR_F_Destroy(feature) }
      guard Self.shape(of: feature) != nil else {
        census.shapeless += 1
        continue
      }
      guard let content = try content(of: feature) else {
        census.unlabelled += 1
        continue
      }
      if splitNumber != nil && content.role == nil { census.roleless += 1 }
      census.usable += 1
    }
    if census == Census() { throw .noFeatures(path: path) }
    if census.usable + census.unlabelled == 0 { throw .noShapes(path: path) }
    if census.usable == 0 {
      throw .noLabels(path: path, field: field, features: census.unlabelled)
    }
  }
}
