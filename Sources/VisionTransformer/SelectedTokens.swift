// Which tokens of ragged sequences are meant, where not all are.

/// Some tokens of ragged sequences.
package struct SelectedTokens {
  /// Ascending rows.
  package var rows: [Int] = []
  /// How many lie before each sequence's, and after the last one all.
  package var starts: [Int] = []

  /// None yet.
  package init() {}
}
