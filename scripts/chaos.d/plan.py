"""Which fault comes at which step, from the seed alone. Nothing here touches a process."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum


class Target(Enum):
    """What a fault breaks: a part that is broken is not broken again before it is whole."""

    WORKER = "one of the workers"
    COORDINATOR = "the coordinator or its disk"
    GUEST = "a fourth worker"
    ALL = "the coordinator and all workers"


@dataclass(frozen=True)
class Kind:
    """One kind of fault."""

    name: str
    meaning: str
    target: Target
    shortest_seconds: float
    longest_seconds: float
    # Given the cluster, the fault, and what to call as soon as something is broken; see faults.py.
    carry_out: Callable[..., Awaitable[None]]
    needs_disk: bool = False  # A small one that can be filled.
    steps: int = 25  # Of the run, from one fault to the next.


@dataclass(frozen=True)
class Fault:
    """One entry of the plan."""

    number: int
    kind: Kind
    step: int  # It comes when this step is committed.
    worker: int  # Whom it hits, where it hits a worker.
    seconds: float  # How long it lasts.
    chance: random.Random  # For whatever else is left to it.

    @property
    def parts(self) -> set[str]:
        """What it breaks, by name."""
        match self.kind.target:
            case Target.WORKER:
                return {f"worker-{self.worker + 1}"}
            case Target.COORDINATOR:
                return {"coordinator"}
            case Target.GUEST:
                return {"guest"}
            case Target.ALL:
                return {"coordinator", "worker-1", "worker-2", "worker-3"}

    @property
    def text(self) -> str:
        """Such as "worker paused (worker-2, 1.3 s)"."""
        details = [*self.parts] if self.kind.target is Target.WORKER else []
        if self.kind.longest_seconds > 0:
            details.append(f"{self.seconds:.1f} s")
        return self.kind.name + (f" ({', '.join(details)})" if details else "")


WORKERS = 3
# Of the run, left free of faults at its end, so that the last ones are recovered from under way.
CALM_STEPS_AT_END = 150


def make_plan(
    seed: int, count: int, steps: int | None, kinds: list[Kind]
) -> tuple[list[Fault], int]:
    """`count` faults over a run of `steps`, at uneven distances, and how many steps that is.

    All kinds come once, in a random order, then all again in another one. Each has as much of the run
    as its kind asks for; with `steps`, that is stretched or squeezed.
    """
    chance = random.Random(seed)
    order: list[Kind] = []
    while len(order) < count:
        order += chance.sample(kinds, len(kinds))
    order = order[:count]
    wanted = sum(kind.steps for kind in order) + CALM_STEPS_AT_END
    scale = (steps or wanted) / wanted
    faults, start = [], 0.0
    for number, kind in enumerate(order):
        length = scale * kind.steps
        fault = Fault(
            number=number + 1,
            kind=kind,
            step=max(1, round(start + length * chance.uniform(0.1, 0.4))),
            worker=chance.randrange(WORKERS),
            seconds=chance.uniform(kind.shortest_seconds, kind.longest_seconds),
            chance=random.Random(chance.getrandbits(32)),
        )
        faults.append(fault)
        start += length
    return faults, steps or wanted
