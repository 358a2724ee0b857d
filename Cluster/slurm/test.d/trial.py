"""A run as jobs: submitting them, how far it is, and a line for each thing that was done to it."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from slurm import Slurm

SCRIPTS = Path(__file__).resolve().parent.parent
# A model of a few thousand parameters. Evaluations decide no number of a run: with many of them it
# takes as long as it has to, and with few of them the calm run is made in seconds.
CONFIGURATION = """\
run:
  folder: {run}
data:
  folder: {data}
model:
  imageSide: 32
  patchSide: 8
  width: 32
  depth: 1
  heads: 2
  decoderWidth: 16
  decoderDepth: 1
  decoderHeads: 2
training:
  steps: {steps}
  microbatchesPerStep: 4
  pairsPerMicrobatch: 4
evaluation:
  everySteps: {evaluation}
  pairs: 512
checkpoints:
  everySteps: 50
"""
SELDOM = 10_000
STEP = re.compile(r'^\{"kind":"step","step":(\d+),', re.MULTILINE)
PATIENCE_SECONDS = 120.0
# A run that goes on has made so many steps more.
PROGRESS_STEPS = 3


class Broken(Exception):
    """Something does not hold; the message says what."""


@dataclass
class Trial:
    slurm: Slurm
    terrane: Path
    data: Path
    name: str
    steps: int
    # All that were submitted. What is begun again keeps its name.
    jobs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run = self.slurm.folder / self.name
        self.configuration = self.slurm.folder / f"{self.name}.yaml"

    # ---- The run ----

    def write_configuration(self, evaluation: int) -> None:
        """What a coordinator goes by from its next start on."""
        values = {"run": self.run, "data": self.data, "steps": self.steps, "evaluation": evaluation}
        self.configuration.write_text(CONFIGURATION.format(**values))

    def step(self) -> int:
        """The last that was committed."""
        try:
            found = STEP.findall((self.run / "metrics.jsonl").read_text())
        except FileNotFoundError:
            return 0
        return int(found[-1]) if found else 0

    def wait(self, what: str, holds: Callable[[], bool]) -> float:
        """Returns after how many seconds it holds; raises Broken when it takes too long."""
        started = time.monotonic()
        while not holds():
            if time.monotonic() - started > PATIENCE_SECONDS:
                queue = self.slurm.run("squeue", "--states=all")
                raise Broken(f"waited for {what} at step {self.step()}\n{queue}")
            time.sleep(0.05)
        return time.monotonic() - started

    def wait_for_progress(self) -> None:
        goal = min(self.step() + PROGRESS_STEPS, self.steps)
        self.wait(f"step {goal}", lambda: self.step() >= goal)

    def compare_with_calm(self) -> str:
        """Makes the run that nobody disturbs, and returns the last digest of both."""
        calm = self.slurm.folder / f"{self.name}-calm"
        values = [f"run.folder={calm}", f"evaluation.everySteps={SELDOM}"]
        command = [self.terrane, "train", self.configuration]
        command += [word for value in values for word in ("--set", value)]
        subprocess.run(command, check=True, capture_output=True)
        found = subprocess.run(
            [self.terrane, "verify", self.run, calm], capture_output=True, text=True, check=False
        )
        if found.returncode or f"equal: all {self.steps:,} steps that both made" not in found.stdout:
            raise Broken(f"terrane verify says\n{found.stdout}{found.stderr}")
        return found.stdout.split("digest ")[1].split()[0]

    # ---- Jobs ----

    def submit(
        self, script: str, *arguments: object, options: tuple[str, ...] = (), keys: str = "keys"
    ) -> str:
        """Returns the job's name."""
        self.slurm.environment |= {
            "TERRANE": str(self.terrane), "KEYS": str(self.slurm.folder / keys),
            "LISTEN": "tcp://127.0.0.1:0", "LOOK": "2",
        }
        options = ("--cpus-per-task=1", "--mem-per-cpu=100M", "--output=%j.out", *options)
        words = [str(self.run), *map(str, arguments)]
        job = self.slurm.run("sbatch", "--parsable", *options, str(SCRIPTS / script), *words)
        self.jobs.append(job.strip())
        return self.jobs[-1]

    def submit_one_job(self, keys: str = "keys") -> str:
        arguments = (self.data, self.configuration)
        return self.submit("terrane.sbatch", *arguments, options=("--nodes=2",), keys=keys)

    def submit_coordinator(self) -> str:
        return self.submit("coordinator.sbatch", self.configuration)

    def submit_worker(self, number: int, *options: str) -> str:
        """An array of one."""
        options = (f"--array={number}", "--output=%A_%a.out", *options)
        self.submit("workers.sbatch", self.data, options=options)
        self.jobs[-1] += f"_{number}"
        return self.jobs[-1]

    def let_start(self, *jobs: str) -> None:
        """Slurm lets jobs that it begins again wait for two minutes; for these two seconds will do.

        A node refuses a job in the second in which it ended there.
        """
        for job in jobs:
            is_settled = lambda: self.slurm.job(job)["JobState"] != "COMPLETING"
            self.wait(f"job {job} to be done where it was", is_settled)
            found = self.slurm.job(job)
            if found["JobState"] == "PENDING" and found["Restarts"] != "0":
                self.slurm.run("scontrol", "update", f"JobId={job}", "StartTime=now+2")

    def log(self, job: str) -> str:
        try:
            return (self.slurm.folder / f"{job}.out").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def is_gone(self, job: str) -> bool:
        """Nothing of it runs on its node any more."""
        return job not in self.slurm.run("squeue", "--noheader", "--array", "--format=%i").split()

    def wait_for_end(self) -> None:
        """Each that is left must end as one whose run is done."""
        for job in self.jobs:
            self.wait(f"the end of job {job}", lambda: self.is_gone(job))
            found = self.slurm.job(job)
            if found["JobState"] != "COMPLETED":
                raise Broken(f"job {job} ended {found['JobState']}:\n{self.log(job)[-2000:]}")

    # ---- The table ----

    @contextmanager
    def disturbance(self, what: str) -> Iterator[list[str]]:
        """What is put into the list says what came of it. Afterwards the run must go on."""
        if self.step() >= self.steps:
            raise Broken(f"the run was over before '{what}'")
        outcome: list[str] = []
        started = time.monotonic()
        yield outcome
        self.wait_for_progress()
        show(what, time.monotonic() - started, "; ".join(outcome))


def show(what: str, seconds: float, outcome: str) -> None:
    """A line of the table."""
    print(f"{what:<40} {seconds:6.1f} s  {outcome}", flush=True)
