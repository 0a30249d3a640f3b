"""What to do while the store fails: say so once, wait longer each time, say when it is over."""

from __future__ import annotations

import asyncio

import structlog

from monitor.errors import StoreUnavailableError

log = structlog.get_logger()

WAITS = (1, 2, 5, 10, 30, 60)  # seconds until the store is tried again, by failures in a row


class Outage:
    """One store's failures in a row; times are those of the running loop."""

    def __init__(self) -> None:
        self._failures = 0
        self._again_at = 0.0

    @property
    def ongoing(self) -> bool:
        """Whether the store has written nothing since it failed."""
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
        wait = WAITS[min(self._failures, len(WAITS) - 1)]
        self._failures += 1
        self._again_at = asyncio.get_running_loop().time() + wait

    def end(self) -> bool:
        """Note that the store has written something; return whether it failed before."""
        if not self._failures:
            return False
        log.info("the store works again")
        self._failures, self._again_at = 0, 0.0
        return True
