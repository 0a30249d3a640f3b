"""Read the articles behind entries; whatever fails, the summary has to do, and the ledger says why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.decide.fulltext import note_failed, note_read, with_article
from monitor.errors import Cause, FeedError
from monitor.model import Decision, Entry, ParsedFeed
from monitor.ports import ArticleFetcher, Parser

DEADLINE = timedelta(minutes=2)  # for all articles of a poll; its lease is longer
AT_ONCE = 4


async def read_articles(
    parsed: ParsedFeed,
    chosen: Sequence[Entry],
    fetcher: ArticleFetcher,
    parser: Parser,
    now: datetime,
    *,
    deadline: timedelta = DEADLINE,
) -> tuple[ParsedFeed, tuple[Decision, ...]]:
    """Return the page with the texts of the chosen entries' articles, and what became of each."""
    if not chosen:
        return parsed, ()
    hands = asyncio.Semaphore(AT_ONCE)

    async def read(entry: Entry) -> tuple[Entry, Decision]:
        async with hands:
            try:
                page = await fetcher.fetch_article(entry.url)
                text = await parser.extract(page, entry.url)
            except FeedError as error:
                return entry, note_failed(entry, error, now)
        return with_article(entry, text), note_read(entry, text, now)

    tasks = {entry.id: asyncio.create_task(read(entry)) for entry in chosen}
    try:
        _, late = await asyncio.wait(tasks.values(), timeout=deadline.total_seconds())
    finally:
        for task in tasks.values():
            task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    slow = FeedError(Cause.TIMEOUT, f"its turn did not come within {deadline.total_seconds():g} s")
    done = {
        entry.id: (entry, note_failed(entry, slow, now)) if tasks[entry.id] in late else tasks[entry.id].result()
        for entry in chosen
    }
    entries = tuple(done[entry.id][0] if entry.id in done else entry for entry in parsed.entries)
    return replace(parsed, entries=entries), tuple(decision for _, decision in done.values())
