"""A process of our own that can be killed, and the frames that go between: four bytes of length and the content."""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, final

LENGTH = struct.Struct(">I")
_BUFFER = 1 << 20
_DYING_SECONDS = 5
_PR_SET_PDEATHSIG = 1  # prctl(2)
# What a Python that lies in an unusual place needs to start. Nothing else: the environment holds the secrets.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "LANG", "LC_ALL")


class ProcessEndedError(Exception):
    """It ended where an answer was waited for; `code` as `subprocess` gives it."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"it ended with exit code {code}")


def die_with_parent() -> None:
    """Have this process killed when the one that forked it ends, however it ends; on Linux, elsewhere nothing."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def framed(content: bytes) -> bytes:
    """Return a frame."""
    return LENGTH.pack(len(content)) + content


@final
@dataclass(frozen=True, slots=True)
class Child:
    """One process and the socket to it."""

    process: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def start(cls, module: str, *, python: str = sys.executable) -> Child:
        """Start a process that runs a module of ours, with a socket to us as its standard input.

        Raises:
            OSError: there is no such program, or no process to be had.
        """
        ours, theirs = socket.socketpair()
        with ExitStack() as failed:
            failed.callback(ours.close)
            with theirs:
                process = _popen(module, python, theirs)
            failed.callback(process.wait)
            failed.callback(process.kill)  # before the waiting
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_BUFFER)
            failed.pop_all()
        return cls(process, reader, writer)

    @property
    def lives(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def send(self, frame: bytes) -> None:
        """Send a frame; it goes while an answer is waited for."""
        self.writer.write(frame)

    async def receive(self, deadline: timedelta, *, most: int) -> bytes:
        """Wait for a frame, and return at most `most` bytes of its content.

        Raises:
            TimeoutError: none came in time.
            ProcessEndedError: none will come.
        """
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await self.writer.drain()
                (length,) = LENGTH.unpack(await self.reader.readexactly(LENGTH.size))
                return await self.reader.readexactly(min(length, most))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ProcessEndedError(await asyncio.to_thread(self._exit_code)) from None

    def _exit_code(self) -> int:
        try:
            return self.process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:  # it let go of its socket, and lives
            self.process.kill()
            return self.process.wait()

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.writer.close()

    async def gone(self) -> None:
        """Wait until nothing is left of it."""
        await asyncio.to_thread(self.process.wait)
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def _popen(module: str, python: str, theirs: socket.socket) -> subprocess.Popen[bytes]:
    # The same modules as here are found, and none beside the current folder that happen to be called the same.
    path = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
    env = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own module, run by our own Python
        [python, "-P", "-m", module],
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env | {"PYTHONPATH": path},
    )


# -- inside the process ------------------------------------------------------------------------------------------------


def parent_socket() -> socket.socket:
    """Return the socket to the parent; signals that are meant for the daemon, which lets tasks end, end nothing."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return socket.socket(fileno=sys.stdin.fileno())


def read_frame(frames: BinaryIO) -> bytes:
    """Read a frame's content; b"" = the parent is gone."""
    length = frames.read(LENGTH.size)
    return frames.read(LENGTH.unpack(length)[0]) if len(length) == LENGTH.size else b""


def limit_memory(size: int) -> None:
    """Let this process have so many bytes of data, and no more."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    size = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def resident() -> int:
    """Return how many bytes are resident, or where the system does not tell (macOS), the most that ever were."""
    try:
        with Path("/proc/self/statm").open("rb") as pages:
            return int(pages.read().split()[1]) * resource.getpagesize()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
