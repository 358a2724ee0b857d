"""One training in one way and with one seed: made, gone on with, and read."""

import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Ways:
    """What runs that are compared differ in."""
    kind: str
    names: list  # float32, which the others are held against, first
    keys: list  # that a name is the value of
    folder: str  # under runs


CODECS = Ways("codec", ["float32", "bfloat16", "float16", "int8", "int4"],
              ["exchange.gradientCodec", "exchange.parameterCodec"], "convergence")
ARITHMETICS = Ways("arithmetic", ["float32", "bfloat16"], ["model.arithmetic"], "convergence-arithmetic")


class RunError(Exception):
    """What keeps a run from being made or read."""


@dataclass
class Curve:
    """What is compared of a finished run."""
    way: str
    seed: int
    losses: dict  # held-out weighted loss by step
    bytes_up: float  # of a step, median
    bytes_down: float

    @property
    def last(self):
        return self.losses[max(self.losses)]


class Run:
    def __init__(self, options, way, seed):
        self.options, self.way, self.seed = options, way, seed
        self.folder = options.out / way / f"seed-{seed}"

    def records(self):
        try:
            lines = (self.folder / "metrics.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []
        records = []
        for line in lines:
            try:
                records.append(json.loads(line))
            except ValueError:
                break  # The end of a run that was killed.
        return records

    @property
    def is_finished(self):
        last = max((record["step"] for record in self.records() if record["kind"] == "evaluation"), default=0)
        if last > self.options.steps:
            raise RunError(f"{self.folder} is of {last} steps, not {self.options.steps}; name another folder by --out")
        return last == self.options.steps

    def train(self):
        terrane = str(self.options.bin / "terrane")
        if (self.folder / "configuration.yaml").exists():
            command = [terrane, "train", "--resume", str(self.folder)]
        else:
            command = [terrane, "train", str(ROOT / "Samples/landsat.yaml")]
            for value in self.values():
                command += ["--set", value]
        print(f"scripts/convergence: {self.way}, seed {self.seed}", flush=True)
        subprocess.run(command, check=True)
        if not self.is_finished:
            raise RunError(f"{self.folder} ended before step {self.options.steps}: it was begun with other values, "
                           "or its last evaluation is missing; name another folder by --out")

    def values(self):
        return [
            f"data.folder={self.options.data}", f"run.folder={self.folder}", f"run.seed={self.seed}",
            f"training.steps={self.options.steps}", *(f"{key}={self.way}" for key in self.options.ways.keys),
            # A run that is killed goes on from its checkpoint: many runs fit on a disk.
            "checkpoints.journalBytes=0", "checkpoints.keepLast=1", *self.options.set,
        ]

    def curve(self):
        records = self.records()
        losses = {record["step"]: record["weightedLoss"] for record in records if record["kind"] == "evaluation"}
        steps = [record for record in records if record["kind"] == "step"]
        return Curve(self.way, self.seed, losses, statistics.median(step["bytesIn"] for step in steps),
                     statistics.median(step["bytesOut"] for step in steps))
