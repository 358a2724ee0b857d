"""One process of Terrane: started, signalled, awaited. Not here: what it is for."""

import asyncio
import signal
from pathlib import Path


class Program:
    """A running process. It dies with this one, however this one dies."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        # Whether its end is our doing, so that nobody wonders about it.
        self.is_told = False
        self._process = process

    @classmethod
    async def start(cls, name: str, command: list[str], log: Path) -> "Program":
        """`log` takes what the process says, after what is there."""
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", "--", *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
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
