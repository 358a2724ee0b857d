"""What must hold at the end, whatever happened."""

import os
import statistics
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cluster import Cluster
from crowd import Crowd
from display import Display, counted, duration, table
from metrics import commits, ranges, shared_numbers
from plan import Kind
from trial import Trial


@dataclass(frozen=True)
class Verdict:
    holds: bool
    text: str


def judge(
    calm_run: Path, cluster: Cluster, trial: Trial, steps: int, crowd: Crowd | None
) -> list[Verdict]:
    """After the end of all processes."""
    calm = (calm_run / "metrics.jsonl").read_bytes()
    disturbed = (cluster.run / "metrics.jsonl").read_bytes()
    return [
        _equal_numbers(calm, disturbed, "step", "step"),
        _equal_numbers(calm, disturbed, "evaluation", "evaluation"),
        _one_line_a_step(disturbed, steps),
        _nothing_twice(cluster, trial),
        _ends(cluster),
        _nothing_left(cluster),
        *([_heard(crowd)] if crowd else []),
    ]


def _equal_numbers(calm: bytes, disturbed: bytes, kind: str, name: str) -> Verdict:
    """Digests, chain, losses and every other number that equal runs share, to the last bit."""
    expected, found = shared_numbers(calm, kind), shared_numbers(disturbed, kind)
    different = sorted(step for step in found if found[step] != expected.get(step))
    missing = sorted(set(expected) - set(found))
    if different:
        step = different[0]
        numbers = expected.get(step, {})
        keys = [key for key, value in found[step].items() if value != numbers.get(key)]
        return Verdict(
            False,
            f"{name}s differ from the calm run's at steps {ranges(different)}: "
            f"first {', '.join(keys)} at step {step}",
        )
    if missing:
        return Verdict(False, f"{name}s are missing at steps {ranges(missing)}")
    return Verdict(True, f"all numbers of {counted(len(found), name)} equal the calm run's")


def _one_line_a_step(disturbed: bytes, steps: int) -> Verdict:
    found = [commit.step for commit in commits(disturbed)]
    if found == list(range(1, steps + 1)):
        return Verdict(True, f"each of the {steps} steps has its line in the metrics, in order")
    missing = sorted(set(range(1, steps + 1)) - set(found))
    several = sorted(step for step, count in Counter(found).items() if count > 1)
    texts = [f"have no line: {ranges(missing)}"] if missing else []
    texts += [f"have several lines: {ranges(several)}"] if several else []
    return Verdict(False, "steps in the metrics " + ("; ".join(texts) or "are out of order"))


def _nothing_twice(cluster: Cluster, trial: Trial) -> Verdict:
    again = sorted(trial.follower.recomputed)
    lives = cluster.coordinator_lives
    if again:
        return Verdict(
            False,
            f"{counted(len(again), 'committed step')} computed again by "
            f"{counted(lives - 1, 'later coordinator')}: {ranges(again)}",
        )
    lives_text = counted(lives, "coordinator")
    return Verdict(True, f"no committed step was computed twice, by {lives_text} in turn")


def _ends(cluster: Cluster) -> Verdict:
    if cluster.problems:
        lines = "".join(f"\n      {problem}" for problem in cluster.problems)
        return Verdict(False, f"processes ended as they should not:{lines}")
    lives = sum(seat.lives for seat in cluster.seats)
    return Verdict(True, f"no process crashed: {counted(lives, 'worker')} came and went")


def _heard(crowd: Crowd) -> Verdict:
    """Those who watch hear of the run whatever others do with its page."""
    least = min(crowd.heard)
    text = (
        f"of {crowd.watching} who watch beside {crowd.deaf} who never read, each heard "
        f"{least} events or more, over {crowd.connections} connections"
    )
    return Verdict(least > 0, text)


def _nothing_left(cluster: Cluster) -> Verdict:
    folder = cluster.logs.parent
    left = [f"process {text}" for text in _processes_naming(str(folder))]
    left += [f"socket {path}" for path in sorted(folder.rglob("*")) if path.is_socket()]
    for pattern in ("*.partial", "*.replaced"):
        left += [str(path) for path in sorted(cluster.run.rglob(pattern))]
    if left:
        return Verdict(False, "left behind: " + "; ".join(left))
    return Verdict(True, "nothing is left behind: no process, socket or partial file")


def _processes_naming(text: str) -> list[str]:
    """Those but this one that have the text in their command line."""
    found = []
    for place in Path("/proc").iterdir():
        if not place.name.isdigit() or int(place.name) == os.getpid():
            continue
        try:
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # It ended meanwhile.
        if text in command:
            found.append(f"{place.name}: {command}")
    return found


def show_recoveries(trial: Trial, kinds: list[Kind], display: Display) -> None:
    """A line for each kind: how often, and how long until the next step was committed."""
    recoveries: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    for happening in trial.happenings:
        recoveries[happening.fault.kind.name].append(happening.recovery_seconds)
    rows = [_row(kind.name, kind.meaning, recoveries[kind.name]) for kind in kinds]
    everything = [seconds for times in recoveries.values() for seconds in times]
    rows.append(_row("all", "", everything))
    heads = ["fault", "what happens", "times", "median", "longest"]
    for line in table(heads, rows, left_columns=2):
        display.say(line)


def _row(name: str, meaning: str, seconds: list[float]) -> list[str]:
    if not seconds:
        return [name, meaning, "0", "", ""]
    texts = [duration(statistics.median(seconds)), duration(max(seconds))]
    return [name, meaning, str(len(seconds)), *texts]
