"""Backtests that people have asked for: few at once, each looked at while it runs, the last ones kept."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, final

from monitor.console.bench import Bench, BusyError
from monitor.console.bench_ground import Asked
from monitor.errors import MonitorError

MOST_AT_ONCE: Final = 2  # one that runs, and one that waits
KEPT: Final = 20
SECONDS: Final = 60.0  # of CPU time
DAYS: Final = (7, 30)


@final
@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One backtest."""

    id: str
    asked: Asked
    days: int
    progress: float = 0.0  # from 0 to 1
    result: dict[str, Any] | None = None  # None = it still runs, or was refused
    refused: str = ""  # why it was given up
    task: asyncio.Task[None] | None = None  # None = it has ended


@final
class Backtests:
    """All of them, by id."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._jobs: dict[str, Job] = {}

    def begin(self, asked: Asked, days: int, now: datetime) -> Job:
        """Start one, or return the one that runs with the same question.

        Raises:
            BusyError: as many run as may.
        """
        running = [job for job in self._jobs.values() if job.task is not None]
        same = next((job for job in running if (job.asked, job.days) == (asked, days)), None)
        if same is not None:
            return same
        if len(running) >= MOST_AT_ONCE:
            raise BusyError("two backtests run already: try again when one has ended")
        job = Job(id=secrets.token_urlsafe(12), asked=asked, days=days)
        self._jobs[job.id] = job
        for old in list(self._jobs)[:-KEPT]:
            if self._jobs[old].task is None:
                del self._jobs[old]
        job.task = asyncio.create_task(self._run(job, now))
        return job

    async def _run(self, job: Job, now: datetime) -> None:
        def tell(progress: float) -> None:
            job.progress = progress

        try:
            job.result = await self._bench.do(
                "backtest", seconds=SECONDS, tell=tell, asked=job.asked, days=job.days, now=now
            )
        except MonitorError as error:
            job.refused = str(error)
        finally:
            job.task = None

    def get(self, job_id: str) -> Job | None:
        """Return one, None = it is not kept."""
        return self._jobs.get(job_id)

    async def close(self) -> None:
        """Cut short what runs."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
