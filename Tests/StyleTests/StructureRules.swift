// The rules about names and imports: which types there are, and which module may know which.

import Foundation

enum StructureRules {
  /// Files that two modules compile, once for each width of registers.
  static let twins: Set<String> = ["MicroTile.swift", "RowFunctions.swift"]

  /// No two top-level types have one name, in whatever modules.
  static func typeNames(_ files: [SourceFile]) -> [Finding] {
    var places: [String: String] = [:]
    var result: [Finding] = []
    for file in files where !(file.module == "WideKernels" && twins.contains(file.name)) {
      for (index, line) in file.code.enumerated() {
        guard let name = line.captures(of: topLevelType) else { continue }
        if let place = places[name] {
          result.append(
            Finding(
              file: file, line: index + 1,
              advice: "`\(name)` is also declared in \(place): give one of them another name"))
        } else {
          places[name] = "\(file.path):\(index + 1)"
        }
      }
    }
    return result
  }

  private static let topLevelType =
    #"^(?:@[A-Za-z]+(?:\([a-z]*\))? |[a-z]+ )*"#
    + "(?:struct|class|enum|actor|protocol|typealias) ([A-Z][A-Za-z0-9]*)"

  /// The extents of micro-kernels and blocks stand in the two files that name them, and nowhere
  /// else.
  static func microKernelConstants(_ files: [SourceFile]) -> [Finding] {
    let named: Set = ["MicroTile.swift", "CacheBlocking.swift"]
    return files.filter {
      ["Kernels", "WideKernels"].contains($0.module) && !named.contains($0.name)
    }.flatMap { file in
      file.code.enumerated().compactMap { index, line -> Finding? in
        // Lane numbers, one after another, are no extents.
        guard !line.contains("(0, 1, 2, 3,"), let number = line.captures(of: extent) else {
          return nil
        }
        return Finding(
          file: file, line: index + 1,
          advice: "a bare \(number): say `MicroTile` or `CacheBlocking` what it is")
      }
    }
  }

  private static let extent = #"(?<![\w.])(12|16|32|48|144|192|256|384|768|1152)(?![\w.])"#

  /// Imports point downwards: only modules of lower floors are imported.
  static func imports(_ files: [SourceFile], floors: [[String]]) -> [Finding] {
    var floorOf: [String: Int] = [:]
    for (floor, modules) in floors.enumerated() {
      for module in modules { floorOf[module] = floor }
    }
    return files.flatMap { file -> [Finding] in
      guard let module = file.module else { return [] }
      guard let floor = floorOf[module] else {
        return [
          Finding(
            file: file, line: 1,
            advice: "the module \(module) is on no floor: draw it in ARCHITECTURE.md")
        ]
      }
      return importLines(of: file).compactMap { line, name in
        guard let other = floorOf[name], other >= floor else { return nil }
        return Finding(
          file: file, line: line,
          advice: "\(module) may import lower floors only, and \(name) is not on one")
      }
    }
  }

  /// The lines of a file that import, and what they import.
  static func importLines(of file: SourceFile) -> [(line: Int, module: String)] {
    file.code.enumerated().compactMap { index, line in
      line.captures(of: #"^(?:[a-z@]+ )?import (?:[a-z]+ )?([A-Za-z0-9_]+)"#).map {
        (index + 1, $0)
      }
    }
  }
}

extension String {
  /// What the first group of a regular expression matches.
  func captures(of pattern: String) -> String? {
    guard let expression = try? NSRegularExpression(pattern: pattern),
      let match = expression.firstMatch(
        in: self, range: NSRange(startIndex..., in: self)),
      let range = Range(match.range(at: 1), in: self)
    else { return nil }
    return String(self[range])
  }
}
