"""Notice that the clock was ahead, here or at another daemon of the store: else all would wait until it is right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from monitor.decide.delivery import SETTLE
from monitor.pipeline import Doors

log = structlog.get_logger()

LEAST = timedelta(seconds=5)  # by which a clock is set back: less keeps nobody waiting
STORE_EVERY = 60.0  # seconds


class ClockWatch:
    """Have nothing wait for the times of a clock that was ahead; `on_change` is told that feeds are due sooner."""

    def __init__(self, doors: Doors, on_change: Callable[[], object]) -> None:
        self._doors = doors
        self._on_change = on_change
        self._latest = doors.clock()
        self._wrong = ""  # why what waits in the store is to be mended
        self._look_at = 0.0  # by the loop's clock

    async def look(self) -> None:
        """Compare the clock with what it said last, and now and then with what the store says."""
        now = self._doors.clock()
        back, self._latest = self._latest - now, now
        if back >= LEAST:
            self._wrong = f"it was set back by {back.total_seconds():.0f} s"
        await self._mend(leases=False)  # those that are held are our own
        loop = asyncio.get_running_loop()
        if loop.time() >= self._look_at:
            self._look_at = loop.time() + STORE_EVERY
            if await self._doors.in_store(self._doors.store.was_ahead, now):
                self._wrong = "feeds were polled in the future"
                await self._mend(leases=True)

    async def _mend(self, *, leases: bool) -> None:
        if self._wrong:
            now = self._doors.clock()
            await self._doors.in_store(self._doors.store.set_back, now, settle=SETTLE, leases=leases)
            self._on_change()
            log.warning("a clock was ahead: nothing waits any more for the times that it told", reason=self._wrong)
            self._wrong = ""
