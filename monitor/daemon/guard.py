"""What goes wrong with one piece of work is told, and stops nothing else."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import structlog

from monitor.daemon.outage import Outage
from monitor.errors import StoreUnavailableError
from monitor.ports import Meter

log = structlog.get_logger()
T = TypeVar("T")


class Guard:
    """Await work of any kind; what it says about the store is known to `outage`."""

    def __init__(self, outage: Outage, meter: Meter) -> None:
        self.outage = outage
        self._meter = meter

    async def __call__(self, work: Awaitable[T]) -> T | None:
        """Await one piece of work; None = it has failed, which has been told."""
        try:
            return await work
        except StoreUnavailableError as error:
            self.outage.failed(error)
        except Exception:
            self._meter.failed()
            log.exception("internal error: please report this")
        return None
