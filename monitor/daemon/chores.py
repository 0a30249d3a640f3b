"""What one daemon does for all that share the store."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import structlog

from monitor.collector import give_back
from monitor.decide.retention import cutoffs
from monitor.errors import LeaseLostError
from monitor.model import Cutoffs, Retention
from monitor.pipeline import Doors, Live
from monitor.ports import PrunePlace

log = structlog.get_logger()

PRUNE = "prune"
EVERY = timedelta(days=1)
LEASE = timedelta(minutes=10)
PAGES_AT_ONCE = 200  # then others have their turn

INDEX = "index"
INDEX_EVERY = timedelta(minutes=1)
ENTRIES_AT_ONCE = 200  # a transaction
MOST_INDEXED = 50  # transactions, then others have their turn


class Pruning:
    """Forget what is of no more use, once a day, a few pages at a time."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._place = PrunePlace()
        self._gone = Counter[str]()

    async def go_on(self, retention: Retention, live: Live) -> None:
        """Forget some pages, if it is time; where another daemon goes on, it begins anew."""
        store, now = self._doors.store, self._doors.clock()
        lease = await self._doors.in_store(store.claim_chore, PRUNE, now=now, lease=LEASE)
        if lease is None:
            return
        before = cutoffs(retention, tuple(live.ruleset.rules.values()), live.dedup, now)
        done = await self._forget_pages(before)
        try:
            await self._doors.in_store(store.finish_chore, lease, now + EVERY if done else self._doors.clock())
        except LeaseLostError:
            log.info("pruning took longer than its lease: another daemon goes on")

    async def _forget_pages(self, before: Cutoffs) -> bool:
        for _ in range(PAGES_AT_ONCE):
            pruned = await self._doors.in_store(self._doors.store.prune, before, self._place)
            self._gone[pruned.table] += pruned.rows
            if pruned.then is None:
                if gone := {table: rows for table, rows in self._gone.items() if rows}:
                    log.info("forgot what is older than `retention` says", **gone)
                self._place = PrunePlace()
                self._gone.clear()
                return True
            self._place = pruned.then
        return False


class Indexing:
    """Index the words of new entries for `monitor search`, which reads those itself that are not indexed yet."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def go_on(self) -> None:
        """Index some entries, if there are any and it is time."""
        store, now = self._doors.store, self._doors.clock()
        lease = await self._doors.in_store(store.claim_chore, INDEX, now=now, lease=LEASE)
        if lease is None:
            return
        more, portions = True, 0
        while more and portions < MOST_INDEXED:
            more = await self._doors.in_store(store.index_words, ENTRIES_AT_ONCE) >= ENTRIES_AT_ONCE
            portions += 1
        due = self._doors.clock() if more else now + INDEX_EVERY
        if portions > 1:  # much was new: what it took is of no more use
            await self._doors.work(give_back)
        try:
            await self._doors.in_store(store.finish_chore, lease, due)
        except LeaseLostError:
            log.info("indexing took longer than its lease: another daemon goes on")
