"""One process of Terrane: found, started, signalled, awaited. Not here: what it is for."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

# Exit statuses of `terrane --help`.
DONE, FAILURE, GAVE_UP_WAITING, STOPPED, LEFT = 0, 1, 69, 75, 79


class Program:
    """A running process. It dies with this one, however this one dies."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        # Whether its end is our doing, so that nobody wonders about it.
        self.is_told = False
        self._process = process

    @classmethod
    async def start(
        cls, name: str, command: list[str], log: Path, environment: dict[str, str] | None = None
    ) -> "Program":
        """`log` takes what the process says, after what is there."""
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", "--", *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=environment,
                # A Ctrl-C at the terminal is for this script, which ends its processes itself.
                start_new_session=True,
            )
        return cls(name, process, log)

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    def send(self, number: signal.Signals) -> None:
        if self.is_alive:
            self._process.send_signal(number)

    @property
    def status(self) -> int | None:
        """Once it has ended."""
        return self._process.returncode

    async def ended(self) -> int:
        """The exit status; -N for a process that signal N ended."""
        return await self._process.wait()

    async def kill(self) -> None:
        """kill -9; returns when it is gone."""
        self.is_told = True
        self.send(signal.SIGKILL)
        await self.ended()

    def has_said(self, text: str) -> bool:
        return text in self.log.read_text(errors="replace")

    @property
    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "nothing")


def ending(status: int) -> str:
    """How a process ended, in words."""
    if status < 0:
        return f"died by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def find_programs(root: Path) -> Path:
    """The folder of terrane and terrane-ingest, which are built if need be."""
    names = ("terrane", "terrane-ingest")
    named = os.environ.get("TERRANE")
    folder = Path(named or root / ".build" / "release").absolute()
    if all((folder / name).is_file() for name in names):
        return folder
    if named:
        sys.exit(f"TERRANE is {folder}, and does not hold {' and '.join(names)}")
    for name in names:
        subprocess.run(("swift", "build", "-c", "release", "--product", name), cwd=root, check=True)
    return folder
