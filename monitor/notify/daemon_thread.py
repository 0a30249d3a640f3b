"""Wait for a blocking call without letting it keep the program from ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """Run `work` on a thread of its own and return its result.

    An executor's threads are waited for when the interpreter ends; this one may hang in a resolver or on a pipe that
    nobody reads, and is left behind.
    """
    future: Future[T] = Future()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the result is awaited
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="monitor-notify", daemon=True).start()
    return await asyncio.wrap_future(future)
