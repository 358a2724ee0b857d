"""The whole of it: data, a run in peace, the same run under faults, and the verdicts."""

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from cluster import Cluster, TooManyRestarts
from crowd import Crowd
from disk import SmallDisk
from display import Display, duration
from faults import HEARTBEAT_TIMEOUT_SECONDS
from plan import WORKERS, Fault, Kind, make_plan
from trial import Standstill, Trial
from verdicts import judge, show_recoveries

DISK_MEBIBYTES = 128
RESTARTS_PER_FAULT = 3
# Of the page, where it is wanted.
WATCHERS = 50
DEAF_WATCHERS = 50

# Small images, and a small model whose parameters still travel in two chunks.
SETTINGS = [
    *("model.imageSide=32", "model.patchSide=8", "model.width=128", "model.depth=1"),
    *("model.heads=2", "model.decoderWidth=64", "model.decoderDepth=1", "model.decoderHeads=2"),
    *("training.microbatchesPerStep=6", "training.pairsPerMicrobatch=3"),
    *("optimizer.baseLearningRate=1e-2", "evaluation.everySteps=100", "evaluation.pairs=6"),
    *("checkpoints.everySteps=20", "liveness.heartbeatInterval=250ms"),
    f"liveness.heartbeatTimeout={HEARTBEAT_TIMEOUT_SECONDS:.0f}s",
    *("liveness.shortestLease=1s", "liveness.longestLease=10s"),
]


class SessionError(Exception):
    """What keeps a session from being held, for the user."""


@dataclass
class Session:
    programs: Path  # The folder of terrane and terrane-ingest.
    scenes: list[Path]  # To ingest, where no dataset is given.
    data: Path | None
    folder: Path
    seed: int
    fault_count: int
    steps: int | None  # None: as many as the plan wants.
    kinds: list[Kind]
    codec: str | None  # Of gradients and deltas; None: the default of each.
    objective: str | None  # None: the default.
    has_page: bool  # Whether the run under faults is looked at.
    display: Display
    disk: SmallDisk | None = None
    crowd: Crowd | None = None

    def choose_disk(self, error: OSError | None) -> None:
        """A small one for the run, if this machine lets us have one.

        error: what kept this process from having mounts of its own.
        """
        try:
            if error:
                raise error
            self.disk = SmallDisk(self.folder / "disk", DISK_MEBIBYTES)
        except OSError as reason:
            self.kinds = [kind for kind in self.kinds if not kind.needs_disk]
            self.display.say(f"no fault of full disks, as no small one can be mounted: {reason}")
            if not self.kinds:
                raise SessionError("no fault is left to try") from None

    def _chosen(self) -> list[str]:
        """The settings that options of the command ask for."""
        chosen = []
        if self.codec:
            chosen += [f"exchange.{use}Codec={self.codec}" for use in ("gradient", "parameter")]
        if self.objective:
            chosen.append(f"model.objective={self.objective}")
        return chosen

    async def hold(self) -> bool:
        """Whether all verdicts hold."""
        display, started = self.display, time.monotonic()
        plan, self.steps = make_plan(self.seed, self.fault_count, self.steps, self.kinds)
        title = f"{self.fault_count} faults in {self.steps} steps, seed {self.seed}"
        display.say(display.strong(title))
        data = self.data or self._ingest()
        calm_run = self.folder / "calm-run"
        calm, _ = await self._train("calm run", calm_run, data, [])
        if calm.problems:
            raise SessionError("the calm run was none: " + "; ".join(calm.problems))
        display.say(f"calm run: {duration(time.monotonic() - started)}")

        started = time.monotonic()
        run = (self.disk.folder if self.disk else self.folder) / "run"
        cluster, trial = await self._train("under faults", run, data, plan)
        display.say(f"run under faults: {duration(time.monotonic() - started)}\n")
        show_recoveries(trial, self.kinds, display)
        display.say()
        verdicts = judge(calm_run, cluster, trial, self.steps, self.crowd)
        for verdict in verdicts:
            display.verdict(verdict.holds, verdict.text)
        return all(verdict.holds for verdict in verdicts)

    def _ingest(self) -> Path:
        """As scripts/pretrain does it."""
        self.display.status("ingesting the sample")
        data = self.folder / "data"
        sizes = ("--chip-side", "64", "--stride", "48", "--chips-per-shard", "256")
        command = (self.programs / "terrane-ingest", data, *self.scenes, *sizes)
        outcome = subprocess.run(command, capture_output=True, text=True)
        if outcome.returncode != 0:
            raise SessionError(f"the sample could not be ingested: {outcome.stderr.strip()}")
        return data

    async def _train(
        self, title: str, run: Path, data: Path, plan: list[Fault]
    ) -> tuple[Cluster, Trial]:
        """One worker in peace, or three and a guest's place under faults."""
        cluster = Cluster(
            terrane=self.programs / "terrane",
            logs=self.folder / f"{run.name}-logs",
            run=run,
            data=data,
            settings=[f"training.steps={self.steps}", *SETTINGS, *self._chosen()],
            restarts_left=RESTARTS_PER_FAULT * len(plan),
            disk=self.disk,
            has_page=self.has_page and bool(plan),
        )
        trial = Trial(title, cluster, plan, self.steps, self.display)
        workers = WORKERS if plan else 1
        try:
            async with cluster:
                for number in range(workers):
                    await cluster.add_seat(f"worker-{number + 1}", through_proxy=bool(plan))
                if plan:
                    await cluster.add_seat("guest", through_proxy=True)
                if cluster.has_page:
                    async with Crowd(cluster.page_port, WATCHERS, DEAF_WATCHERS) as self.crowd:
                        await trial.run(workers)
                else:
                    await trial.run(workers)
        except* (Standstill, TooManyRestarts) as group:
            raise SessionError("; ".join(_texts(group))) from None
        return cluster, trial

    def clean_up(self, is_kept: bool) -> None:
        """Nothing of it stays, or all of it."""
        if self.disk:
            run = self.disk.folder / "run"
            if is_kept and run.exists():
                shutil.copytree(run, self.folder / "run")
            self.disk.unmount()
        if is_kept:
            self.display.say(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder)


def _texts(group: BaseExceptionGroup) -> list[str]:
    """Of all errors in groups of groups."""
    texts = []
    for error in group.exceptions:
        texts += _texts(error) if isinstance(error, BaseExceptionGroup) else [str(error)]
    return texts
