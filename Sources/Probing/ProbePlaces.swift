// Labelled patches of scenes: which there are, and which of them are left when there are too many.

import Basics
import Imagery
import Scenes

/// A labelled patch of one of several scenes.
package struct ProbePlace: Hashable, Sendable {
  /// The number of the scene.
  package let scene: Int
  package let patch: LabelledPatch
  /// The patch's middle.
  package let place: GeographicPoint

  package init(scene: Int, patch: LabelledPatch, place: GeographicPoint) {
    self.scene = scene
    self.patch = patch
    self.place = place
  }
}

package enum ProbePlaces {
  /// As many places as are allowed, drawn evenly at random, in their order.
  package static func limited(_ places: [ProbePlace], to limit: Int, seed: UInt64) -> [ProbePlace] {
    if places.count <= limit { return places }
    var random = CounterRandom(seed: seed, purpose: .probedPlaces)
    let drawn = random.permutation(of: places.count).prefix(limit).sorted()
    return drawn.map { places[Int($0)] }
  }

  /// The split that a file says, where it says train and test. Without val every fifth place of
  /// each class to train on is one: they lie among the others, so that a choice by them is worth
  /// less, and the test as much.
  /// - Parameters:
  ///   - kind: of the labels; numbers count as one class.
  ///   - labels: the file's name, for errors.
  /// - Returns: the split, and whether val was made up.
  /// - Throws: `ProbeError.noRole`.
  package static func split(
    _ places: [ProbePlace], kind: ProbeTarget.Kind, labels: String
  ) throws(ProbeError) -> (split: ProbeSplit, isValidationMadeUp: Bool) {
    func numbers(of role: LabelRole) -> [Int] {
      places.indices.filter { places[$0].patch.role == role }
    }
    var training = numbers(of: .train)
    var validation = numbers(of: .val)
    let test = numbers(of: .test)
    if training.isEmpty { throw .noRole(labels: labels, role: LabelRole.train.rawValue) }
    if test.isEmpty { throw .noRole(labels: labels, role: LabelRole.test.rawValue) }
    let pool = (training + validation).sorted()
    let isMadeUp = validation.isEmpty
    if isMadeUp {
      var seen: [LabelValue: Int] = [:]
      func key(_ place: Int) -> LabelValue {
        kind == .numbers ? .integer(0) : places[place].patch.label
      }
      for place in training {
        seen[key(place), default: 0] += 1
        if seen[key(place), default: 0] % 5 == 0 { validation.append(place) }
      }
      let isValidation = Set(validation)
      training.removeAll { isValidation.contains($0) }
    }
    return (
      ProbeSplit(
        choices: [.init(training: training, validation: validation)], pool: pool, test: test),
      isMadeUp && !validation.isEmpty
    )
  }
}
