// Words in columns.

extension String {
  /// The text with spaces after it up to `width` characters; a longer one stays whole.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
