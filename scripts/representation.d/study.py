"""Trainings and probes of a comparison, on disk: what is there is not made again."""
import json
import math
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# By name, with the images of a sample.
OBJECTIVES = {"neighbormae": 2, "mae": 1, "satmae++": 1}
IMAGES_PER_MICROBATCH = 16


@dataclass(frozen=True)
class Score:
    """R² of numbers or accuracy of classes, of one kind of features at one checkpoint."""
    label: str
    features: str  # an objective, "random initialisation" or "imagestats"
    seed: int
    step: int
    seconds: float  # of training
    value: float
    low: float  # of the 95 % interval over blocks of places
    high: float


class Study:
    def __init__(self, options):
        self.options, self.out = options, options.out

    # What is made

    def prepare(self):
        """The dataset, and the labels where there are none."""
        self.out.mkdir(parents=True, exist_ok=True)
        if self.options.labels is None and not (self.out / "labels.json").exists():
            from scene import cut_and_label
            options = self.options
            cut_and_label(options.scenes[0], self.out, green=options.green, red=options.red, nir=options.nir)
        if not (self.data / "dataset.json").exists():
            scenes = self.options.scenes if self.options.labels else [self.out / "pretraining.tif"]
            side = self.options.chip_side
            command = [self.options.bin / "terrane-ingest", self.data, *scenes,
                       "--chip-side", str(side), "--stride", str(max(1, side * 3 // 4))]
            if self.options.input:
                command += ["--bands", ",".join(map(str, self.options.input))]
            self._run("ingest", command)

    def train(self, objective, seed):
        options = self.options
        if options.steps[-1] in self._seconds(objective, seed):
            return
        kept = math.gcd(*options.steps)
        every = math.gcd(kept, 50)  # A training that is stopped loses no more than these.
        values = [
            f"data.folder={self.data}", f"run.folder={self.folder(objective, seed)}", f"run.seed={seed}",
            f"model.objective={objective}", f"training.steps={options.steps[-1]}",
            f"training.pairsPerMicrobatch={IMAGES_PER_MICROBATCH // OBJECTIVES[objective]}",
            f"checkpoints.everySteps={every}", f"checkpoints.keepEvery={kept}",
            f"evaluation.everySteps={kept}", "checkpoints.journalBytes=0", *options.set]
        command = [options.bin / "terrane", "train", "--resume-or-start", ROOT / "Samples/landsat.yaml"]
        for value in values:
            command += ["--set", value]
        self._run(f"train {objective} seed {seed}", command)

    def probe(self, objective, seed):
        for step in self.options.steps:
            for label, where in self._labels().items():
                report = self._report(objective, seed, step, label)
                if report.exists():
                    continue
                report.parent.mkdir(parents=True, exist_ok=True)
                command = [self.options.bin / "terrane", "probe", self.folder(objective, seed), *where,
                           "--from", str(step), "--json", report]
                self._run(f"probe {objective} seed {seed} step {step} {label}", command)

    # What is read

    def scores(self):
        """Of all reports that are there, asked for or not."""
        found = {}  # What learned nothing stands in the report of every objective.
        for report in sorted(self.out.glob("probes/*/seed-*/*.json")):
            objective, seed = report.parent.parent.name, int(report.parent.name.removeprefix("seed-"))
            step, _, label = report.stem.partition("-")
            seconds = self._seconds(objective, seed).get(int(step))
            if seconds is None:
                continue
            for result in json.loads(report.read_text())["results"]:
                score = result.get("determination") or result.get("accuracy")
                if result["method"] not in ("ridge", "linear"):
                    continue
                name = objective if result["features"] == "pretrained" else result["features"]
                found[label, name, seed, step] = Score(
                    label, name, seed, int(step), seconds, score["value"], score["low"], score["high"])
        return list(found.values())

    def hours(self):
        """Of each kind of work that was done, in hours."""
        sums = {}
        try:
            lines = (self.out / "times.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return {}
        for line in lines:
            record = json.loads(line)
            kind = record["what"].split()[0]
            sums[kind] = sums.get(kind, 0) + record["seconds"] / 3600
        return sums

    # Where it lies

    @property
    def data(self):
        return self.out / "data"

    def folder(self, objective, seed):
        return self.out / objective / f"seed-{seed}"

    def _report(self, objective, seed, step, label):
        return self.out / "probes" / objective / f"seed-{seed}" / f"{step}-{label}.json"

    def _labels(self):
        """Arguments of terrane probe by the label's name."""
        options = self.options
        bands = ["--bands", ",".join(map(str, options.input))] if options.input else []
        limit = ["--limit", str(options.limit)]
        if options.labels:
            given = {"--field": options.field, "--split": options.split, "--label-band": options.label_band}
            more = [str(word) for option, value in given.items() if value for word in (option, value)]
            return {options.labels.stem: [*options.scenes, *bands, "--labels", options.labels, *more, *limit]}
        # A regression of classes is fitted for 40 strengths in every fold.
        limits = {"numbers": limit, "classes": ["--limit", str(max(1, options.limit // 4))]}
        return {name: [self.out / "probing.tif", *bands, "--labels", self.out / f"{name}.tif", "--task", task,
                       *limits[task]]
                for name, task in json.loads((self.out / "labels.json").read_text()).items()}

    def _seconds(self, objective, seed):
        """Seconds of training by step."""
        try:
            lines = (self.folder(objective, seed) / "metrics.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return {}
        seconds, total = {}, 0.0
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                break  # The end of a run that was killed.
            if record["kind"] == "step":
                total += record["seconds"]
                seconds[record["step"]] = total
        return seconds

    def _run(self, what, command):
        print(f"scripts/representation: {what}", flush=True)
        started = time.monotonic()
        subprocess.run([str(word) for word in command], check=True)
        with open(self.out / "times.jsonl", "a") as times:
            times.write(json.dumps({"what": what, "seconds": round(time.monotonic() - started, 1)}) + "\n")
