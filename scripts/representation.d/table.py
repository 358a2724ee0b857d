"""Scores of a comparison as Markdown: means over the seeds with intervals, differences, equal seconds, hours."""
import math
import statistics

from report import T
from study import OBJECTIVES

ORDER = [*OBJECTIVES, "random initialisation", "imagestats"]


def mean_and_reach(values):
    """The mean, and half the width of its 95 % interval; infinite for one value."""
    if len(values) < 2:
        return values[0], math.inf
    t = T[min(len(values) - 1, len(T)) - 1]
    return statistics.mean(values), t * statistics.stdev(values) / math.sqrt(len(values))


def text(values, places=3, sign=""):
    mean, reach = mean_and_reach(values)
    number = f"{mean:{sign}.{places}f}"
    return number if math.isinf(reach) else f"{number} ± {reach:.{places}f}"


def by_seed(scores, features, step):
    return {score.seed: score for score in scores if score.features == features and score.step == step}


def at_seconds(scores, features, seconds):
    """Of each seed, between the two probes around so many seconds of training; none before the first."""
    values = []
    for seed in sorted({score.seed for score in scores if score.features == features}):
        curve = sorted((s.seconds, s.value) for s in scores if s.features == features and s.seed == seed)
        for (before, low), (after, high) in zip(curve, curve[1:] + curve[-1:]):
            if before <= seconds <= after:
                values.append(low + (high - low) * (seconds - before) / ((after - before) or 1))
                break
    return values


def write_table(path, scores, study):
    lines = []
    for label in dict.fromkeys(score.label for score in scores):
        lines += of_label(label, [score for score in scores if score.label == label])
    hours = study.hours()
    if hours:
        parts = ", ".join(f"{kind} {value:.2f} h" for kind, value in hours.items())
        lines += [f"Time taken: {parts}; {sum(hours.values()):.2f} h in all.", ""]
    path.write_text("\n".join(lines))


def of_label(label, scores):
    names = [name for name in ORDER if any(score.features == name for score in scores)]
    steps = sorted({score.step for score in scores})
    lines = [f"## {label}", "", "Means over the seeds, ± their 95 % interval:", "",
             "| features | seeds | " + " | ".join(f"{step:,} steps" for step in steps) + " | last, over blocks |",
             "| --- | ---: |" + " ---: |" * (len(steps) + 1)]
    for name in names:
        rows = [by_seed(scores, name, step) for step in steps]
        cells = [text([score.value for score in row.values()]) if row else "" for row in rows]
        last = list(rows[-1].values())
        blocks = (f"{statistics.mean(s.low for s in last):.3f} to {statistics.mean(s.high for s in last):.3f}"
                  if last else "")
        lines.append(f"| {name} | {max(map(len, rows))} | " + " | ".join(cells) + f" | {blocks} |")
    lines += ["", f"Differences to NeighborMAE of the same seed, {steps[-1]:,} steps:", "",
              "| features | difference |", "| --- | ---: |"]
    reference = by_seed(scores, "neighbormae", steps[-1])
    for name in names:
        other = by_seed(scores, name, steps[-1])
        pairs = [other[seed].value - reference[seed].value for seed in sorted(set(reference) & set(other))]
        if name != "neighbormae" and pairs:
            lines.append(f"| {name} | {text(pairs, sign='+')} |")
    trained = [name for name in names if name in OBJECTIVES]
    ends = [min(score.seconds for score in by_seed(scores, name, steps[-1]).values()) for name in trained
            if by_seed(scores, name, steps[-1])]
    if len(trained) > 1 and len(ends) == len(trained):
        seconds = min(ends)
        lines += ["", f"After {seconds:.0f} seconds of training, between the probes around:", "",
                  "| features | score | seconds for all steps |", "| --- | ---: | ---: |"]
        for name, end in zip(trained, ends):
            values = at_seconds(scores, name, seconds)
            lines.append(f"| {name} | {text(values) if values else 'before its first probe'} | {end:.0f} |")
    return [*lines, ""]
