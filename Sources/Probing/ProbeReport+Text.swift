// A probe's report as it reads on a screen.

import Basics

extension ProbeReport {
  /// Lines, without a line break at the end.
  package var text: String {
    var lines = [
      "Probe of \(encoder.run.visible), \(encoder.place), by the protocol of \(probeProtocol)",
      "",
    ]
    lines += facts
    lines += [""] + TextTable.lines(scoreRows, flushLeft: [0, 1])
    lines += ["", intervalNote]
    if let best { lines += ["", classHeading(best)] + classLines(best) }
    if !warnings.isEmpty { lines += [""] + warnings.map { "warning: " + $0.visible } }
    return lines.joined(separator: "\n")
  }

  private var facts: [String] {
    var rows: [[String]] = [["labels", labelText]]
    if let classes = labels.classes {
      let texts = classes.map { "\($0.name.visible) \(HumanFormat.count($0.places))" }
      rows.append(["classes", HumanFormat.listed(texts, "class", first: 16)])
    }
    if let repeated = labels.seenBefore, repeated > 0 {
      rows.append([
        "overlaps",
        HumanFormat.counted(repeated, "place")
          + (repeated == 1
            ? " lies where an earlier scene has one:" : " lie where earlier scenes have them:")
          + " a place counts once in each scene that shows it",
      ])
    }
    if !leftOut.isEmpty { rows.append(["left out", leftOut.joined(separator: "; ")]) }
    rows.append([
      "features",
      "the token of each patch of \(ProbeText.distance(patchGround)) after the encoder's last norm",
    ])
    rows.append(["splits", splitText])
    if let distance = splits.distance { rows.append(["distance", Self.text(of: distance)]) }
    return TextTable.lines(rows, flushLeft: [0, 1])
  }

  private var labelText: String {
    let places = HumanFormat.counted(labels.places, "place")
    let kept = labels.found > labels.places ? " of \(HumanFormat.count(labels.found))" : ""
    return
      "\(labels.file.visible), \(labels.source.visible): \(labels.kind) of \(places)\(kept) in "
      + HumanFormat.counted(labels.scenes.count, "scene")
  }

  private var leftOut: [String] {
    [
      (labels.withoutLabel, "feature", "without a label"),
      (labels.withoutShape, "feature", "without a point or polygon"),
      (labels.withoutRole, "feature", "without a role"),
      (labels.outside, "feature", "outside of the scenes"),
      (labels.contradictory, "patch", "with two labels"),
      (labels.withoutData, "patch", "where the scene has no data"),
    ].filter { $0.0 > 0 }.map { count, noun, what in
      let plural = noun == "patch" && count != 1 ? "patches" : nil
      return
        (plural.map { "\(HumanFormat.count(count)) \($0)" }
        ?? HumanFormat.counted(count, noun)) + " " + what
    }
  }

  private var splitText: String {
    guard let block = splits.block, let gap = splits.gap, let blocks = splits.blocks else {
      return "by the field \((splits.field ?? "").visible): \(splits.training[0]) train, "
        + "\(splits.validation[0]) val, \(splits.test[0]) test"
    }
    return "\(splits.folds) spatial folds of \(HumanFormat.counted(blocks, "block")) of "
      + "\(ProbeText.distance(block)); train keeps \(ProbeText.distance(gap)) from test"
  }

  private static func text(of distance: PretrainingDistance) -> String {
    let inside = Double(distance.inside) / Double(distance.measured)
    return
      "from test places to chips that were trained on: \(ProbeText.distance(distance.least)) to "
      + "\(ProbeText.distance(distance.largest)), median \(ProbeText.distance(distance.median)); "
      + "\(HumanFormat.shortPercent(inside)) lie in a chip"
  }

  private var scoreRows: [[String]] {
    let isClasses = labels.classes != nil
    let choice = results.compactMap(\.choiceName).first
    let scores = isClasses ? ["accuracy", "macro F1", "mean IoU"] : ["R²", "RMSE"]
    let hasRange = results.contains { $0.bySplit.count > 1 }
    let header =
      ["features", "method"] + scores + (hasRange ? ["by split"] : []) + (choice.map { [$0] } ?? [])
    return [header] + results.map { row(of: $0, hasRange: hasRange, hasChoice: choice != nil) }
  }

  private func row(of result: Result, hasRange: Bool, hasChoice: Bool) -> [String] {
    func share(_ interval: Interval?) -> String {
      interval.map { Self.text(of: $0) { HumanFormat.decimal($0, places: 3) } } ?? "–"
    }
    let scores =
      labels.classes == nil
      ? [
        share(result.determination),
        result.rootMeanSquare.map { Self.text(of: $0, HumanFormat.significant) } ?? "–",
      ]
      : [result.accuracy, result.macroF1, result.meanIntersectionOverUnion].map(share)
    let range =
      result.bySplit.count < 2
      ? ""
      : "\(HumanFormat.decimal(result.bySplit.min() ?? .nan, places: 2)) to "
        + HumanFormat.decimal(result.bySplit.max() ?? .nan, places: 2)
    let choices = result.choices.sorted()
    let choice =
      choices.isEmpty
      ? ""
      : choices[0] == choices[choices.count - 1]
        ? HumanFormat.significant(choices[0])
        : "\(HumanFormat.significant(choices[0])) to "
          + HumanFormat.significant(choices[choices.count - 1])
    return [result.features, result.method] + scores + (hasRange ? [range] : [])
      + (hasChoice ? [choice] : [])
  }

  private static func text(of interval: Interval, _ number: (Double) -> String) -> String {
    "\(number(interval.value)) (\(number(interval.low)) to \(number(interval.high)))"
  }

  private var intervalNote: String {
    "In parentheses: 95 % of \(HumanFormat.count(bootstrap)) scores over \(resampled) that were drawn "
      + "again."
  }

  /// The best method on the encoder's own features.
  package var best: Result? {
    let own = results.filter { $0.features == results.first?.features && $0.classes != nil }
    return own.enumerated().max {
      ($0.element.primary.value, -$0.offset) < ($1.element.primary.value, -$1.offset)
    }?.element
  }

  private func classHeading(_ result: Result) -> String {
    "By class, \(result.features) with \(result.method):"
  }

  private func classLines(_ result: Result) -> [String] {
    let header = ["class", "places", "predicted", "precision", "recall", "F1", "IoU"]
    let rows = (result.classes ?? []).map { entry in
      [
        entry.name.visible, HumanFormat.count(entry.scores.places),
        HumanFormat.count(entry.scores.predicted),
      ]
        + [
          entry.scores.precision, entry.scores.recall, entry.scores.f1,
          entry.scores.intersectionOverUnion,
        ].map { HumanFormat.decimal($0, places: 3) }
    }
    return TextTable.lines([header] + rows)
  }
}
