// Which places of which scenes are labelled, and whether a probe can be made of them: all that can
// be asked before any feature is computed, and before a run has a checkpoint.

import Basics
import Embedding
import Encoders
import Imagery
import LinearAlgebra
import Scenes
import TrainingRun

/// The labels of scenes, and what they are.
package struct LabelledScenes {
  let labels: ProbeLabels
  let found: ProbeScenes.Labelled
  package let kind: ProbeTarget.Kind
}

/// Looks for labels on the scenes of one probe.
package struct LabelSurvey {
  let request: ProbeRequest
  let scenes: ProbeScenes
  /// Metres between places to train on and to test on: the side of an image, so that no patch lies
  /// in the image around another one.
  let gap: Double

  /// Metres along a side of a patch.
  package var patchGround: Double { scenes.patchGround }

  /// - Parameter run: whose bands, and whose patches, are asked for.
  /// - Throws: `RunError` where the run's dataset is empty.
  package init(_ request: ProbeRequest, of run: PreparedRun, on scenes: [ProbedScene]) throws {
    let ground = try request.patchGround ?? TrainingGround(of: run).patch
    self.request = request
    self.scenes = ProbeScenes(
      scenes: scenes, bands: run.dataset.description.bands, patchGround: ground)
    gap = ground * Double(run.model.patchGrid.side)
  }

  /// Opens a scene with the run's bands.
  /// - Throws: `SceneError`, `EmbeddingError`.
  package func reader(of scene: Int) throws -> SceneReader { try scenes.reader(of: scene) }

  /// What there is to say of scenes whose values can hardly be in the training's unit, in sentences
  /// without a full stop.
  /// - Throws: `SceneError`, `EmbeddingError`.
  package func unitNotes() throws -> [String] {
    var remarks = Remarks()
    for (number, scene) in scenes.scenes.enumerated() {
      guard let note = try UnitNotes.note(on: reader(of: number), against: scenes.bands) else {
        continue
      }
      remarks.add(note, scene: scene.recipe.name, kind: "units")
    }
    return remarks.texts
  }

  /// Finds the places that are labelled.
  /// - Throws: `ProbeError`, `LabelError`, `SceneError`, `EmbeddingError`, `LinearAlgebraError`.
  package func label() throws -> LabelledScenes {
    try LinearAlgebra.checkMemory()
    let labels = try ProbeLabels.open(
      request.labelPath, field: request.field, split: request.split, band: request.band)
    let found = try scenes.label(from: labels)
    try checkHasPlaces(found.places, reason: "")
    return LabelledScenes(
      labels: labels, found: found,
      kind: request.kind ?? ProbeTarget.kind(of: found.places.lazy.map(\.patch.label)))
  }

  /// Whether a probe can be made of the places, as far as that is known without their pixels.
  /// - Throws: `ProbeError`.
  package func check(_ labelled: LabelledScenes) throws(ProbeError) {
    let places = ProbePlaces.limited(
      labelled.found.places, to: request.limit, seed: request.seed)
    let target = try Self.target(of: places, kind: labelled.kind)
    let split = try Splitting(places, kind: labelled.kind, request, gap: gap)
    try ProbeEvaluation(
      target: target, splits: split.splits, units: split.units, methods: [],
      bootstrap: Bootstrap(count: request.bootstrap, seed: request.seed), seed: request.seed
    ).check()
  }

  func checkHasPlaces(_ places: [ProbePlace], reason: String) throws(ProbeError) {
    if places.isEmpty {
      throw .noPlaces(
        labels: request.labelPath,
        scenes: HumanFormat.listed(scenes.scenes.map(\.recipe.name), "scene", first: 3),
        reason: reason)
    }
  }

  /// - Throws: `ProbeError` where there is nothing to tell apart.
  static func target(
    of places: [ProbePlace], kind: ProbeTarget.Kind
  ) throws(ProbeError) -> ProbeTarget {
    let target = try ProbeTarget(places.map(\.patch), kind: kind)
    switch target {
    case .classes(let values, let names):
      if names.count == 1 { throw .oneClass(name: names[0], places: values.count) }
    case .numbers(let values):
      if Set(values).count == 1 { throw .constant(value: values[0], places: values.count) }
    }
    return target
  }
}
