// A file's name in parts, for finding which files are bands of one scene: S_B01.tif and S_B02.tif
// differ in one part. Names only.

import Basics

/// The name of a file that holds one band.
struct PlaneName {
  let folder: String
  /// The ending without the dot, in lower case.
  let ending: String
  /// The stem cut at "_", "-", "." and blanks.
  let parts: [String]
  /// What stands between the parts: one less than parts.
  let separators: [Character]

  init(_ path: String) {
    folder = Files.parent(of: path)
    ending = VirtualFiles.fileExtension(path)
    var parts = [""]
    var separators: [Character] = []
    for character in QualityNames.withoutResolution(VirtualFiles.stem(path)) {
      if "_-. ".contains(character) {
        separators.append(character)
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    // "SR_B1" is one part.
    for index in parts.indices.dropLast().reversed()
    where ["SR", "ST"].contains(parts[index]) && Self.isNumbered(parts[index + 1]) {
      parts[index] += String(separators[index]) + parts[index + 1]
      parts.remove(at: index + 1)
      separators.remove(at: index)
    }
    self.parts = parts
    self.separators = separators
  }

  /// The name with a part replaced by a mark: equal for files that differ in that part alone.
  func pattern(without index: Int) -> String {
    var marked = parts
    marked[index] = "\u{0}"
    return folder + "/" + joined(marked, separators) + "." + ending
  }

  /// The name without a part and one separator beside it; empty when nothing else is there.
  func rest(without index: Int) -> String {
    var others = parts
    others.remove(at: index)
    var between = separators
    if !between.isEmpty { between.remove(at: max(0, index - 1)) }
    return joined(others, between)
  }

  private func joined(_ parts: [String], _ separators: [Character]) -> String {
    var result = parts.first ?? ""
    for (separator, part) in zip(separators, parts.dropFirst()) {
      result.append(separator)
      result += part
    }
    return result
  }

  /// How far a part looks like a band's name: 2 surely, 1 perhaps, 0 not (a date, a tile's number).
  static func likeness(_ part: String) -> Int {
    if isNumbered(part) || words.contains(part.lowercased()) { return 2 }
    let digits = part.filter(\.isNumber).count
    if part.isEmpty || digits >= 4 || (digits == part.count && digits > 2) { return 0 }
    return 1
  }

  /// "B01", "b8a", "band3", "SR_B1".
  private static func isNumbered(_ part: String) -> Bool {
    var rest = Substring(part.lowercased())
    for head in ["sr_", "st_"] where rest.hasPrefix(head) { rest = rest.dropFirst(head.count) }
    guard let head = ["band", "layer", "channel", "ch", "b"].first(where: rest.hasPrefix) else {
      return false
    }
    rest = rest.dropFirst(head.count)
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    return (1...2).contains(digits.count)
      && (rest.count == digits.count || rest.dropFirst(digits.count) == "a")
  }

  private static let words: Set<String> = [
    "red", "green", "blue", "nir", "nir08", "nir09", "nir1", "nir2", "swir", "swir1", "swir2",
    "swir16", "swir22", "rededge", "rededge1", "rededge2", "rededge3", "pan", "coastal", "cirrus",
    "yellow", "lwir", "lwir11", "lwir12", "tir", "vv", "vh", "hh", "hv", "r", "g", "b",
  ]
}
