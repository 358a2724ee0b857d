// Long names in little room: what they share is left out first. Text only.

/// Names of which several may begin and end alike.
package struct DistinctNames {
  /// Characters that all names begin with, up to the start of a word.
  private let prefix: Int
  /// Characters that all names end with.
  private let suffix: Int

  /// Of one name, however often, nothing is shared.
  package init(of names: [String]) {
    let names = Set(names).sorted()
    guard names.count > 1, let first = names.first, let last = names.last else {
      (prefix, suffix) = (0, 0)
      return
    }
    // Of sorted names the first and the last one share what all do.
    let shared = zip(first, last).prefix { $0 == $1 }.map(\.0)
    let word = shared.lastIndex { !$0.isLetter && !$0.isNumber }.map { $0 + 1 } ?? 0
    let shortest = names.map(\.count).min() ?? 0
    let ends = names.map { Array($0.reversed()) }
    prefix = word
    suffix =
      (0..<shortest - word).first { place in ends.contains { $0[place] != ends[0][place] } }
      ?? 0
  }

  /// The name as it is where it fits; else with the shared start left out, and as much of what
  /// follows the distinct part as there is room for. It may still be too long.
  package func shortened(_ name: String, fits: (String) -> Bool) -> String {
    if fits(name) || prefix + suffix == 0 { return name }
    let start = prefix > 0 ? "…" : ""
    let rest = name.dropFirst(prefix)
    if fits(start + rest) { return start + rest }
    let least = max(rest.count - suffix, 1)
    let kept = (least..<max(rest.count, least + 1)).last { fits(start + rest.prefix($0) + "…") }
    return start + rest.prefix(kept ?? least) + "…"
  }
}
