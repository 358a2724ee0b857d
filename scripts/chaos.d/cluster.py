"""A coordinator and its workers on this machine, kept alive as a cluster's manager would."""

import asyncio
import contextlib
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from disk import SmallDisk
from launcher import Launcher
from program import DONE, FAILURE, GAVE_UP_WAITING, LEFT, Program, ending
from proxy import Link

# How long a worker waits for a coordinator that is gone. Then it ends, and is started again.
PATIENCE_SECONDS = 3
RESTART_DELAY_SECONDS = 0.5
LAUNCHED_WORKERS = 2
# For a process that was asked to end.
FAREWELL_SECONDS = 20.0
# The last words of a coordinator that cannot begin on a full disk, as it should.
FULL_DISK = "No space left on device"


class TooManyRestarts(Exception):
    """Something ends over and over."""


@dataclass(eq=False)
class Seat:
    """The place of one worker: its processes come and go, one at a time."""

    name: str
    port: int
    link: Link | None
    program: Program | None = None
    lives: int = 0
    # Of the last start: a new one, when another machine takes the place.
    worker_name: str = ""


@dataclass(eq=False)
class Cluster:
    terrane: Path
    logs: Path  # Of all processes, one file each.
    run: Path
    data: Path
    settings: list[str]  # As --set takes them.
    restarts_left: int  # Of processes that ended by themselves.
    disk: SmallDisk | None = None
    has_page: bool = False  # Whether the coordinator serves one.
    coordinator: Program | None = None
    coordinator_lives: int = 0
    launcher_lives: int = 0
    seats: list[Seat] = field(default_factory=list)
    # Ends that no fault accounts for.
    problems: list[str] = field(default_factory=list)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> "Cluster":
        self.logs.mkdir()
        self.keys = self.logs / "keys"
        self.port = _free_port()
        self.page_port = _free_port()
        self._programs: list[Program] = []
        self._watchers = asyncio.TaskGroup()
        await self._watchers.__aenter__()
        return self

    async def __aexit__(self, *error) -> None:
        """Nothing is left running, whatever happened."""
        self.is_over.set()
        try:
            for program in self._programs:
                await program.kill()
        finally:
            for seat in self.seats:
                if seat.link:
                    await seat.link.close()
            await self._watchers.__aexit__(*error)

    # ---- Starting ----

    async def add_seat(self, name: str, through_proxy: bool) -> Seat:
        """A place for a worker; nobody sits there yet."""
        link = None
        if through_proxy:
            link = Link(far_port=self.port)
            await link.open()
        subprocess.run(
            [self.terrane, "keys", self.keys, name], check=True, stdout=subprocess.DEVNULL
        )
        seat = Seat(name, link.port if link else self.port, link)
        self.seats.append(seat)
        return seat

    async def start_coordinator(self) -> None:
        """Goes on with the run, if there is one; returns before it listens."""
        self.coordinator_lives += 1
        arguments = ["coordinator", "--listen", f"tcp://127.0.0.1:{self.port}"]
        arguments += ["--keys", str(self.keys), *self._page()]
        if (self.run / "configuration.yaml").exists():
            arguments += ["--resume", str(self.run)]
        else:
            values = [f"run.folder={self.run}", f"data.folder={self.data}", *self.settings]
            arguments += [word for value in values for word in ("--set", value)]
        self.coordinator = await self._start("coordinator", arguments, self.coordinator_lives)
        self._watchers.create_task(self._watch_coordinator(self.coordinator))

    async def start_worker(self, seat: Seat, with_new_name: bool = False) -> None:
        """Returns before it has joined."""
        seat.lives += 1
        if with_new_name or not seat.worker_name:
            seat.worker_name = seat.name if seat.lives == 1 else f"{seat.name}.{seat.lives}"
        arguments = ["worker", "--connect", f"tcp://127.0.0.1:{seat.port}"]
        arguments += ["--key", str(self.keys / "workers" / f"{seat.name}.key")]
        arguments += ["--data", str(self.data)]
        arguments += ["--name", seat.worker_name, "--wait", str(PATIENCE_SECONDS)]
        seat.program = await self._start(seat.name, arguments, seat.lives)
        self._watchers.create_task(self._watch_worker(seat, seat.program))

    async def start_launcher(self) -> Launcher:
        """`terrane train` on the same run, in the place of coordinator and workers."""
        self.launcher_lives += 1
        command = [str(self.terrane), "train", "--resume", str(self.run)]
        command += ["--set", f"workers.count={LAUNCHED_WORKERS}", *self._page()]
        launcher = await Launcher.start(command, self.logs / f"launcher.{self.launcher_lives}.log")
        self._programs.append(launcher.program)
        return launcher

    def _page(self) -> list[str]:
        return ["--http", f"127.0.0.1:{self.page_port}"] if self.has_page else []

    async def _start(self, name: str, arguments: list[str], life: int) -> Program:
        log = self.logs / f"{name}.{life}.log"
        program = await Program.start(name, [str(self.terrane), *arguments], log)
        self._programs.append(program)
        return program

    # ---- Ending ----

    async def kill_coordinator(self) -> None:
        """kill -9; nobody but the caller starts another one."""
        program, self.coordinator = self.coordinator, None
        if program:
            await program.kill()

    async def kill_worker(self, seat: Seat) -> None:
        """kill -9; nobody but the caller fills the place again."""
        program, seat.program = seat.program, None
        if program:
            await program.kill()

    async def ask_worker_to_leave(self, seat: Seat) -> None:
        """SIGTERM, and its polite end; nobody but the caller fills the place again."""
        program, seat.program = seat.program, None
        if not program:
            return
        program.is_told = True
        # One that has just begun to start knows no politeness yet.
        while program.is_alive and not program.has_said("connects to"):
            await asyncio.sleep(0.02)
        if not program.is_alive:
            return
        program.send(signal.SIGTERM)
        status = await self._farewell(program)
        if status not in (DONE, LEFT):
            self._note(program, f"after SIGTERM, {ending(status)}")

    async def end(self) -> None:
        """After the coordinator's clean end: the workers know it, or find out."""
        for seat in self.seats:
            if not seat.program:
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(seat.program.ended(), 2 * PATIENCE_SECONDS)
            await self.ask_worker_to_leave(seat)

    async def _farewell(self, program: Program) -> int:
        try:
            return await asyncio.wait_for(program.ended(), FAREWELL_SECONDS)
        except TimeoutError:
            self._note(program, f"was still there {FAREWELL_SECONDS:.0f} s after SIGTERM")
            await program.kill()
            return LEFT

    # ---- Watching ----

    async def _watch_coordinator(self, program: Program) -> None:
        status = await program.ended()
        if status == DONE:
            self.is_over.set()
        if program.is_told or self.is_over.is_set():
            return
        self._note_if_strange(program, status)
        await self._pause_before_restart()
        if self.coordinator is program and not self.is_over.is_set():
            await self.start_coordinator()

    async def _watch_worker(self, seat: Seat, program: Program) -> None:
        status = await program.ended()
        if program.is_told or (status == DONE and await self._ends_soon()):
            return
        self._note_if_strange(program, status)
        await self._pause_before_restart()
        if seat.program is program and not self.is_over.is_set():
            await self.start_worker(seat)

    async def _ends_soon(self) -> bool:
        """A worker may hear of the end of the run and be gone before the coordinator is."""
        try:
            await asyncio.wait_for(self.is_over.wait(), FAREWELL_SECONDS)
        except TimeoutError:
            return False
        return True

    async def _pause_before_restart(self) -> None:
        self.restarts_left -= 1
        if self.restarts_left < 0:
            raise TooManyRestarts("processes end over and over: " + "; ".join(self.problems[-3:]))
        await asyncio.sleep(RESTART_DELAY_SECONDS)

    def _note_if_strange(self, program: Program, status: int) -> None:
        """Sound are a worker that has waited in vain, and a coordinator that cannot begin."""
        is_full = status == FAILURE and FULL_DISK in program.last_words
        if status != GAVE_UP_WAITING and not is_full:
            self._note(program, ending(status))

    def _note(self, program: Program, what: str) -> None:
        self.problems.append(f"{program.log.stem} {what}; it said: {program.last_words}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
