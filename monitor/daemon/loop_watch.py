"""Watch the event loop from within: how late it is, and that it goes round, which a service manager waits to hear."""

from __future__ import annotations

import asyncio
from typing import Final

from monitor.ports import Meter
from monitor.sd_notify import ServiceManager

EVERY: Final = 0.5  # seconds
SHARE: Final = 3  # signs of life in the time that the service manager waits for one


class LoopWatch:
    """Look every half second; each look costs some microseconds."""

    def __init__(self, meter: Meter, manager: ServiceManager) -> None:
        self._meter = meter
        self._manager = manager
        self._next: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        self.rounds = 0
        watchdog = manager.watchdog
        self._tell_every = watchdog.total_seconds() / SHARE if watchdog else None
        self._every = min(EVERY, self._tell_every or EVERY)

    def start(self) -> None:
        """Begin, inside a running loop."""
        self._told_at = asyncio.get_running_loop().time()
        self._look_later()

    def stop(self) -> None:
        """End."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._every
        self._next = loop.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        now = asyncio.get_running_loop().time()
        self.rounds += 1
        self._meter.lagged(max(now - due, 0.0))
        if self._tell_every is not None and now - self._told_at >= self._tell_every - EVERY / 2:
            self._told_at = now
            self._manager.alive()
        self._look_later()
