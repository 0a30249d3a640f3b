"""Search the stored entries: an index says which to look at, the matcher decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from monitor.model import Entry, Match, Wanted
from monitor.ports import Cursor, Store
from monitor.rules.match import Ruleset
from monitor.rules.tree import Definition
from monitor.rules.wanted import wanted_by_any

ENTRIES_AT_ONCE = 200
MOST_PLACES = 20_000  # asked for at once; few at first, as the newest are often enough


@dataclass(slots=True, kw_only=True)
class Search:
    """One search: iterate over it for what matches, the newest first."""

    store: Store
    ruleset: Ruleset
    since: datetime
    before: Cursor | None = None  # only what was seen before this place
    source_tags: Mapping[str, Collection[str]] = field(default_factory=lambda: MappingProxyType({}))
    usable: Mapping[str, Definition] = field(default_factory=lambda: MappingProxyType({}))
    late: Callable[[], bool] = lambda: False  # whether it has taken long enough
    read: int = 0  # entries looked at so far
    last: Cursor | None = None  # the entry looked at last
    reached: datetime | None = None  # where it was given up, None = it was not

    @property
    def wanted(self) -> Wanted | None:
        """What the index is asked, None = every entry is looked at."""
        return wanted_by_any(self.ruleset.definitions.values(), self.usable)

    def __iter__(self) -> Iterator[Match]:
        """Yield what matches; stop where it gets late, with one entry looked at at least: so a next page gets on."""
        for places in self._places():
            entries = self.store.recall_near(stories=(), entries=[place.entry_id for place in places]).reports
            for place in places:
                if self.last and self.late():  # a long text and a query that is made for it take a third of a second
                    self.reached = self.last.seen_at
                    return
                self.last = place
                if entry := entries.get(place.entry_id):  # it may have been forgotten since
                    self.read += 1
                    yield from self._match(entry)

    def _places(self) -> Iterator[tuple[Cursor, ...]]:
        wanted, before, limit = self.wanted, self.before, ENTRIES_AT_ONCE
        while True:
            places = self.store.find_wanted(wanted, since=self.since, before=before, limit=limit)
            yield from (places[at : at + ENTRIES_AT_ONCE] for at in range(0, len(places), ENTRIES_AT_ONCE))
            if len(places) < limit:
                return
            before, limit = places[-1], min(limit * 10, MOST_PLACES)

    def _match(self, entry: Entry) -> tuple[Match, ...]:
        return self.ruleset.match(entry, self.source_tags.get(entry.feed, ())).matches
