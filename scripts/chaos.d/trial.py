"""Carries a plan out on a run that is under way, and times how long the run takes to go on."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from cluster import Cluster
from display import Display, bar, clock, duration
from metrics import Commit, Follower
from plan import Fault

POLL_SECONDS = 0.02
# Without a step: far more than any fault lasts.
STANDSTILL_SECONDS = 90.0


class Standstill(Exception):
    """The run does not go on."""


@dataclass(eq=False)
class Happening:
    """A fault of the plan, and what became of it."""

    fault: Fault
    is_started: bool = False
    begun_at: float | None = None  # Time of day.
    begun_at_step: int = 0
    recovery_seconds: float | None = None  # To the next step that was committed.
    is_repaired: bool = False
    is_shown: bool = False

    @property
    def is_past(self) -> bool:
        return self.is_repaired and self.recovery_seconds is not None

    @property
    def text(self) -> str:
        """Once it is past: "12  step 301  worker killed (worker-2)  next step after 0.31 s"."""
        fault = self.fault
        return (
            f"{fault.number:4}  step {self.begun_at_step:5}  {fault.text:<44}  "
            f"next step after {duration(self.recovery_seconds)}"
        )

    def take(self, commit: Commit) -> None:
        if self.begun_at is None or self.recovery_seconds is not None:
            return
        if commit.time > self.begun_at:
            self.recovery_seconds = commit.time - self.begun_at


class Trial:
    """One run, calm if the plan is empty."""

    def __init__(
        self, title: str, cluster: Cluster, plan: list[Fault], steps: int, display: Display
    ) -> None:
        self.follower = Follower(cluster.run / "metrics.jsonl")
        self.happenings = [Happening(fault) for fault in plan]
        self._title = title
        self._cluster = cluster
        self._steps = steps
        self._display = display
        self._started = self._progressed = time.monotonic()

    async def run(self, workers: int) -> None:
        """Starts everything and returns when the run has ended and all processes with it."""
        await self._cluster.start_coordinator()
        for seat in self._cluster.seats[:workers]:
            await self._cluster.start_worker(seat)
        async with asyncio.TaskGroup() as tasks:
            for happening in self.happenings:
                await self._watch_until(lambda: self._is_due(happening))
                happening.is_started = True
                tasks.create_task(self._carry_out(happening))
            await self._watch_until(self._is_over)
        self._display.status(f"{self._title}  waiting for the workers to end")
        await self._cluster.end()

    def _is_due(self, happening: Happening) -> bool:
        if self._cluster.is_over.is_set():
            raise Standstill("the run was over before all faults came; give it more --steps")
        broken = {part for other in self._at_work() for part in other.fault.parts}
        is_time = self.follower.newest_step >= happening.fault.step
        return is_time and not broken & happening.fault.parts

    def _is_over(self) -> bool:
        return self._cluster.is_over.is_set() and not self._at_work()

    async def _carry_out(self, happening: Happening) -> None:
        def begun() -> None:
            # Before anything is started again that might cut the metrics.
            self._look()
            happening.begun_at = time.time()
            happening.begun_at_step = self.follower.newest_step

        await happening.fault.kind.carry_out(self._cluster, happening.fault, begun)
        happening.is_repaired = True

    def _at_work(self) -> list[Happening]:
        return [each for each in self.happenings if each.is_started and not each.is_past]

    # ---- Watching ----

    async def _watch_until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._look()
            await asyncio.sleep(POLL_SECONDS)

    def _look(self) -> None:
        at_work = self._at_work()
        for commit in self.follower.poll():
            self._progressed = time.monotonic()
            for happening in at_work:
                happening.take(commit)
        for happening in self.happenings:
            if happening.is_past and not happening.is_shown:
                happening.is_shown = True
                self._display.detail(happening.text)
        silence = time.monotonic() - self._progressed
        if silence > STANDSTILL_SECONDS:
            raise Standstill(
                f"no step for {duration(silence)} after step {self.follower.newest_step}; "
                f"at work: {self._texts(at_work) or 'no fault'}"
            )
        self._display.status(self._status())

    def _texts(self, happenings: list[Happening]) -> str:
        return "; ".join(happening.fault.text for happening in happenings)

    def _status(self) -> str:
        words = [
            self._title,
            bar(self.follower.newest_step, self._steps) + " steps",
            clock(time.monotonic() - self._started),
        ]
        if self.happenings:
            past = sum(happening.is_past for happening in self.happenings)
            words.append(f"{past:2}/{len(self.happenings)} faults")
            words.append(self._texts(self._at_work()))
        return "  ".join(words)
