"""Keep a second daemon off a state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import StateInUseError, StoreUnavailableError

LOCK_NAME = "monitor.lock"
_HOLDER = re.compile(rb"pid (\d+)")


class StateLock:
    """A folder that is ours until `release`, or until this process ends, however it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; a second call does nothing. The file stays: taking it away would race with the next who locks it."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def lock_state(folder: Path, *, now: datetime) -> StateLock:
    """Take a state folder for this process; make it where it is missing.

    The lock is flock(2): the kernel frees it when the process ends. What the file says is for the message alone.

    Raises:
        StateInUseError: another process has it.
        StoreUnavailableError: the folder cannot be written.
    """
    path = folder / LOCK_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreUnavailableError(f"{path} cannot be written: {error.strerror}: check the folder's owner") from error
    with contextlib.ExitStack() as undo:
        undo.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"pid {os.getpid()}, since {now:%Y-%m-%d %H:%M:%S} UTC".encode())
        except BlockingIOError:
            raise StateInUseError(_in_use(folder, os.pread(descriptor, 100, 0))) from None
        except OSError as error:
            raise StoreUnavailableError(f"{path} cannot be locked: {error.strerror}") from error
        undo.pop_all()
    return StateLock(descriptor)


def lock_holder(folder: Path) -> int | None:
    """Return the process that has a state folder, None if nobody has."""
    try:
        with (folder / LOCK_NAME).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _HOLDER.match(file.read(100))
                return int(holder[1]) if holder else None
    except FileNotFoundError:
        pass  # no daemon was ever here
    return None


def _in_use(folder: Path, holder: bytes) -> str:
    who = f" ({holder.decode(errors='replace')})" if holder else ""
    return f"{folder} is already used by monitor run{who}: stop it first, or give this one a store in another folder"
