// Texts that name files, without the folders: what goes into a dataset must not say where things
// lay.

import Foundation

package enum PathText {
  /// Absolute paths and addresses with folders become the names at their ends.
  package static func withoutFolders(_ text: String) -> String {
    guard let paths else { return text }
    return paths.stringByReplacingMatches(
      in: text, range: NSRange(text.startIndex..., in: text), withTemplate: "")
  }

  /// A slash that begins a word, and everything to the last slash of the word.
  private static let paths = try? NSRegularExpression(
    pattern: #"(?<![^\s"'`(\[=:,])(?:[a-z0-9]+:/)?/(?:[^\s"'`/]+/+)+(?=[^\s/])"#)
}
