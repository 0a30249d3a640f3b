"""The stories that go on, as this node knows them: an index that is read from the ledger and kept up with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from monitor.model import Report
from monitor.stories.index import StoryIndex

AT_ONCE = 500  # reports a page
OVERLAP = timedelta(seconds=30)  # how much later than its neighbours a daemon's transaction may be committed
SLACK = timedelta(hours=1)  # by which more is remembered than is asked for: clocks are put back


class ReadReports(Protocol):
    """Read a page of the ledger; see `Store.read_reports`."""

    def __call__(self, *, since: datetime, after: int | None, limit: int) -> Awaitable[tuple[Report, ...]]:
        """Return the next reports."""
        ...


class StoryWindow:
    """An index of what was recorded, by this node or another; nothing else gets into it.

    Whoever decides about stories takes `turn` from `up_to_date` until that is recorded, so two polls of this node that
    bring two reports of one event see each other. Those of two nodes may not, if they decide in the same moment.
    """

    def __init__(
        self, read: ReadReports, work: Callable[[Callable[[], None]], Awaitable[None]], *, shared: bool = False
    ) -> None:
        self.turn = asyncio.Lock()
        self._read = read
        self._work = work  # off the loop
        # places are given out before transactions are committed: others' reports may yet appear before the last one
        self._overlap = OVERLAP if shared else timedelta()
        self._recent: dict[int, datetime] = {}  # when the reports behind `_place` that were read were seen, by place
        self._index = StoryIndex()
        self._since: datetime | None = None  # older reports are not in the index
        self._place: int | None = None  # of the last report before which none can appear any more

    async def up_to_date(self, since: datetime) -> StoryIndex:
        """Return a branch of the index of all reports seen since then; to be called in one's turn.

        The first call reads the whole window, a page at a time; so does one that asks for a longer window. At most
        `monitor.stories.index.CAPACITY` texts are remembered.

        Raises:
            StoreUnavailableError: the next call goes on from there.
        """
        if self._since is None or since < self._since:
            self._index, self._since, self._place = StoryIndex(), since - SLACK, None
            self._recent.clear()
        after = self._place
        while reports := await self._read(since=self._since, after=after, limit=AT_ONCE):
            await self._work(partial(self._learn, reports))
            after = reports[-1].place
            if len(reports) < AT_ONCE:
                break
        if since - self._since > 2 * SLACK:
            self._since = since - SLACK
            self._index.forget(self._since)
        return self._index.branch()

    def _learn(self, reports: tuple[Report, ...]) -> None:
        for report in reports:
            if report.place not in self._recent:
                self._index.add(report.entry, report.story_id)
                self._recent[report.place] = report.entry.seen_at
        settled = max(self._recent.values()) - self._overlap
        for place in sorted(self._recent):
            if self._recent[place] > settled:
                break
            self._place = place
            del self._recent[place]
