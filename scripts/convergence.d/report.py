"""Tables of runs that are finished, as Markdown, and the differences that they show."""

import math
import statistics
from dataclasses import dataclass

# Student's t at 97.5 %, by degrees of freedom from 1.
T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
     2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]


@dataclass
class Difference:
    """Of a way's last losses to those of float32, relative."""
    name: str
    pairs: list  # one number a seed

    @property
    def mean(self):
        return statistics.mean(self.pairs)

    @property
    def interval(self):
        """Half the width of the mean's 95 % interval; infinite for one pair."""
        count = len(self.pairs)
        if count < 2:
            return math.inf
        t = T[min(count - 1, len(T)) - 1]
        return t * statistics.stdev(self.pairs) / math.sqrt(count)


def differences(curves):
    """Each way's against float32 of the same seed, then float32 against itself of the next seed."""
    exact = {curve.seed: curve.last for curve in curves if curve.way == "float32"}
    found = []
    for way in dict.fromkeys(curve.way for curve in curves):
        pairs = [curve.last / exact[curve.seed] - 1
                 for curve in curves if curve.way == way and curve.seed in exact]
        if way != "float32" and pairs:
            found.append(Difference(way, pairs))
    seeds = sorted(exact)
    if len(seeds) > 1:
        following = seeds[1:] + seeds[:1]
        found.append(Difference("float32, another seed", [exact[b] / exact[a] - 1 for a, b in zip(seeds, following)]))
    return found


def percent(value):
    return f"{100 * value:.2f} %"


def interval(difference):
    if math.isinf(difference.interval):
        return "one seed has none"
    low, high = difference.mean - difference.interval, difference.mean + difference.interval
    return f"{percent(low)} to {percent(high)}"


def write_report(path, curves, compared):
    ways = list(dict.fromkeys(curve.way for curve in curves))
    steps = sorted(set.intersection(*(set(curve.losses) for curve in curves)))
    lines = ["Held-out weighted loss, the mean over the seeds:", ""]
    lines += ["| step | " + " | ".join(ways) + " |", "| ---: |" + " ---: |" * len(ways)]
    for step in steps:
        means = [statistics.mean(curve.losses[step] for curve in curves if curve.way == way) for way in ways]
        lines.append(f"| {step} | " + " | ".join(f"{mean:.4f}" for mean in means) + " |")
    lines += ["", f"After {steps[-1]} steps, each seed:", ""]
    seeds = sorted({curve.seed for curve in curves})
    by_run = {(curve.way, curve.seed): curve.last for curve in curves}
    lines += ["| seed | " + " | ".join(ways) + " |", "| ---: |" + " ---: |" * len(ways)]
    for seed in seeds:
        cells = [f"{by_run[way, seed]:.4f}" if (way, seed) in by_run else "" for way in ways]
        lines.append(f"| {seed} | " + " | ".join(cells) + " |")
    lines += ["", "Against float32, paired by seed:", ""]
    lines += [f"| {compared.kind} | seeds | mean difference | 95 % interval of the mean |", "| --- | ---: | ---: | --- |"]
    for difference in differences(curves):
        lines.append(f"| {difference.name} | {len(difference.pairs)} | {percent(difference.mean)} | "
                     f"{interval(difference)} |")
    lines += ["", "Bytes a step on the coordinator's sockets, the median:", ""]
    lines += [f"| {compared.kind} | in, MB | out, MB |", "| --- | ---: | ---: |"]
    for way in ways:
        up = statistics.median(curve.bytes_up for curve in curves if curve.way == way)
        down = statistics.median(curve.bytes_down for curve in curves if curve.way == way)
        lines.append(f"| {way} | {up / 1e6:.3f} | {down / 1e6:.3f} |")
    path.write_text("\n".join(lines) + "\n")
