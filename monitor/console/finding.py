"""Search the stored entries from a page: as `monitor search` does, for a few seconds, one search at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from aiohttp import web

from monitor.console.desk import Desk
from monitor.console.told_filter import Asked
from monitor.errors import ConfigurationError, Problem
from monitor.model import Entry, Message, Story
from monitor.notify.render import render_message
from monitor.ports import Cursor, Store, ToldPlace
from monitor.rules.match import Ruleset
from monitor.search import Search
from monitor.setup import trials_of

FOUND_ON_A_PAGE: Final = 20
LONGEST_SEARCH: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = 5.0  # seconds, for others who search
USUAL_TIME: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entry that was searched for."""

    entry: Entry
    message: Message  # it as it would be told: with its hits marked
    story: Story | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a search has brought."""

    since: datetime
    found: tuple[Found, ...]
    read: int  # entries that were looked at
    reached: datetime | None  # where it was given up, None = it was not
    then: ToldPlace | None  # where the next page begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong with a query, and where."""

    text: str
    before: str
    wrong: str
    after: str


class Finder:
    """Searches, one after another: those who only look at pages do not wait for them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn = asyncio.Semaphore(1)

    async def find(self, asked: Asked) -> Finding | list[Mistake]:
        """Search the stored entries, the newest first.

        Raises:
            HTTPServiceUnavailable: others are searching.
        """
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._turn.acquire()
        except TimeoutError:
            headers = {"Retry-After": "5"}
            raise web.HTTPServiceUnavailable(text="others are searching now: try again", headers=headers) from None
        try:
            return await self._desk.search(lambda store: self._find(store, asked))
        except ConfigurationError as error:
            return [_mistake(asked.query, each) for each in error.problems]
        finally:
            self._turn.release()

    def _find(self, store: Store, asked: Asked) -> Finding:
        setup, start = self._desk.setup, self._desk.clock()
        since = asked.wanted.since or start - USUAL_TIME
        search = Search(
            store=store,
            ruleset=self._ruleset(asked),
            since=since,
            before=_cursor(asked),
            source_tags=setup.source_tags,
            usable=setup.ruleset.definitions,
            late=lambda: self._desk.clock() > start + LONGEST_SEARCH,
        )
        matches = list(islice(search, FOUND_ON_A_PAGE + 1))
        shown = matches[:FOUND_ON_A_PAGE]
        stories: Mapping[str, Story] = store.stories_of([match.entry.id for match in shown])
        then = None
        if len(matches) > FOUND_ON_A_PAGE:
            then = ToldPlace(at=shown[-1].entry.seen_at, alert_id=shown[-1].entry.id)
        elif search.reached:  # nothing is lost: the next page goes on where this one had to stop
            then = ToldPlace(at=search.reached + timedelta(microseconds=1), alert_id="")
        return Finding(
            since=since,
            found=tuple(
                Found(entry=each.entry, message=render_message([each]), story=stories.get(each.entry.id))
                for each in shown
            ),
            read=search.read,
            reached=search.reached,
            then=then,
        )

    def _ruleset(self, asked: Asked) -> Ruleset:
        sources = {"sources": {"only": asked.wanted.source}} if asked.wanted.source else {}
        return trials_of(self._desk.setup).load_query(asked.query, name="query", also=sources)


def _cursor(asked: Asked) -> Cursor | None:
    """Return where to begin: behind the page before, or before the end of the time."""
    places = [Cursor(seen_at=asked.before.at, entry_id=asked.before.alert_id)] if asked.before else []
    if asked.wanted.until:
        places.append(Cursor(seen_at=asked.wanted.until, entry_id=""))
    return min(places, key=lambda place: (place.seen_at, place.entry_id), default=None)


def _mistake(query: str, problem: Problem) -> Mistake:
    """Show where in a query a mistake stands."""
    start = max(problem.column - 1, 0)
    end = start + problem.width
    text = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
    return Mistake(text=text, before=query[:start], wrong=query[start:end], after=query[end:])
