// What a label says, and of which patch of a grid.

/// A label as a file has it.
package enum LabelValue: Hashable, Sendable {
  case text(String)
  case integer(Int)
  case number(Double)

  /// As a number; nil for a text.
  package var number: Double? {
    switch self {
    case .text: nil
    case .integer(let value): Double(value)
    case .number(let value): value
    }
  }
}

/// What a labelled place is for, where the file says it.
package enum LabelRole: String, Hashable, Sendable, CaseIterable {
  case train, val, test

  /// From what people write: "training", "validation", "Test".
  init?(_ text: String) {
    switch text.lowercased() {
    case "train", "training": self = .train
    case "val", "valid", "validation": self = .val
    case "test", "testing": self = .test
    default: return nil
    }
  }
}

/// A patch of a grid with its label.
package struct LabelledPatch: Hashable, Sendable {
  package let column: Int
  package let row: Int
  /// As a class: the feature's value, or the commonest one of a raster's pixels in the patch.
  package let label: LabelValue
  /// As a number: the feature's, or the mean of a raster's pixels; NaN where the label is a text.
  package let number: Double
  /// Nil where the file does not say.
  package let role: LabelRole?

  package init(
    column: Int, row: Int, label: LabelValue, number: Double, role: LabelRole? = nil
  ) {
    self.column = column
    self.row = row
    self.label = label
    self.number = number
    self.role = role
  }
}
