// From STAC items to scenes: which assets are bands, what they are called and what their values
// mean. Rasters are opened only where an item does not say how many bands they have.

import Basics
import Foundation
import Imagery

struct CatalogueReader {
  private let options: InputOptions
  private(set) var scenes: [FoundScene] = []
  /// Sentinel-2 items that say nothing of scale and offset, before and since the baseline that
  /// brought an offset; the first of each.
  private var undeclared: [Bool: String] = [:]
  /// Catalogues that link to one another, at most.
  private static let deepest = 8

  init(_ options: InputOptions) { self.options = options }

  /// Whether a text is a catalogue's or an item's, and not another JSON file.
  static func isCatalogue(_ text: String) -> Bool {
    guard let document = try? JSONDecoder().decode(Outline.self, from: Data(text.utf8)) else {
      return false
    }
    return document.version != nil || document.type == "FeatureCollection"
      || (document.type == "Feature" && document.assets != nil)
  }

  /// What tells a catalogue from other files.
  private struct Outline: Decodable {
    struct Anything: Decodable {
      init(from decoder: any Decoder) {}
    }

    var type: String?
    var version: String?
    var assets: Anything?

    private enum CodingKeys: String, CodingKey {
      case type, assets
      case version = "stac_version"
    }
  }

  /// Adds the scenes of an item, of a collection of items, or of what a catalogue links to.
  /// - Throws: `InputError`, `SceneError`.
  mutating func add(
    _ text: String, path: String, depth: Int = 0, remarks: inout Remarks
  ) throws {
    guard depth < Self.deepest else { throw InputError.nestedTooDeep(path: path) }
    let folder = Files.parent(of: path)
    do {
      let data = Data(text.utf8)
      let document = try JSONDecoder().decode(CatalogueDocument.self, from: data)
      if document.type == "Feature" {
        let item = try JSONDecoder().decode(CatalogueItem.self, from: data)
        return scenes.append(try scene(item, source: path, folder: folder, remarks: &remarks))
      }
      if let features = document.features {
        for item in features {
          scenes.append(
            try scene(item, source: path + "#" + item.id, folder: folder, remarks: &remarks))
        }
        if document.links?.contains(where: { $0.rel == "next" }) == true {
          let page = Files.name(of: path)
          remarks.add(
            "\(page.visible) is one page of a longer list; only the items on it are taken",
            scene: page)
        }
        return
      }
      for link in document.links ?? [] where link.rel == "item" || link.rel == "child" {
        let target = VirtualFiles.resolve(link.href, in: folder)
        try add(
          VirtualFiles.text(of: target), path: target, depth: depth + 1, remarks: &remarks)
      }
    } catch let error as DecodingError {
      throw InputError.damagedMetadata(
        path: path, what: "it is no STAC item or collection of items: \(error.summary)")
    }
  }

  private mutating func scene(
    _ item: CatalogueItem, source: String, folder: String, remarks: inout Remarks
  ) throws -> FoundScene {
    let assets = item.assets ?? [:]
    var keys = options.assets
    if keys.isEmpty {
      keys = assets.filter { $0.value.isData && !$0.value.isQuality(key: $0.key) }.keys
        .sorted(by: LandsatProduct.isBefore)
    }
    var bands: [BandSource] = []
    var aliases: [[String]] = []
    for key in keys {
      guard let asset = assets[key] else {
        throw InputError.missingAsset(
          item: source, asset: key, available: assets.filter { $0.value.isRaster }.keys.sorted())
      }
      let found = try self.bands(of: asset, key: key, folder: folder)
      bands += found.map(\.0)
      aliases += found.map(\.1)
    }
    guard !bands.isEmpty else {
      throw InputError.noBands(
        scene: source,
        what: "has no asset with the role \"data\". Name some with --assets; it has "
          + InputError.list(assets.filter { $0.value.isRaster }.keys.sorted(), most: 30) + ".")
    }
    try refuseContradictions(item, bands: bands, source: source)
    let layers = assets.keys.sorted().compactMap { key -> NamedLayer? in
      guard let asset = assets[key], asset.isRaster, asset.isQuality(key: key), !keys.contains(key)
      else { return nil }
      let file = VirtualFiles.resolve(asset.href, in: folder)
      let inName = QualityNames.split(VirtualFiles.stem(asset.href))?.layer
      return NamedLayer(name: inName ?? key, raster: file, number: 1)
    }
    let properties = item.properties
    let said = AcquisitionDates.Said(properties?.datetime ?? properties?.start)
    return FoundScene(
      SceneRecipe(name: item.id, source: source, bands: bands, acquired: said.time),
      aliases: aliases, layers: layers, unusableDate: said.unusable)
  }

  private func bands(
    of asset: CatalogueAsset, key: String, folder: String
  ) throws -> [(BandSource, [String])] {
    let raster = VirtualFiles.resolve(asset.href, in: folder)
    let probed = asset.bandCount == nil ? try ProbedRaster(raster).imageBands : nil
    let count = asset.bandCount ?? probed?.count ?? 0
    return (0..<count).map { index in
      let said = asset.band(index)
      let own = probed?[index]
      let number = own?.number ?? index + 1
      let common = said.lazy.compactMap(\.commonName).first
      let name =
        said.lazy.compactMap(\.name).first ?? own?.name ?? (count == 1 ? key : "band \(number)")
      let color = common.flatMap { ["red", "green", "blue"].contains($0) ? $0 : nil }
      let band = BandSource(
        raster: raster, number: number, name: name, color: color ?? own?.color,
        unit: said.lazy.compactMap(\.unit).first ?? asset.unit ?? own?.unit,
        wavelength: said.lazy.compactMap(\.wavelength).first ?? own?.wavelength,
        scale: said.lazy.compactMap(\.scale).first ?? asset.scale ?? own?.scale,
        offset: said.lazy.compactMap(\.offset).first ?? asset.offset ?? own?.offset,
        nodata: said.lazy.compactMap(\.nodata).first ?? asset.nodata)
      return (band, [common, count == 1 ? key : nil].compactMap { $0 })
    }
  }

  /// Catalogues repeat an offset that they have applied already.
  private mutating func refuseContradictions(
    _ item: CatalogueItem, bands: [BandSource], source: String
  ) throws {
    if options.saysOffset { return }
    if let baseline = item.properties?.baseline.flatMap(Double.init),
      item.properties?.isOffsetApplied == nil, bands.allSatisfy({ $0.offset == nil })
    {
      let hasOffset = baseline >= SentinelProduct.firstWithOffset
      if undeclared[hasOffset] == nil { undeclared[hasOffset] = source }
      if let before = undeclared[false], let since = undeclared[true] {
        throw InputError.undeclaredOffset(without: before, with: since)
      }
    }
    guard item.properties?.isOffsetApplied == true,
      let band = bands.first(where: { ($0.offset ?? 0) != 0 }), let offset = band.offset
    else { return }
    throw InputError.contradiction(
      scene: source, first: "earthsearch:boa_offset_applied says that the offset is applied",
      second: "raster:bands says that \(offset) is still to be added to \(band.name)")
  }
}
