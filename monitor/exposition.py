"""What Prometheus reads: the counters of this daemon, and what the store counts when it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from monitor.errors import StoreUnavailableError
from monitor.metrics import Metrics
from monitor.pipeline import SEND_LEASE, Doors
from monitor.ports import Levels, Store

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
SILENT: Final = timedelta(seconds=90)  # after which a daemon counts as dead; it beats every 20
PATIENCE: Final = 5.0  # seconds: Prometheus waits ten
FRESH: Final = 5.0  # seconds: several that ask are told the same
REST: Final = 20  # times as long as counting took, nothing is counted again: at most a twentieth of the store's time


Read = Callable[[Callable[[Store], Levels]], Awaitable[Levels]]


class Exposition:
    """Answer those who scrape; a store that hangs or fails holds nobody up."""

    def __init__(
        self,
        doors: Doors,
        metrics: Metrics,
        *,
        notice: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
    ) -> None:
        self._patience = patience
        self._doors = doors
        self._metrics = metrics
        self._notice = notice
        self._again_at = 0.0
        self._counting: asyncio.Task[None] | None = None

    async def exposition(self, read: Read | None = None) -> bytes:
        """Return all metrics, as text of the type CONTENT_TYPE; `read` has the store looked at, None = in its turn."""
        self._notice()
        await self._count_levels(read or self._read)
        return generate_latest(self._metrics.registry)

    async def _read(self, look: Callable[[Store], Levels]) -> Levels:
        return await self._doors.in_store(look, self._doors.store)

    async def _count_levels(self, read: Read) -> None:
        """Have the store count, unless it has just done so; where it takes too long, say that it does not answer."""
        if self._counting is None:
            if asyncio.get_running_loop().time() < self._again_at:
                return
            self._counting = asyncio.create_task(self._ask(read))
        done, late = await asyncio.wait([self._counting], timeout=self._patience)
        if late:
            self._metrics.levels.show(None, self._doors.clock())
        for counting in done:
            counting.result()  # what nobody foresaw is an answer too: old numbers would be a lie

    async def _ask(self, read: Read) -> None:
        loop, now = asyncio.get_running_loop(), self._doors.clock()
        began, levels = loop.time(), None
        try:
            levels = await read(lambda store: store.levels(now, in_doubt_after=SEND_LEASE, dead_after=SILENT))
        except StoreUnavailableError:  # which the outage tells of, and `monitor_store_up`
            pass
        finally:
            self._counting = None
        self._metrics.levels.show(levels, now)
        self._again_at = loop.time() + max(FRESH, REST * (loop.time() - began))

    async def close(self) -> None:
        """End what is asked for."""
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.wait([self._counting])
