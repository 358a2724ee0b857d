// Which of many rasters are one scene: files of one band on one place whose names differ in one
// part, and quality layers beside the scene that they belong to. Decides by names and places; opens
// nothing.

import Basics
import Foundation
import Imagery

struct BandGroups {
  private let rasters: [ProbedRaster]
  private let grouping: FileGrouping
  /// Scenes with the index of the raster that comes first in them.
  private var found: [(first: Int, scene: FoundScene)] = []
  /// Rasters that are in a scene, or a layer of one.
  private var taken: Set<Int> = []
  /// What a scene's files are called without band and ending, by the scene.
  private var stems: [[String]] = []

  /// - Throws: `InputError` for files of one band that may be bands or scenes.
  static func scenes(
    of rasters: [ProbedRaster], _ grouping: FileGrouping, remarks: inout Remarks
  ) throws -> [FoundScene] {
    var groups = BandGroups(rasters: rasters, grouping: grouping)
    return try groups.run(remarks: &remarks)
  }

  private init(rasters: [ProbedRaster], grouping: FileGrouping) {
    self.rasters = rasters
    self.grouping = grouping
  }

  private mutating func run(remarks: inout Remarks) throws -> [FoundScene] {
    let layers = rasters.indices.compactMap { index -> (index: Int, stem: String, name: String)? in
      let raster = rasters[index]
      guard raster.imageBands.count == 1, raster.imageBands[0].isInteger,
        let split = QualityNames.split(VirtualFiles.stem(raster.path))
      else { return nil }
      let stem = Files.parent(of: raster.path) + "/" + split.scene
      return (index, stem, split.layer)
    }
    taken.formUnion(layers.map(\.index))
    switch grouping {
    case .automatic: groupByNames(remarks: &remarks)
    case .none: break
    case .pattern(let pattern): try group(by: pattern, remarks: &remarks)
    }
    if grouping == .automatic { try refuseBandsAsScenes() }
    for index in rasters.indices where !taken.contains(index) {
      addSingle(index, remarks: &remarks)
    }
    place(layers, remarks: &remarks)
    return found.sorted { $0.first < $1.first }.map(\.scene)
  }

  /// A raster that is a scene by itself. Bands that are quality layers by their names are no image.
  private mutating func addSingle(_ index: Int, remarks: inout Remarks) {
    let raster = rasters[index]
    let all = raster.imageBands
    let quality = all.filter { $0.name.map(QualityNames.contains) ?? false && $0.isInteger }
    let bands = all.filter { band in !quality.contains { $0.number == band.number } }
    let used = bands.isEmpty ? all : bands
    let recipe = SceneRecipe(
      name: Files.name(of: raster.path), source: raster.path,
      bands: used.map { raster.source($0) }, acquired: raster.acquired)
    let layers = (bands.isEmpty ? [] : quality).map {
      NamedLayer(name: $0.name ?? "", raster: raster.path, number: $0.number)
    }
    add(
      FoundScene(recipe, layers: layers, unusableDate: raster.unusableDate), first: index,
      stem: Files.parent(of: raster.path) + "/" + VirtualFiles.stem(raster.path))
  }

  private mutating func add(_ scene: FoundScene, first: Int, stem: String) {
    found.append((first, scene))
    stems.append([stem])
  }

  /// Gives quality layers to the scenes whose names they have; those that belong to none are left
  /// out and said.
  private mutating func place(
    _ layers: [(index: Int, stem: String, name: String)], remarks: inout Remarks
  ) {
    var sceneOf: [String: Int] = [:]
    for (number, names) in stems.enumerated() {
      for name in names where sceneOf[name] == nil { sceneOf[name] = number }
    }
    for layer in layers {
      guard let number = sceneOf[layer.stem] else {
        let file = Files.name(of: rasters[layer.index].path)
        remarks.add(
          "\(file.visible) is a quality layer by its name, belongs to no scene, and is left out",
          scene: file)
        continue
      }
      found[number].scene.layers.append(
        NamedLayer(name: layer.name, raster: rasters[layer.index].path, number: 1))
    }
  }
}

extension BandGroups {
  /// Files that differ in one part of their names.
  private struct Bucket {
    var position: Int
    var likeness: Int
    var members: [Int]
  }

  private mutating func groupByNames(remarks: inout Remarks) {
    let names = rasters.map { PlaneName($0.path) }
    var buckets: [String: Bucket] = [:]
    for (index, name) in names.enumerated() where isPlane(index) {
      for position in name.parts.indices {
        let likeness = PlaneName.likeness(name.parts[position])
        // A name that is one part alone must surely be a band's.
        if likeness == 0 || (name.parts.count == 1 && likeness < 2) { continue }
        let key = name.pattern(without: position)
        var bucket = buckets[key] ?? Bucket(position: position, likeness: likeness, members: [])
        bucket.likeness = min(bucket.likeness, likeness)
        bucket.members.append(index)
        buckets[key] = bucket
      }
    }
    let order = buckets.filter { $0.value.members.count > 1 }.sorted { a, b in
      let x = a.value
      let y = b.value
      return (x.likeness, x.members.count, x.position, b.key)
        > (y.likeness, y.members.count, y.position, a.key)
    }
    for (_, bucket) in order {
      let free = bucket.members.filter { !taken.contains($0) }
      for members in onOnePlace(free) {
        addGroup(members, position: bucket.position, names: names, remarks: &remarks)
      }
    }
  }

  /// Whether a raster is one band on the map that may be part of a scene.
  private func isPlane(_ index: Int) -> Bool {
    !taken.contains(index) && rasters[index].imageBands.count == 1
      && rasters[index].transform != nil
  }

  /// Places up to which each raster is compared with each.
  private static let mostPlaces = 64

  /// Rasters in sets that each lie on one place, of two and more.
  private func onOnePlace(_ indices: [Int]) -> [[Int]] {
    var byExtent: [[Double]: Int] = [:]
    var sets: [[Int]] = []
    for index in indices {
      let extent = rasters[index].extent ?? []
      var near = byExtent[extent]
      // Many different places are tiles: equal edges only.
      if near == nil && sets.count <= Self.mostPlaces {
        near = sets.firstIndex { rasters[$0[0]].isOnPlace(of: rasters[index]) }
      }
      if let near, rasters[sets[near][0]].isOnPlace(of: rasters[index]) {
        sets[near].append(index)
      } else {
        byExtent[extent] = sets.count
        sets.append([index])
      }
    }
    return sets.filter { $0.count > 1 }
  }

  private mutating func addGroup(
    _ members: [Int], position: Int, names: [PlaneName], remarks: inout Remarks
  ) {
    // Files that all have the same band are scenes of other times or kinds.
    let descriptions = members.map { rasters[$0].imageBands[0].name }
    if let first = descriptions[0], descriptions.allSatisfy({ $0 == first }) { return }
    let dates = members.map { rasters[$0].acquired?.day }
    if !dates.contains(nil), Set(dates).count == members.count { return }
    let rest = names[members[0]].rest(without: position)
    let folder = names[members[0]].folder
    let name = rest.isEmpty ? Files.name(of: Files.absolute(folder)) : rest
    addGroup(
      members.map { ($0, names[$0].parts[position]) }, name: name, stem: folder + "/" + rest,
      remarks: &remarks)
  }

  /// - Parameter members: rasters with the names that their bands get.
  private mutating func addGroup(
    _ members: [(index: Int, band: String)], name: String, stem: String, remarks: inout Remarks
  ) {
    // The same band at several resolutions: the finest one.
    var best: [String: Int] = [:]
    for member in members {
      guard let other = best[member.band] else {
        best[member.band] = member.index
        continue
      }
      if rasters[member.index].pixelEdge < rasters[other].pixelEdge {
        best[member.band] = member.index
      }
    }
    let order = best.keys.sorted(by: LandsatProduct.isBefore)
    let bands = order.compactMap { band in
      best[band].map { rasters[$0].source(rasters[$0].imageBands[0], name: band) }
    }
    guard bands.count > 1, let first = members.map(\.index).min() else { return }
    let times = members.compactMap { rasters[$0.index].acquired }
    let unusable = members.compactMap { rasters[$0.index].unusableDate }
    let recipe = SceneRecipe(
      name: name, source: bands[0].raster, bands: bands, acquired: times.first)
    taken.formUnion(members.map(\.index))
    add(
      FoundScene(recipe, unusableDate: times.isEmpty ? unusable.first : nil), first: first,
      stem: stem)
    remarks.add(
      "\(name.visible) is made of files of one band: \(InputError.list(order, most: 30))",
      scene: name)
  }

  /// By the user's pattern over names.
  private mutating func group(by pattern: String, remarks: inout Remarks) throws {
    let escaped = NSRegularExpression.escapedPattern(for: pattern)
      .replacing("\\*", with: ".*").replacing("\\{scene\\}", with: "(?<scene>.+)")
      .replacing("\\{band\\}", with: "(?<band>.+?)")
    guard let expression = try? NSRegularExpression(pattern: "^\(escaped)$") else {
      throw InputError.wrongGroup(pattern)
    }
    // A pattern whose end is left open says nothing of the ending.
    let isWithoutEnding = pattern.hasSuffix("}")
    var groups: [String: [(Int, String)]] = [:]
    for index in rasters.indices
    where !taken.contains(index) && rasters[index].imageBands.count == 1 {
      let path = rasters[index].path
      let name = isWithoutEnding ? VirtualFiles.stem(path) : Files.name(of: path)
      guard
        let match = expression.firstMatch(in: name, range: NSRange(name.startIndex..., in: name)),
        let band = Range(match.range(withName: "band"), in: name)
      else { continue }
      let scene =
        pattern.contains("{scene}")
        ? Range(match.range(withName: "scene"), in: name).map { String(name[$0]) } ?? "" : ""
      let key = Files.parent(of: rasters[index].path) + "/" + scene
      groups[key, default: []].append((index, String(name[band])))
    }
    for key in groups.keys.sorted() {
      let members = groups[key] ?? []
      let folder = Files.parent(of: key)
      let name = key.hasSuffix("/") ? Files.name(of: Files.absolute(folder)) : Files.name(of: key)
      addGroup(members, name: name, stem: key, remarks: &remarks)
    }
  }

  /// Files of one band on one place that no name tells apart would be neighbours of each other.
  private func refuseBandsAsScenes() throws {
    var places: [[Double]: [Int]] = [:]
    for index in rasters.indices where isPlane(index) {
      places[rasters[index].extent ?? [], default: []].append(index)
    }
    for index in rasters.indices {
      guard let members = places[rasters[index].extent ?? []], members.first == index,
        members.count > 1
      else { continue }
      let same = members.filter { rasters[$0].reference == rasters[index].reference }
      let names = same.map { rasters[$0].imageBands[0].name }
      let dates = same.map { day(of: rasters[$0]) }
      let isTimes = !dates.contains(nil) && Set(dates).count == same.count
      let isOneBand = names[0] != nil && Set(names).count == 1
      // Equal names in different folders: the same band of other times.
      let files = Set(same.map { Files.name(of: rasters[$0].path) })
      if same.count > 1 && !isTimes && !isOneBand && files.count > 1 {
        throw InputError.bandsAsScenes(files: same.map { rasters[$0].path })
      }
    }
  }

  private func day(of raster: ProbedRaster) -> Int? {
    if let acquired = raster.acquired { return acquired.day }
    if case .one(let time) = AcquisitionDates.inName(Files.name(of: raster.path)) {
      return time.day
    }
    return raster.fileDate?.day
  }
}
