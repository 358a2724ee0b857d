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
CALM_FAULTS_AT_END = 4


def make_plan(seed: int, count: int, steps: int, kinds: list[Kind]) -> list[Fault]:
    """`count` faults over a run of `steps`, at uneven distances.

    All kinds come once, in a random order, then all again in another one.
    """
    chance = random.Random(seed)
    order: list[Kind] = []
    while len(order) < count:
        order += chance.sample(kinds, len(kinds))
    distance = steps / (count + CALM_FAULTS_AT_END)
    return [
        Fault(
            number=number + 1,
            kind=kind,
            step=max(1, round(distance * (number + chance.uniform(0.1, 0.9)))),
            worker=chance.randrange(WORKERS),
            seconds=chance.uniform(kind.shortest_seconds, kind.longest_seconds),
            chance=random.Random(chance.getrandbits(32)),
        )
        for number, kind in enumerate(order[:count])
    ]
