"""Poll a feed once as the daemon would, look on, and write nothing: what `monitor feeds check` shows.

It is the daemon's own way (`monitor.pipeline.poll`), with its fetcher, parser and policies; only the store takes no
writing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.app import open_fetcher
from monitor.decide.draft import story_window
from monitor.decide.sources import source_tags
from monitor.errors import NotFoundError
from monitor.feeds.charset import decode, explain_charset
from monitor.feeds.discover import FoundFeed, discover_links
from monitor.feeds.kind import feed_kind
from monitor.feeds.parser import ChildParser
from monitor.feeds.trace import FetchTrace, Hop
from monitor.model import (
    Entry,
    Feed,
    FeedLease,
    FeedState,
    Match,
    NotModified,
    Page,
    ParsedFeed,
    PollOutcome,
    Validators,
)
from monitor.pipeline import Doors, Live, poll
from monitor.ports import Clock, Fetcher
from monitor.setup import Setup
from monitor.store.sql_store import SqlStore, open_existing_store, open_store


@dataclass(slots=True, kw_only=True)
class Probe:
    """What one poll has shown; what it did not come to stays as it is by default."""

    feed: Feed
    hops: Sequence[Hop] = ()
    page_url: str = field(default="", repr=False)  # that the page came from, after all redirects
    page: Page | None = field(default=None, repr=False)
    wire_bytes: int = 0
    fetch_seconds: float = 0.0
    fetched_at: datetime | None = None
    charset: str = ""
    kind: str = ""
    parsed: ParsedFeed | None = None
    matches: dict[str, tuple[Match, ...]] = field(default_factory=dict)  # by entry id: of those that rules match
    outcome: PollOutcome | None = None  # what the daemon would have recorded
    links: tuple[FoundFeed, ...] = ()  # the feeds that the page names, where it is none itself

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries of the page, in its order."""
        return self.parsed.entries if self.parsed else ()


class _Rehearsal(SqlStore):
    """A store that answers, and does not write down how a poll ended."""

    def record(self, outcome: PollOutcome, now: datetime) -> None:
        """Let it pass."""

    def record_quiet(self, outcomes: Sequence[PollOutcome]) -> None:
        """Let them pass."""


@dataclass(slots=True)
class _Fetching:
    """Stand before the fetcher, and note what goes through."""

    probe: Probe
    fetcher: Fetcher
    clock: Clock

    async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:
        """Fetch, and note the page and the time."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            fetched = await self.fetcher.fetch(feed, state)
        finally:
            self.probe.fetch_seconds = loop.time() - began
            self.probe.fetched_at = self.clock()
        if isinstance(fetched, Page):
            self.probe.page = fetched
        return fetched

    async def close(self) -> None:
        """Close the fetcher."""
        await self.fetcher.close()


class _Parsing(ChildParser):
    """Parse, and note what was found."""

    def __init__(self, probe: Probe) -> None:
        super().__init__(processes=1)
        self._probe = probe

    def parse_small(self, _page: Page, _feed: Feed, _now: datetime) -> ParsedFeed | None:
        """Leave each page to `parse`."""
        return None

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        """Parse, and note what was found."""
        self._probe.parsed = await super().parse(page, feed, now)
        return self._probe.parsed


def find_feed(setup: Setup, name_or_url: str) -> Feed | None:
    """Return the configured feed with this name or URL, None where there is none."""
    return next((feed for feed in setup.config.feeds if name_or_url in (feed.name, feed.url)), None)


async def probe(feed: Feed, setup: Setup, clock: Clock) -> Probe:
    """Poll a feed once, as if it were due, unconditionally; the feed need not stand in the configuration.

    Raises:
        StoreError: the store that the configuration names cannot be read.
    """
    found = Probe(feed=feed)
    trace = FetchTrace()
    opened = open_fetcher(setup.config, clock, trace)
    fetcher, parser = _Fetching(found, opened, clock), _Parsing(found)
    with ExitStack() as stack:
        store = _open_rehearsal(setup)
        stack.callback(store.close)
        threads = stack.enter_context(ThreadPoolExecutor(1, "probe"))
        live = Live(
            feeds={feed.url: feed},
            fetcher=fetcher,
            ruleset=setup.ruleset,
            notifiers={},
            dedup=setup.config.defaults.dedup,
            articles=opened,
            story_window=story_window(setup.ruleset.rules.values(), setup.config.defaults.dedup),
            policies=setup.policies,
        )
        doors = Doors(store=store, parser=parser, clock=clock, store_thread=threads, work_threads=threads)
        try:
            state = await doors.in_store(_state, store, feed)
            found.outcome = await poll(FeedLease(state=state, token=0), live, doors)
        finally:
            await fetcher.close()
            await parser.close()
    found.hops, found.wire_bytes = tuple(trace.hops), trace.wire_bytes
    found.page_url = str(trace.last_url or feed.url)
    _look_at_page(found, setup)
    return found


def _open_rehearsal(setup: Setup) -> _Rehearsal:
    try:
        store = open_existing_store(setup.config.store)
    except NotFoundError:  # before any daemon has run
        store = open_store("sqlite://")
    return _Rehearsal(store.engine, store.where)


def _state(store: SqlStore, feed: Feed) -> FeedState:
    """Return what is remembered of a feed, but for what would let a poll end early."""
    known = next((state for state in store.status().feeds if state.url == feed.url), None)
    if known is None:
        return FeedState(feed_id=0, name=feed.name, url=feed.url)
    notes = replace(known.notes, whole_at=None, unconditional_at=None)
    return replace(known, validators=Validators(), body_hash=b"", blocks=b"", notes=notes)


def _look_at_page(found: Probe, setup: Setup) -> None:
    if found.page is None:
        return
    found.charset = explain_charset(found.page.body, found.page.content_type)
    text = decode(found.page.body, found.page.content_type)
    found.kind = feed_kind(text)
    if found.parsed is None:
        found.links = discover_links(text, found.page_url)
    tags = source_tags(found.feed)
    for entry in found.entries:
        if matches := setup.ruleset.match(entry, tags).matches:
            found.matches[entry.id] = matches
