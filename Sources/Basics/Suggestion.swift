// "Did you mean": the known word that a misspelt one is nearest to.

package enum Suggestion {
  /// Longer words are not compared: no key is half as long.
  private static let longestWord = 64

  /// The candidate with the fewest single-letter edits from `word`, the first of equals; nil when
  /// more than a third of the letters would change. Case and underscores do not count.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    guard word.count <= longestWord else { return nil }
    let plainWord = plain(word)
    let distances = candidates.map { distance(from: plainWord, to: plain($0)) }
    guard let best = distances.indices.min(by: { distances[$0] < distances[$1] }),
      3 * distances[best] <= max(plainWord.count, candidates[best].count)
    else { return nil }
    return candidates[best]
  }

  private static func plain(_ word: String) -> [Character] {
    word.lowercased().filter { $0 != "_" && $0 != "-" }
  }

  /// Letters that only changed their places are one slip of a hand: "spet" for "step".
  private static func distance(from word: [Character], to candidate: [Character]) -> Int {
    let edits = edits(between: word, and: candidate)
    return edits > 1 && word.sorted() == candidate.sorted() ? 1 : edits
  }

  /// Insertions, deletions, replacements and swaps of neighbours that make one word of the other
  /// (Damerau, 1964; no letter is edited twice).
  private static func edits(between a: [Character], and b: [Character]) -> Int {
    var above = Array(0...b.count)  // edits between the first i letters of a and the first j of b
    var aboveThat = above
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        let replaced = above[j] + (a[i] == b[j] ? 0 : 1)
        let isSwap = i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]
        let swapped = isSwap ? aboveThat[j - 1] + 1 : replaced
        row.append(min(replaced, swapped, above[j + 1] + 1, row[j] + 1))
      }
      (aboveThat, above) = (above, row)
    }
    return above[b.count]
  }
}
