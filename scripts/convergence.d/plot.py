"""The losses and their differences as one SVG, with nothing but text: no library draws here."""

import math
import statistics

from report import differences

COLOURS = {"float32": "#000000", "bfloat16": "#0072b2", "float16": "#009e73", "int8": "#e69f00", "int4": "#d55e00"}
OTHER = "#777777"
LEFT, WIDTH, HEIGHT, GAP = 70, 560, 260, 70


class Axes:
    """A rectangle that numbers are drawn in."""

    def __init__(self, top, x_range, y_range):
        self.top, self.x_range, self.y_range = top, x_range, y_range

    def x(self, value):
        low, high = self.x_range
        return LEFT + WIDTH * (value - low) / ((high - low) or 1)

    def y(self, value):
        low, high = self.y_range
        return self.top + HEIGHT * (1 - (value - low) / ((high - low) or 1))

    def frame(self, title, unit=""):
        """Title, and lines at round values."""
        parts = [f'<text x="{LEFT}" y="{self.top - 12}" font-weight="bold">{title}</text>']
        for value in ticks(*self.y_range):
            parts.append(f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{self.y(value):.1f}" y2="{self.y(value):.1f}" '
                         f'stroke="{"#999" if value == 0 else "#ddd"}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{self.y(value) + 4:.1f}" text-anchor="end">{value:g}{unit}</text>')
        return parts


def ticks(low, high):
    """Four to ten round values from `low` to `high`."""
    rough = (high - low) / 5
    power = 10 ** math.floor(math.log10(rough))
    width = max(width for width in (power, 2 * power, 5 * power) if width <= rough)
    first = math.ceil(low / width - 1e-9)
    return [round(place * width, 10) for place in range(first, math.floor(high / width + 1e-9) + 1)]


def rounded(low, high):
    """The range, widened to round values."""
    inner = ticks(low, high)
    width = inner[1] - inner[0]
    return math.floor(low / width + 1e-9) * width, math.ceil(high / width - 1e-9) * width


def write_plot(path, curves):
    parts = losses(curves) + marks(curves)
    height = 2 * (HEIGHT + GAP) + 20
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 30}" height="{height}" '
        'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts) + "\n</svg>\n")


def losses(curves):
    """The mean over the seeds, a line a way."""
    ways = list(dict.fromkeys(curve.way for curve in curves))
    steps = sorted(set.intersection(*(set(curve.losses) for curve in curves)))
    # What training starts with would take most of the room.
    steps = steps[1:] if len(steps) > 2 else steps
    means = {way: [statistics.mean(curve.losses[step] for curve in curves if curve.way == way) for step in steps]
             for way in ways}
    values = [value for line in means.values() for value in line]
    axes = Axes(36, (steps[0], steps[-1]), rounded(min(values), max(values)))
    parts = axes.frame("Held-out weighted loss by step, the mean over the seeds")
    for number, way in enumerate(ways):
        points = " ".join(f"{axes.x(step):.1f},{axes.y(mean):.1f}" for step, mean in zip(steps, means[way]))
        colour = COLOURS[way]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{LEFT + WIDTH - 80}" y="{52 + 16 * number}" fill="{colour}">{way}</text>')
    for step in steps:
        parts.append(f'<text x="{axes.x(step):.1f}" y="{axes.top + HEIGHT + 16}" text-anchor="middle">{step}</text>')
    return parts


def marks(curves):
    """Each seed's difference to float32 as a dot, the mean's interval as a bar."""
    found = differences(curves)
    if not found:
        return []
    reach = 100 * max(max(abs(pair) for pair in difference.pairs) for difference in found)
    reach = max([reach, 1] + [100 * (abs(d.mean) + d.interval) for d in found if not math.isinf(d.interval)])
    axes = Axes(36 + HEIGHT + GAP, (0, len(found)), rounded(-reach, reach))
    parts = [f'<rect x="{LEFT}" width="{WIDTH}" y="{axes.y(1):.1f}" height="{axes.y(-1) - axes.y(1):.1f}" '
             'fill="#f2f2f2"/>']
    parts += axes.frame("Last loss against float32: seeds, the 95 % interval of their mean, and 1 % in grey", " %")
    for place, difference in enumerate(found):
        x, colour = axes.x(place + 0.5), COLOURS.get(difference.name, OTHER)
        for pair in difference.pairs:
            parts.append(f'<circle cx="{x - 8:.1f}" cy="{axes.y(100 * pair):.1f}" r="3" fill="{colour}"/>')
        if not math.isinf(difference.interval):
            low, high = (axes.y(100 * (difference.mean + sign * difference.interval)) for sign in (-1, 1))
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{colour}" '
                         'stroke-width="3"/>')
        parts.append(f'<text x="{x:.1f}" y="{axes.top + HEIGHT + 16}" text-anchor="middle">{difference.name}</text>')
    return parts
