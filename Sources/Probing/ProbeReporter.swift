// Gathers what a report says of a probe: counts, distances, and what the reader should know.

import Basics
import Imagery
import Scenes

struct ProbeReporter {
  let run: ProbeRun
  let labelled: LabelledScenes
  let places: [ProbePlace]
  let withoutData: Int
  let target: ProbeTarget
  let split: Splitting

  /// Fewer places of a class than these are worth a word.
  private static let fewPlaces = 10
  /// Fewer blocks than these make intervals rough.
  private static let fewBlocks = 10

  private var request: ProbeRequest { run.request }
  private var names: [String] {
    if case .classes(_, let names) = target { names } else { [] }
  }

  /// - Throws: what is wrong with a shard of the run's dataset.
  func report(_ results: [ProbeResult]) throws -> ProbeReport {
    let distance = try distance()
    return ProbeReport(
      encoder: ProbeReport.Encoder(
        run: run.trained.run.folder.path, step: Int(run.trained.step.rawValue),
        isAverage: run.trained.isAverage, bands: run.trained.bands.map(\.name),
        imageSide: run.trained.model.imageSide, place: run.trained.place),
      probeProtocol: request.probeProtocol.rawValue, labels: labelReport,
      patchGround: run.survey.patchGround, splits: splitReport(distance),
      results:
        results.map { ProbeReport.Result($0, names: names) },
      bootstrap: request.bootstrap, resampled: split.folds == nil ? "places" : "blocks",
      seed: request.seed, warnings: warnings(distance) + unconverged(results))
  }

  private var classes: [ProbeReport.Class]? {
    guard case .classes(let values, let names) = target else { return nil }
    return names.enumerated().map { index, name in
      ProbeReport.Class(name: name, places: values.count { $0 == index })
    }
  }

  /// A label in the overlap of scenes makes a place in each of them.
  private var seenBefore: Int {
    var earlier = NearPlaces([], reach: run.survey.patchGround * 0.5.squareRoot())
    let byScene = Dictionary(grouping: places, by: \.scene).sorted { $0.key < $1.key }
    var count = 0
    for (_, found) in byScene {
      let positions = found.map { Ground.position($0.place) }
      count += positions.count { earlier.hasPlace(near: $0) }
      earlier.add(positions)
    }
    return count
  }

  private var labelReport: ProbeReport.Labels {
    var report = ProbeReport.Labels(
      file: request.labelPath, source: "", kind: target.kind.rawValue,
      scenes: run.survey.scenes.scenes.map(\.recipe.name), found: labelled.found.places.count,
      places: places.count, seenBefore: seenBefore, classes: classes, withoutLabel: 0,
      withoutShape: 0, withoutRole: 0, outside: 0,
      contradictory: labelled.found.contradictions, withoutData: withoutData)
    switch labelled.labels {
    case .layer(let layer, let needsRole):
      report.source = "field \(layer.field)"
      report.withoutLabel = layer.census.unlabelled
      report.withoutShape = layer.census.shapeless
      report.withoutRole = needsRole ? layer.census.roleless : 0
      report.outside = layer.census.usable - report.withoutRole - labelled.found.features.count
    case .raster: report.source = "band \(request.band ?? 1)"
    }
    return report
  }

  private func splitReport(_ distance: PretrainingDistance?) -> ProbeReport.Splits {
    ProbeReport.Splits(
      folds: split.folds == nil ? 0 : split.splits.count, field: request.split,
      block: split.block, blocks: split.folds?.blockCount, gap: split.gap,
      training: split.splits.map(\.choices[0].training.count),
      validation: split.splits.map(\.choices[0].validation.count),
      test: split.splits.map(\.test.count), distance: distance)
  }

  /// Nil where a shard is not there to ask.
  private func distance() throws -> PretrainingDistance? {
    let dataset = run.trained.run.dataset
    let training = dataset.description.trainingShards.count
    let present = dataset.presentShards.filter { $0.index < training }
    if present.count < training { return nil }
    let chips = try present.flatMap { id in
      let directory = try dataset.openUnread(id).directory
      return directory.chips.prefix(directory.ownChipCount).map(\.corners)
    }
    let tested = split.splits.flatMap(\.test).sorted()
    return PretrainingDistance(of: tested.map { places[$0].place }, from: chips)
  }

  private func warnings(_ distance: PretrainingDistance?) -> [String] {
    var texts: [String] = []
    if let distance, distance.inside > 0 {
      let share = Double(distance.inside) / Double(distance.measured)
      texts.append(
        "\(HumanFormat.shortPercent(share)) of the test places lie in chips that the encoder was trained "
          + "on, without labels: scores say how its features serve there, and less of new ground. "
          + "Probe scenes that it has not seen to know more.")
    }
    if distance == nil {
      texts.append(
        "shards of the run's dataset are not here, so that nobody knows how far test places lie from "
          + "what the encoder was trained on; --data says where they are.")
    }
    if split.isValidationMadeUp {
      texts.append(
        "the field \(request.split ?? "") says no val, so that every fifth place to train on chooses "
          + "hyperparameters; these lie among the others, and the choice is worth less.")
    }
    if let text = unseenClasses { texts.append(text) }
    for entry in classes ?? [] where entry.places < Self.fewPlaces {
      texts.append(
        "\(entry.name) has \(HumanFormat.counted(entry.places, "place")): its scores say little.")
    }
    if let folds = split.folds, folds.blockCount < Self.fewBlocks {
      texts.append(
        "the places lie in \(HumanFormat.counted(folds.blockCount, "block")): intervals are rough.")
    }
    return texts
  }

  /// Fits that ended at their limit: another limit could change their votes.
  private func unconverged(_ results: [ProbeResult]) -> [String] {
    results.filter { $0.unconverged > 0 }.map { result in
      "\(result.method.name) on \(result.features): in \(result.unconverged) of "
        + "\(HumanFormat.counted(split.splits.count, "split")) the search ended at its limit of "
        + "steps, before its tolerances: votes could change with more. Features whose means are "
        + "hundreds of their deviations do that."
    }
  }

  /// Said where places are tested on a class that nothing to train on has: no probe can be right.
  private var unseenClasses: String? {
    guard case .classes(let values, _) = target else { return nil }
    var tested = 0
    var unseen = 0
    for part in split.splits {
      let known = Set(part.pool.map { values[$0] })
      tested += part.test.count
      unseen += part.test.count { !known.contains(values[$0]) }
    }
    if unseen == 0 { return nil }
    let advice =
      split.folds == nil
      ? "" : " Label each class in more blocks, or take smaller ones (--block)."
    return "\(HumanFormat.count(unseen)) of \(HumanFormat.count(tested)) test places are of a "
      + "class that no place to train on has: no probe can be right there.\(advice)"
  }
}
