"""Record polls that found nothing together: what ends while the store is busy shares the next transaction.

Such polls are the most by far, and most of what each would cost the store is its transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from monitor.errors import LeaseLostError
from monitor.model import PollOutcome

Record = Callable[[Sequence[PollOutcome]], Awaitable[None]]


class Recorder:
    """Take quiet outcomes one by one and write them in groups; a group waits for company for `patience`."""

    def __init__(self, record: Record, *, patience: timedelta = timedelta()) -> None:
        self._record = record
        self._patience = patience.total_seconds()
        self._waiting: list[tuple[PollOutcome, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, outcome: PollOutcome) -> None:
        """Write one outcome; return when it is written.

        Raises:
            LeaseLostError: this poll's lease ran out and somebody else took the feed.
            StoreUnavailableError: nothing was written.
        """
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((outcome, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await written

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._patience)
            group, self._waiting = self._waiting, []
            await self._write_group(group)
        self._writing = None

    async def _write_group(self, group: list[tuple[PollOutcome, asyncio.Future[None]]]) -> None:
        try:
            await self._record([outcome for outcome, _ in group])
        except LeaseLostError as error:
            if len(group) == 1:
                _fail(group[0][1], error)
                return
            for each in group:  # one lost lease must not undo the others' polls
                await self._write_group([each])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to each poll that waits
            for _, written in group:
                _fail(written, error)
        else:
            for _, written in group:
                if not written.done():  # the poll may have been cancelled meanwhile
                    written.set_result(None)


def _fail(written: asyncio.Future[None], error: Exception) -> None:
    if not written.done():
        written.set_exception(error)
