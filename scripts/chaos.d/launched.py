"""Faults of `terrane train`: for a while it takes the run over from the cluster, and is disturbed.

Each of these kills coordinator and workers, starts the launcher on the same run, breaks something at
any instant of its start, its recovery or its training, sees what it makes of that, ends it, and gives
the run back to the cluster. The length of a fault is the time until something is broken.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from cluster import FAREWELL_SECONDS, Cluster
from launcher import Launcher, Process, described, problem_of_stop
from plan import Fault

Begun = Callable[[], None]
# For a launcher to replace what was killed, three times its first pause.
REPLACEMENT_SECONDS = 1.5
# Past which a second signal is a second request.
ECHO_SECONDS = 0.4


async def kill_launcher(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    async def break_it(launcher: Launcher) -> None:
        await launcher.program.kill()

    await _interlude(cluster, fault, begun, break_it, is_fatal=True)


async def kill_launched(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    async def break_it(launcher: Launcher) -> None:
        family = launcher.family
        await launcher.program.kill()
        _kill(family)

    await _interlude(cluster, fault, begun, break_it, is_fatal=True)


async def kill_launched_coordinator(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    async def break_it(launcher: Launcher) -> None:
        _kill(launcher.children("coordinator"))

    await _interlude(cluster, fault, begun, break_it)


async def kill_launched_worker(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    async def break_it(launcher: Launcher) -> None:
        _kill(launcher.children("worker")[:1])

    await _interlude(cluster, fault, begun, break_it)


async def kill_launched_children(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    async def break_it(launcher: Launcher) -> None:
        _kill(launcher.children("coordinator") + launcher.children("worker"))

    await _interlude(cluster, fault, begun, break_it)


async def stop_launcher(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    async def break_it(launcher: Launcher) -> None:
        launcher.program.is_told = True
        launcher.program.send(signal.SIGTERM)

    await _interlude(cluster, fault, begun, break_it)


async def stop_everybody(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    async def break_it(launcher: Launcher) -> None:
        launcher.program.is_told = True
        for process in launcher.family:
            process.send(signal.SIGTERM)

    await _interlude(cluster, fault, begun, break_it)


async def interrupt_twice(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    async def break_it(launcher: Launcher) -> None:
        launcher.program.is_told = True
        for pause in (ECHO_SECONDS, 0):
            launcher.program.send(signal.SIGINT)
            await asyncio.sleep(pause)

    await _interlude(cluster, fault, begun, break_it)


def _kill(processes: list[Process]) -> None:
    for process in processes:
        process.send(signal.SIGKILL)


async def _interlude(
    cluster: Cluster,
    fault: Fault,
    begun: Begun,
    break_it: Callable[[Launcher], Awaitable[None]],
    is_fatal: bool = False,
) -> None:
    """`is_fatal`: whether the launcher does not survive it."""
    seats = cluster.seats[:-1]
    await asyncio.gather(cluster.kill_coordinator(), *map(cluster.kill_worker, seats))
    launcher = await cluster.start_launcher()
    await asyncio.sleep(fault.seconds)
    had_children = len(launcher.family) > 1
    await break_it(launcher)
    begun()
    if not is_fatal:
        await _stop(cluster, launcher, had_children)
    if left := await launcher.left_behind():
        cluster.problems.append(f"{launcher.program.log.stem} left behind: {described(left)}")
    await cluster.start_coordinator()
    for seat in seats:
        await cluster.start_worker(seat)


async def _stop(cluster: Cluster, launcher: Launcher, had_children: bool) -> None:
    """Politely, after it has replaced what was killed; nobody is asked twice."""
    program = launcher.program
    if not program.is_told:
        await asyncio.sleep(REPLACEMENT_SECONDS)
        program.is_told = True
        program.send(signal.SIGTERM)
    try:
        status = await asyncio.wait_for(program.ended(), FAREWELL_SECONDS)
    except TimeoutError:
        cluster.problems.append(f"{program.log.stem} was still there after a request to stop")
        return await program.kill()
    if problem := problem_of_stop(launcher, status, had_children):
        cluster.problems.append(f"{program.log.stem} {problem}")
