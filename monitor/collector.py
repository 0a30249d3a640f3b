"""Python's garbage collector, kept away from what is built once and stays; and memory that nobody needs any more."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_M_ARENA_MAX = -8  # mallopt(3)


@contextmanager
def uncollected() -> Iterator[None]:
    """Build much that stays, in any thread, without the collector; it never looks at what there is at the end.

    The collector visits all there is each time that a quarter more is there, and holds up every thread meanwhile: half
    a second where 10,000 rules are loaded, and most of the time that a million take. What is frozen is freed like
    anything else once nobody refers to it; only a circle that is garbage at that moment stays.
    """
    if not gc.isenabled():  # somebody around takes care of it, or wants it off
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def share_one_heap() -> None:
    """Have all threads take memory from one heap; to be called before there are any.

    glibc gives each thread its own, up to eight times as many as there are cores. What one thread frees no other uses,
    and a reload's 50 MB may be taken by any of them; here they hold the interpreter's lock while they take it anyway.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Give memory that was freed back to the system, in any thread; for after something that took much of it.

    glibc keeps what lies between two pieces that are in use, wherever it was freed; nothing else is asked.
    """
    with suppress(OSError, AttributeError):  # another C library, which has no such call
        ctypes.CDLL(None).malloc_trim(0)
