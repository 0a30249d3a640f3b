"""What to do while the store fails: say so once, wait longer each time, say when it is over."""

from __future__ import annotations

import asyncio

import structlog

from monitor.errors import StoreUnavailableError

log = structlog.get_logger()

WAITS = (1, 2, 5, 10, 30, 60)  # seconds until the store is tried again, by failures in a row
CALM = 30  # seconds without a failure after which a store that has nothing big to write counts as well


class Outage:
    """One store's failures in a row; times are those of the running loop."""

    def __init__(self) -> None:
        self._failures = 0
        self._again_at = 0.0
        self._failed_at = 0.0

    @property
    def ongoing(self) -> bool:
        """Whether the store has not shown that it works since it failed."""
        return self._failures > 0

    @property
    def waiting(self) -> bool:
        """Whether the store failed, and it is too soon to try it again."""
        return asyncio.get_running_loop().time() < self._again_at

    def failed(self, error: StoreUnavailableError) -> None:
        """Note a failure; those of work that was under way when it was told count for nothing."""
        if self.waiting:
            return
        if not self._failures:
            log.error("the store fails: waiting for it, nothing is lost", error=str(error))
        self._failed_at = asyncio.get_running_loop().time()
        self._again_at = self._failed_at + WAITS[min(self._failures, len(WAITS) - 1)]
        self._failures += 1

    def probed(self) -> None:
        """Note that a small write went through: after a while without failures, that is enough."""
        if self.ongoing and asyncio.get_running_loop().time() >= self._failed_at + CALM:
            self.end()

    def end(self) -> None:
        """Note that the store has taken real work."""
        if self._failures:
            log.info("the store works again")
        self._failures, self._again_at = 0, 0.0
