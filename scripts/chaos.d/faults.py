"""What each kind of fault does.

Every fault breaks something, calls `begun` as soon as it is broken, and returns when all is whole
again. It does not wait for the run to recover.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from cluster import Cluster, Seat
from disk import SmallDisk
from launched import (
    interrupt_twice,
    kill_launched,
    kill_launched_children,
    kill_launched_coordinator,
    kill_launched_worker,
    kill_launcher,
    stop_everybody,
    stop_launcher,
)
from plan import Fault, Kind, Target
from program import Program

# Of the run; pauses are shorter or longer than it.
HEARTBEAT_TIMEOUT_SECONDS = 2.0
SHORT_PAUSE = (0.3, 1.2)
LONG_PAUSE = (2.5, 5.0)
# Of a launcher's start, its coordinator's recovery, or training.
ANY_INSTANT = (0.0, 1.5)
# What it may train meanwhile, on a fast machine.
INTERLUDE_STEPS = 120

Begun = Callable[[], None]


async def kill_worker(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seat = cluster.seats[fault.worker]
    await cluster.kill_worker(seat)
    begun()
    await asyncio.sleep(fault.seconds)
    await cluster.start_worker(seat, with_new_name=True)


async def restart_worker(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seat = cluster.seats[fault.worker]
    await cluster.kill_worker(seat)
    begun()
    await cluster.start_worker(seat)


async def dismiss_worker(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seat = cluster.seats[fault.worker]
    await cluster.ask_worker_to_leave(seat)
    begun()
    await asyncio.sleep(fault.seconds)
    await cluster.start_worker(seat, with_new_name=True)


async def invite_guest(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seat = cluster.seats[-1]
    await cluster.start_worker(seat, with_new_name=True)
    begun()
    await asyncio.sleep(fault.seconds)
    await cluster.ask_worker_to_leave(seat)


async def pause_worker(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    await _pause(cluster.seats[fault.worker].program, fault.seconds, begun)


async def pause_coordinator(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    await _pause(cluster.coordinator, fault.seconds, begun)


async def _pause(program: Program, seconds: float, begun: Begun) -> None:
    program.send(signal.SIGSTOP)
    begun()
    await asyncio.sleep(seconds)
    program.send(signal.SIGCONT)


async def kill_coordinator(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    await cluster.kill_coordinator()
    begun()
    await asyncio.sleep(fault.seconds)
    await cluster.start_coordinator()


async def damage_checkpoint(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    await cluster.kill_coordinator()
    begun()
    checkpoints = sorted((cluster.run / "checkpoints").glob("step-????????"))
    if checkpoints:
        files = sorted(path for path in checkpoints[-1].iterdir() if path.stat().st_size > 0)
        _flip(fault.chance.choice(files), fault)
    await asyncio.sleep(fault.seconds)
    await cluster.start_coordinator()


def _flip(path: Path, fault: Fault) -> None:
    """Changes one byte of a file."""
    chance = fault.chance
    with path.open("r+b") as file:
        place = chance.randrange(path.stat().st_size)
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ chance.randrange(1, 256)]))


async def kill_everything(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seats = cluster.seats[:-1]
    await asyncio.gather(cluster.kill_coordinator(), *map(cluster.kill_worker, seats))
    begun()
    await asyncio.sleep(fault.seconds)
    await cluster.start_coordinator()
    for seat in seats:
        await cluster.start_worker(seat)


async def fill_disk(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    cluster.disk.fill()
    begun()
    await _keep_full(cluster.disk, fault.seconds)


async def kill_on_full_disk(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    cluster.disk.fill()
    await cluster.kill_coordinator()
    begun()
    # Should it end for want of room, it is started again like everything that ends by itself.
    await cluster.start_coordinator()
    await _keep_full(cluster.disk, fault.seconds)


async def _keep_full(disk: SmallDisk, seconds: float) -> None:
    """What the run itself removes, such as an old checkpoint, makes no room either."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while clock() < end:
        disk.fill()
        await asyncio.sleep(0.05)
    disk.clear()


async def cut_connections(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    link = cluster.seats[fault.worker].link
    if fault.chance.random() < 0.5:
        link.cut()
        begun()
        return
    link.cut_near()
    begun()
    await asyncio.sleep(fault.seconds)
    link.cut_half_open()


async def delay_traffic(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seat = cluster.seats[fault.worker]
    for lane in (seat.link.up, seat.link.down):
        lane.delay_seconds = fault.chance.uniform(0.02, 0.15)
    await _heal_later(seat, fault, begun)


async def throttle_traffic(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seat = cluster.seats[fault.worker]
    for lane in (seat.link.up, seat.link.down):
        lane.bytes_per_second = fault.chance.uniform(0.2e6, 2e6)
    await _heal_later(seat, fault, begun)


async def silence_one_way(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seat = cluster.seats[fault.worker]
    fault.chance.choice((seat.link.up, seat.link.down)).hold()
    await _heal_later(seat, fault, begun)
    _give_up_half_of(seat, fault)


async def silence_both_ways(cluster: Cluster, fault: Fault, begun: Begun) -> None:
    seat = cluster.seats[fault.worker]
    seat.link.up.hold()
    seat.link.down.hold()
    await _heal_later(seat, fault, begun)
    _give_up_half_of(seat, fault)


async def _heal_later(seat: Seat, fault: Fault, begun: Begun) -> None:
    begun()
    await asyncio.sleep(fault.seconds)
    seat.link.heal()


def _give_up_half_of(seat: Seat, fault: Fault) -> None:
    """After a silence a connection goes on, or somebody on the way has forgotten it."""
    if fault.chance.random() < 0.5:
        seat.link.cut()


def _of_launcher(
    name: str, meaning: str, act: Callable[..., Awaitable[None]]
) -> Kind:
    """A fault while terrane train takes over, at any instant of it."""
    return Kind(name, meaning, Target.ALL, *ANY_INSTANT, act, steps=INTERLUDE_STEPS)


# fmt: off
KINDS = [
    Kind("worker killed", "kill -9; another one comes after a while",
         Target.WORKER, 0.3, 2.0, kill_worker),
    Kind("worker restarted", "kill -9, and at once a new process of the same name",
         Target.WORKER, 0, 0, restart_worker),
    Kind("worker dismissed", "SIGTERM; another one comes after a while",
         Target.WORKER, 0.2, 1.5, dismiss_worker),
    Kind("worker paused", "SIGSTOP, for less than the heartbeat timeout",
         Target.WORKER, *SHORT_PAUSE, pause_worker),
    Kind("worker paused long", "SIGSTOP, for longer than that",
         Target.WORKER, *LONG_PAUSE, pause_worker),
    Kind("fourth worker", "it joins, and leaves after a while",
         Target.GUEST, 1.5, 4.0, invite_guest),
    Kind("coordinator killed", "kill -9; resumed after a while",
         Target.COORDINATOR, 0.2, 2.0, kill_coordinator),
    Kind("coordinator paused", "SIGSTOP, for less than the heartbeat timeout",
         Target.COORDINATOR, *SHORT_PAUSE, pause_coordinator),
    Kind("coordinator paused long", "SIGSTOP, for longer than that",
         Target.COORDINATOR, *LONG_PAUSE, pause_coordinator),
    Kind("checkpoint damaged", "a byte of the newest one, under a killed coordinator",
         Target.COORDINATOR, 0.1, 0.5, damage_checkpoint),
    Kind("disk full", "no byte is free where the run lies",
         Target.COORDINATOR, 1.0, 3.0, fill_disk, needs_disk=True),
    Kind("killed on full disk", "kill -9 of the coordinator, which is resumed while it is full",
         Target.COORDINATOR, 1.0, 3.0, kill_on_full_disk, needs_disk=True),
    Kind("everything killed", "kill -9 of coordinator and workers at once",
         Target.ALL, 0.2, 1.0, kill_everything),
    Kind("connection cut", "reset at both ends, or at the worker's alone",
         Target.WORKER, 0.5, 4.0, cut_connections),
    Kind("traffic delayed", "20 to 150 ms each way",
         Target.WORKER, 1.0, 4.0, delay_traffic),
    Kind("traffic throttled", "to 0.2 to 2 MB/s each way",
         Target.WORKER, 1.0, 4.0, throttle_traffic),
    Kind("silent one way", "nothing arrives at a worker, or nothing from it",
         Target.WORKER, 1.0, 7.0, silence_one_way),
    Kind("silent both ways", "nothing arrives at either end",
         Target.WORKER, 1.0, 7.0, silence_both_ways),
    _of_launcher("launcher killed",
                 "terrane train takes over; kill -9 of it alone, at any instant", kill_launcher),
    _of_launcher("launcher and all killed",
                 "kill -9 of terrane train and what it started", kill_launched),
    _of_launcher("its coordinator killed",
                 "kill -9 of the coordinator that it started", kill_launched_coordinator),
    _of_launcher("its worker killed",
                 "kill -9 of a worker that it started", kill_launched_worker),
    _of_launcher("its processes killed",
                 "kill -9 of all that it started", kill_launched_children),
    _of_launcher("launcher stopped",
                 "SIGTERM to terrane train", stop_launcher),
    _of_launcher("all stopped at once",
                 "SIGTERM to terrane train and what it started", stop_everybody),
    _of_launcher("interrupted twice",
                 "SIGINT to terrane train, and again before it has ended", interrupt_twice),
]
# fmt: on
