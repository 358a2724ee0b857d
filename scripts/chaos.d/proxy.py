"""A TCP proxy that behaves like a bad network: it delays, throttles, goes silent and cuts.

TCP never loses a byte in the middle of a stream: a network that drops packets looks, from above,
like silence until it heals or until somebody gives the connection up. So what is silenced here is
held back, not thrown away.
"""

import asyncio
from dataclasses import dataclass

PIECE_BYTES = 64 << 10
# Pieces on the way in each direction, as in the buffers of a network.
PIECES_UNDER_WAY = 16


class Lane:
    """One direction of a link."""

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.bytes_per_second: float | None = None
        self._is_open = asyncio.Event()
        self._is_open.set()

    def hold(self) -> None:
        """Nothing gets through until `release`."""
        self._is_open.clear()

    def release(self) -> None:
        self._is_open.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Returns when the stream has ended and all of it went on, or when either side breaks."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(PIECES_UNDER_WAY)
        take = asyncio.create_task(self._take(reader, under_way))
        try:
            await self._give(under_way, writer)
        except OSError:
            pass  # The receiver is gone.
        finally:
            take.cancel()

    async def _take(self, reader: asyncio.StreamReader, under_way: asyncio.Queue) -> None:
        piece = b"-"
        while piece:
            try:
                piece = await reader.read(PIECE_BYTES)
            except OSError:
                piece = b""
            now = asyncio.get_running_loop().time()
            await under_way.put((now + self.delay_seconds, piece))

    async def _give(self, under_way: asyncio.Queue, writer: asyncio.StreamWriter) -> None:
        while True:
            due, piece = await under_way.get()
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            await self._is_open.wait()
            if not piece:
                return
            writer.write(piece)
            await writer.drain()
            if self.bytes_per_second:
                await asyncio.sleep(len(piece) / self.bytes_per_second)


@dataclass(eq=False)
class Connection:
    near: asyncio.StreamWriter  # To the worker.
    far: asyncio.StreamWriter  # To the coordinator.
    is_half_open: bool = False


class Link:
    """The way of one worker to the coordinator: a port of its own on 127.0.0.1."""

    def __init__(self, far_port: int) -> None:
        self.up = Lane()
        self.down = Lane()
        self.port = 0
        self._far_port = far_port
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cuts everything and returns when nothing of it runs."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def heal(self) -> None:
        """As good as new."""
        for lane in (self.up, self.down):
            lane.delay_seconds, lane.bytes_per_second = 0.0, None
            lane.release()

    def cut(self) -> None:
        """Both ends of all connections see a reset."""
        for connection in self._connections:
            connection.near.transport.abort()
            connection.far.transport.abort()

    def cut_near(self) -> None:
        """Only the worker sees a reset; the coordinator's end is silent until `cut_half_open`."""
        for connection in self._connections:
            connection.is_half_open = True
            connection.near.transport.abort()

    def cut_half_open(self) -> None:
        for connection in self._connections:
            if connection.is_half_open:
                connection.far.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._join(reader, near)
        finally:
            near.transport.abort()
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._far_port)
        except OSError:
            return
        connection = Connection(near, far)
        self._connections.add(connection)
        try:
            await self._carry(connection, reader, far_reader)
        finally:
            far.transport.abort()
            self._connections.discard(connection)

    async def _carry(
        self,
        connection: Connection,
        near_reader: asyncio.StreamReader,
        far_reader: asyncio.StreamReader,
    ) -> None:
        up = asyncio.create_task(self.up.carry(near_reader, connection.far))
        down = asyncio.create_task(self.down.carry(far_reader, connection.near))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            while connection.is_half_open and not connection.far.is_closing():
                await asyncio.sleep(0.05)
            # What was sent before the end still arrives.
            for writer in (connection.near, connection.far):
                writer.close()
            closings = (connection.near.wait_closed(), connection.far.wait_closed())
            await asyncio.gather(*closings, return_exceptions=True)
        finally:
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

