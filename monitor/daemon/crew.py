"""Run tasks of one kind, so many at once, and let them end in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")


class Crew(Generic[Job]):
    """Up to `size` tasks, each with the job it is doing."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: dict[asyncio.Task[Any], Job] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def free(self) -> int:
        """How many more tasks may start."""
        return 0 if self._closed else self._size - len(self._jobs)

    @property
    def closed(self) -> bool:
        """Whether nobody should look for more to do."""
        return self._closed

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What is being done now."""
        return tuple(self._jobs.values())

    @property
    def tasks(self) -> frozenset[asyncio.Task[Any]]:
        """The tasks that run now."""
        return frozenset(self._jobs)

    def start(self, job: Job, work: Coroutine[Any, Any, None]) -> None:
        """Start one task; `work` handles its own errors."""
        task = asyncio.create_task(work)
        self._jobs[task] = job
        task.add_done_callback(self._jobs.pop)

    def close(self) -> None:
        """Have nobody free for what comes; what runs goes on, and what was claimed already may start."""
        self._closed = True

    async def join(self) -> None:
        """Wait until every task has ended, those that start meanwhile too."""
        while self._jobs:
            await asyncio.wait(self._jobs)

    async def cancel(self) -> list[Job]:
        """End what still runs; return the jobs that were cut short."""
        unfinished = dict(self._jobs)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        return [job for task, job in unfinished.items() if task.cancelled()]
