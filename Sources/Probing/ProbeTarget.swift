// What a probe predicts: a class or a number of each place.

import Scenes

/// Labels of places, all of one kind.
package enum ProbeTarget: Hashable, Sendable {
  /// A class of each place, as an index into the names.
  case classes([Int], names: [String])
  case numbers([Double])

  /// Which kind labels are.
  package enum Kind: String, CaseIterable, Sendable {
    case classes, numbers
  }

  /// Whole numbers of so many different values at most are taken for classes.
  package static let mostWholeClasses = 32
  /// Classes that a probe tells apart, at most.
  package static let mostClasses = 255

  /// The kind of labels where nobody says it: texts are classes, numbers with a point are numbers,
  /// and whole numbers are classes where there are few of them.
  package static func kind(of labels: some Sequence<LabelValue>) -> Kind {
    var whole: Set<Int> = []
    for label in labels {
      switch label {
      case .text: return .classes
      case .number: return .numbers
      case .integer(let value):
        whole.insert(value)
        if whole.count > mostWholeClasses { return .numbers }
      }
    }
    return .classes
  }

  /// Classes are named as the labels are, and in their order: numbers before texts.
  /// - Throws: `ProbeError` for texts where numbers are wanted, and for too many classes.
  package init(_ patches: [LabelledPatch], kind: Kind) throws(ProbeError) {
    switch kind {
    case .numbers:
      if let text = patches.first(where: { !$0.number.isFinite }) {
        throw .notANumber(label: Self.name(of: text.label))
      }
      self = .numbers(patches.map(\.number))
    case .classes:
      let values = Set(patches.map(\.label)).sorted(by: Self.isBefore)
      guard values.count <= Self.mostClasses else {
        throw .tooManyClasses(count: values.count)
      }
      let numbers = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
      self = .classes(patches.map { numbers[$0.label] ?? 0 }, names: values.map(Self.name))
    }
  }

  private static func isBefore(_ a: LabelValue, _ b: LabelValue) -> Bool {
    switch (a.number, b.number) {
    case (let a?, let b?): a < b
    case (.some, nil): true
    case (nil, .some): false
    case (nil, nil): name(of: a) < name(of: b)
    }
  }

  /// What a class with this label is called.
  static func name(of label: LabelValue) -> String {
    switch label {
    case .text(let text): text
    case .integer(let value): "\(value)"
    case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
  }

  /// Places.
  package var count: Int {
    switch self {
    case .classes(let values, _): values.count
    case .numbers(let values): values.count
    }
  }

  package var kind: Kind {
    switch self {
    case .classes: .classes
    case .numbers: .numbers
    }
  }

  /// The labels of some places.
  package func selecting(_ places: [Int]) -> ProbeTarget {
    switch self {
    case .classes(let values, let names): .classes(places.map { values[$0] }, names: names)
    case .numbers(let values): .numbers(places.map { values[$0] })
    }
  }
}
