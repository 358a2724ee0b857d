"""Scores by step as one SVG, a panel a label: the mean over the seeds, and each seed as a dot."""
import statistics

from plot import GAP, HEIGHT, LEFT, WIDTH, Axes, rounded
from table import ORDER

COLOURS = dict(zip(ORDER, ("#0072b2", "#d55e00", "#009e73", "#777777", "#000000")))


def write_curves(path, scores):
    labels = list(dict.fromkeys(score.label for score in scores))
    parts = []
    for place, label in enumerate(labels):
        parts += panel(36 + place * (HEIGHT + GAP), label, [score for score in scores if score.label == label])
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 30}" '
        f'height="{len(labels) * (HEIGHT + GAP) + 20}" font-family="sans-serif" font-size="12">\n'
        '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def panel(top, label, scores):
    steps = sorted({score.step for score in scores})
    low, high = min(score.value for score in scores), max(score.value for score in scores)
    axes = Axes(top, (0, steps[-1]), rounded(low, high if high > low else low + 0.01))
    parts = axes.frame(f"{label}: R² or accuracy of a probe by steps of training")
    names = [name for name in ORDER if any(score.features == name for score in scores)]
    for number, name in enumerate(names):
        mine, colour = [score for score in scores if score.features == name], COLOURS[name]
        points = []
        for step in steps:
            values = [score.value for score in mine if score.step == step]
            if values:
                points.append(f"{axes.x(step):.1f},{axes.y(statistics.mean(values)):.1f}")
        parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts += [f'<circle cx="{axes.x(score.step):.1f}" cy="{axes.y(score.value):.1f}" r="2.5" fill="{colour}"/>'
                  for score in mine]
        parts.append(f'<text x="{LEFT + WIDTH - 130}" y="{top + HEIGHT - 16 * (len(names) - number)}" '
                     f'fill="{colour}">{name}</text>')
    for step in steps:
        parts.append(f'<text x="{axes.x(step):.1f}" y="{top + HEIGHT + 16}" text-anchor="middle">{step:,}</text>')
    return parts
