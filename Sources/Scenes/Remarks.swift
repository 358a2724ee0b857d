// What there is to say of scenes, for a summary that stays short when they are many. Pure.

import Basics

/// Sentences that name a scene each. Of those that are alike but for the scene and for counts, the
/// first is told, and which other scenes it holds for. Memory follows the kinds of sentences, not
/// the scenes.
package struct Remarks {
  private struct Kind {
    let sentence: String
    let scene: String
    var others: [String] = []
    var otherCount = 0
  }

  private var kinds: [Kind] = []
  private var kindOf: [String: Int] = [:]
  /// Other scenes of a sentence that are named.
  private static let namesShown = 3

  package init() {}

  /// - Parameters:
  ///   - sentence: without a full stop at its end.
  ///   - scene: as the sentence names it, once made visible.
  ///   - kind: of sentences that are alike whatever else they hold.
  package mutating func add(_ sentence: String, scene: String, kind: String? = nil) {
    let name = scene.visible
    let key = kind ?? Self.withoutCounts(sentence.replacing(name, with: "\0"))
    guard let kind = kindOf[key] else {
      kindOf[key] = kinds.count
      kinds.append(Kind(sentence: sentence, scene: name))
      return
    }
    if kinds[kind].scene == name || kinds[kind].others.last == name { return }
    kinds[kind].otherCount += 1
    if kinds[kind].others.count < Self.namesShown { kinds[kind].others.append(name) }
  }

  /// In the order in which they came, without a full stop at the end.
  package var texts: [String] {
    kinds.map { kind in
      if kind.others.isEmpty { return kind.sentence }
      let rest = kind.otherCount - kind.others.count
      let names = kind.others.joined(separator: ", ")
      return "\(kind.sentence) (likewise \(names)"
        + (rest > 0 ? " and \(HumanFormat.counted(rest, "more scene")))" : ")")
    }
  }

  /// "60 % of a" as "# of a", "12 of 16 windows" as "# windows".
  private static func withoutCounts(_ text: String) -> String {
    text.replacing(/[0-9][0-9.,]* %|[0-9]+ of [0-9]+/, with: "#")
  }
}
