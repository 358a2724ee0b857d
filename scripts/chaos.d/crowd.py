"""Those who look at a run's page while it is broken: some who read all of it, some who read nothing."""

import asyncio
import contextlib
import socket
import time
from dataclasses import dataclass, field

REQUEST = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
RETRY_SECONDS = 0.3
# What the system takes in for one who does not read: as little as it lets one choose.
SMALL_BUFFER_BYTES = 4096


@dataclass(eq=False)
class Crowd:
    """Keeps its connections to one port, whoever listens there, until it is closed."""

    port: int
    watching: int
    deaf: int
    # Events that each of those who watch has heard.
    heard: list[int] = field(default_factory=list)
    # When, by the monotonic clock, each of them heard the newest one.
    last_heard: list[float] = field(default_factory=list)
    connections: int = 0

    async def __aenter__(self) -> "Crowd":
        self.heard = [0] * self.watching
        self.last_heard = [0.0] * self.watching
        tasks = [self._watch(place) for place in range(self.watching)]
        tasks += [self._stay_deaf() for _ in range(self.deaf)]
        self._tasks = [asyncio.create_task(task) for task in tasks]
        return self

    async def __aexit__(self, *error) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self, place: int) -> None:
        async for reader in self._connections():
            with contextlib.suppress(OSError, ValueError):
                async for line in reader:
                    if line.startswith(b"event: "):
                        self.heard[place] += 1
                        self.last_heard[place] = time.monotonic()

    async def _stay_deaf(self) -> None:
        async for _ in self._connections(reads=False):
            # The connection is closed by the page's server, or by the end of the coordinator,
            # neither of which can be seen without reading: after a while there is another one.
            await asyncio.sleep(20)

    async def _connections(self, reads: bool = True):
        while True:
            writer = None
            with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
                reader, writer = await self._connect(reads)
                if not reads:
                    writer.transport.pause_reading()
                writer.write(REQUEST)
                self.connections += 1
                yield reader
            if writer:
                writer.close()
            await asyncio.sleep(RETRY_SECONDS)

    async def _connect(self, reads: bool):
        end = socket.socket()
        try:
            end.setblocking(False)
            if not reads:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
            await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", self.port))
            # One event may be a hundred thousand bytes.
            return await asyncio.open_connection(sock=end, limit=1 << 24)
        except OSError:
            end.close()
            raise
