"""Ticks: what is looked at every so many seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.daemon.crew import Crew

Tick = Callable[[], Awaitable[object]]


class Ticks:
    """Start each tick when its time has come, unless its last one still runs; `run` awaits one and never raises."""

    def __init__(self, run: Callable[[Tick], Coroutine[Any, Any, None]]) -> None:
        self.crew = Crew[Tick](size=16)
        self._run = run
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether no tick starts any more."""
        return self._stopped

    def start(self, ticks: Mapping[Tick, float]) -> None:
        """Start each of them now, and from then on every so many seconds."""
        for tick, seconds in ticks.items():
            self._scheduler.add_job(self._on_time, "interval", (tick,), seconds=seconds)
            self.begin(tick)
        self._scheduler.start()

    async def _on_time(self, tick: Tick) -> None:
        """Be done at once, so the scheduler never cancels work; no coroutine function would be called on a thread."""
        self.begin(tick)

    def begin(self, tick: Tick) -> None:
        """Start a tick out of its time."""
        if not self._stopped and tick not in self.crew.jobs:
            self.crew.start(tick, self._run(tick))

    def begin_in(self, seconds: float, tick: Tick) -> None:
        """Start a tick so many seconds from now; a daemon that runs once, without ticks, goes on by itself."""
        if self._scheduler.running:
            asyncio.get_running_loop().call_later(seconds, self.begin, tick)

    def stop(self) -> None:
        """Start no more of them; those that run go on."""
        if self._scheduler.running and not self._stopped:
            self._scheduler.shutdown(wait=False)
        self._stopped = True
