"""Ticks: what is looked at every so many seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from monitor.daemon.crew import Crew

Tick = Callable[[], Awaitable[object]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _LoopTime(tzinfo):
    """The running loop's own time, in the shape in which APScheduler asks for it: as what clocks in a zone show.

    The wall clock would stop every tick for an hour when it is set back by one, and after a month's sleep of the
    machine have millions of missed runs counted one by one. The loop's goes on evenly, and sleeps with the machine.
    """

    def fromutc(self, _now: datetime) -> datetime:
        """Tell the time; `datetime.now` gives that of the wall clock, which is left aside."""
        return (_EPOCH + timedelta(seconds=asyncio.get_running_loop().time())).replace(tzinfo=self)

    def utcoffset(self, _at: datetime | None) -> timedelta:
        """Count from the epoch, as UTC does."""
        return timedelta()

    def dst(self, _at: datetime | None) -> timedelta:
        """Know no summer time."""
        return timedelta()

    def tzname(self, _at: datetime | None) -> str:
        """Name it."""
        return "loop"


class _Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Every so many seconds; what a loop that was held up has missed is started once."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return when it is due after its last time."""
        return max((previous_fire_time or now) + self._interval, now)


class Ticks:
    """Start each tick when its time has come, unless its last one still runs; `run` awaits one and never raises."""

    def __init__(self, run: Callable[[Tick], Coroutine[Any, Any, None]]) -> None:
        self.crew = Crew[Tick](size=16)
        self._run = run
        self._scheduler = AsyncIOScheduler(
            timezone=_LoopTime(), job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether no tick starts any more."""
        return self._stopped

    def start(self, ticks: Mapping[Tick, float]) -> None:
        """Start each of them now, and from then on every so many seconds."""
        for tick, seconds in ticks.items():
            self._scheduler.add_job(self._on_time, _Every(seconds), (tick,))
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
