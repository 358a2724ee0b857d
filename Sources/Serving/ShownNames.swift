// What runs are called where several are shown: legends, titles and the labels of metrics must tell
// them apart.

import Basics

package enum ShownNames {
  /// Of each folder as much of its path's end as no other has: its name, where names differ.
  /// - Parameter paths: of different folders.
  package static func of(_ paths: [String]) -> [String] {
    let parts = paths.map { $0.split(separator: "/").map(String.init) }
    return parts.enumerated().map { place, own in
      for count in 1..<own.count + 1 {
        let isOwn = parts.enumerated().allSatisfy { other, parts in
          other == place || parts.suffix(count) != own.suffix(count)
        }
        if isOwn { return own.suffix(count).joined(separator: "/") }
      }
      return paths[place]
    }
  }
}
