"""Step time against workers as one SVG: lines are the formula, dots were measured."""

import math
import statistics

COLOURS = {"200Mbit": "#d55e00", "1Gbit": "#0072b2", None: "#000000"}
LEFT, TOP, WIDTH, HEIGHT = 74, 60, 520, 300
PARAMETERS, CODEC, WORKERS = 3.2e6, "int8", (2, 64)
LEVELS = [digit * 10.0**power for power in range(-4, 4) for digit in (1, 2, 5)]


def write_picture(path, points, constants):
    """Of the points with one microbatch a worker; `constants` as `Point.predict` takes them."""
    shown = [
        p for p in points
        if p.wanted == PARAMETERS and p.codec == CODEC and p.workers == p.microbatches and p.link in COLOURS
    ]
    # A point's bytes a worker hardly depend on how many there are: one of each link stands for all.
    models = {link: next(p for p in shown if p.link == link) for link in COLOURS if any(p.link == link for p in shown)}
    ends = [model.of_workers(workers).predict(constants) for model in models.values() for workers in WORKERS]
    low = max(level for level in LEVELS if level <= min(ends + [min(p.seconds) for p in shown]))
    high = min(level for level in LEVELS if level >= max(ends + [max(p.seconds) for p in shown]))

    def x(workers):
        first, last = (math.log2(w) for w in WORKERS)
        return LEFT + WIDTH * (math.log2(workers) - first) / (last - first)

    def y(seconds):
        return TOP + HEIGHT * (1 - math.log(seconds / low) / math.log(high / low))

    title = f"A step of {PARAMETERS / 1e6:.1f} million parameters in {CODEC}, a microbatch for each worker"
    legend = "lines: the formula; dots: medians that were measured, bars: from the fastest to the slowest"
    parts = [
        f'<text x="{LEFT}" y="20" font-weight="bold">{title}</text>',
        f'<text x="{LEFT}" y="38">{legend}</text>',
    ]
    for level in (level for level in LEVELS if low <= level <= high):
        parts += [
            f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y(level):.1f}" y2="{y(level):.1f}" stroke="#ddd"/>',
            f'<text x="{LEFT - 8}" y="{y(level) + 4:.1f}" text-anchor="end">{level:g} s</text>',
        ]
    for workers in (2**i for i in range(1, 7)):
        parts.append(f'<text x="{x(workers):.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">{workers}</text>')
    parts.append(f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 40}" text-anchor="middle">workers</text>')
    for link, model in models.items():
        colour = COLOURS[link]
        counts = [WORKERS[0] * (WORKERS[1] / WORKERS[0]) ** (i / 40) for i in range(41)]
        curve = " ".join(f"{x(w):.1f},{y(model.of_workers(w).predict(constants)):.1f}" for w in counts)
        parts.append(f'<polyline points="{curve}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        end = y(model.of_workers(WORKERS[1]).predict(constants))
        name = f"{link[:-4]} {link[-4:]}/s" if link else "this machine alone"
        parts.append(f'<text x="{LEFT + WIDTH + 8}" y="{end + 4:.1f}" fill="{colour}">{name}</text>')
        for p in (p for p in shown if p.link == link):
            parts.append(
                f'<line x1="{x(p.workers):.1f}" x2="{x(p.workers):.1f}" y1="{y(min(p.seconds)):.1f}"'
                f' y2="{y(max(p.seconds)):.1f}" stroke="{colour}" stroke-width="2" opacity="0.5"/>'
                f'<circle cx="{x(p.workers):.1f}" cy="{y(statistics.median(p.seconds)):.1f}" r="4" fill="{colour}"/>'
            )
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 140}" height="{TOP + HEIGHT + 56}" '
        'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts) + "\n</svg>\n"
    )
