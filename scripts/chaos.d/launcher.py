"""`terrane train` under way, with the processes that it started: all of them known by a mark."""

import asyncio
import os
import signal
import uuid
from dataclasses import dataclass
from pathlib import Path

from program import DONE, STOPPED, Program, ending

# For the processes of a launcher that was killed: they notice it at once, wherever they are, and write
# at most a checkpoint.
ORPHANS_SECONDS = 10.0
MARK = "TERRANE_CHAOS_LAUNCHER"
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Process:
    number: int
    arguments: tuple[str, ...]

    def send(self, number: signal.Signals) -> None:
        """One that has ended meanwhile is past caring."""
        try:
            os.kill(self.number, number)
        except ProcessLookupError:
            pass


class Launcher:
    """A running `terrane train`. Whatever it starts inherits the mark, so that nothing can hide."""

    def __init__(self, program: Program, mark: str) -> None:
        self.program = program
        self._mark = f"{MARK}={mark}".encode()

    @classmethod
    async def start(cls, command: list[str], log: Path) -> "Launcher":
        mark = uuid.uuid4().hex
        environment = {**os.environ, MARK: mark}
        return cls(await Program.start("launcher", command, log, environment), mark)

    @property
    def family(self) -> list[Process]:
        """The launcher and what it started, as they live now."""
        found = []
        for place in Path("/proc").iterdir():
            if not place.name.isdigit():
                continue
            try:
                if self._mark in (place / "environ").read_bytes().split(b"\0"):
                    words = (place / "cmdline").read_bytes().split(b"\0")
                    arguments = tuple(word.decode(errors="replace") for word in words)
                    found.append(Process(int(place.name), arguments))
            except OSError:
                continue  # It ended meanwhile, or is somebody else's.
        return found

    def children(self, command: str) -> list[Process]:
        """Those that run `terrane coordinator` or `terrane worker`."""
        return [process for process in self.family if command in process.arguments[1:2]]

    async def left_behind(self) -> list[Process]:
        """Who is still there a while after the launcher's death; killed now."""
        clock = asyncio.get_running_loop().time
        end = clock() + ORPHANS_SECONDS
        while (family := self.family) and clock() < end:
            await asyncio.sleep(POLL_SECONDS)
        for process in family:
            process.send(signal.SIGKILL)
        return family


def described(processes: list[Process]) -> str:
    return ", ".join(" ".join(process.arguments[1:4]) for process in processes)


def problem_of_stop(launcher: Launcher, status: int, had_children: bool) -> str | None:
    """What is wrong with how a launcher ended that was asked to stop."""
    if status in (DONE, STOPPED) or (status < 0 and not had_children):
        # One that has just begun to start knows no politeness yet, and has started nobody.
        return None
    return f"after a request to stop, {ending(status)}; it said: {launcher.program.last_words}"
