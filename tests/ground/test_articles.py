"""Articles are read where they can be; where not, the entry goes its way as its feed told it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from monitor.articles import read_articles
from monitor.errors import Cause, FetchError, ParseError
from monitor.model import Decision, Entry, Feed, Page, ParsedFeed

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def entry(name: str) -> Entry:
    return Entry(
        id=name, keys=(), feed="wire", title=name, summary="short", url=f"https://x.example/{name}", seen_at=NOW
    )


class Web:
    """Give the pages that it has; one is forbidden, one never comes."""

    async def fetch_article(self, url: str) -> Page:
        name = url.rpartition("/")[2]
        if name == "forbidden":
            raise FetchError(Cause.ROBOTS, "x.example lets nobody read it")
        if name == "slow":
            await asyncio.Event().wait()
        return Page(body=name.encode())


class Extractor:
    """Take the name of a page for its text."""

    async def extract(self, page: Page, url: str) -> str:
        if page.body == b"broken":
            raise ParseError(Cause.BROKEN, "no text in it")
        assert url.startswith("https://x.example/")
        return f"the whole text of {page.body.decode()}"

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        raise AssertionError((page, feed, now))

    def parse_small(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed | None:
        raise AssertionError((page, feed, now))

    async def shortcut_holds(self, page: Page, whole: ParsedFeed, feed: Feed, now: datetime) -> bool:
        raise AssertionError((page, whole, feed, now))

    async def close(self) -> None:
        raise AssertionError


async def read(*names: str, chosen: tuple[str, ...]) -> tuple[dict[str, str], tuple[Decision, ...]]:
    page = ParsedFeed(title="T", entries=tuple(map(entry, names)))
    parsed, decisions = await read_articles(
        page, tuple(map(entry, chosen)), Web(), Extractor(), NOW, deadline=timedelta(milliseconds=300)
    )
    return {each.title: each.body for each in parsed.entries}, decisions


async def test_the_chosen_entries_get_the_texts_of_their_articles() -> None:
    bodies, (decision,) = await read("a", "b", chosen=("b",))
    assert bodies == {"a": "", "b": "the whole text of b"}
    assert (decision.entry_id, decision.verdict, decision.stage.value) == ("b", "read", "fulltext")


async def test_whatever_fails_costs_neither_the_entry_nor_the_others() -> None:
    bodies, decisions = await read("forbidden", "slow", "broken", "a", chosen=("forbidden", "slow", "broken", "a"))
    assert bodies == {"forbidden": "", "slow": "", "broken": "", "a": "the whole text of a"}
    assert [decision.reason for decision in decisions] == [
        "robots.txt forbids it: x.example lets nobody read it",
        "timed out: its turn did not come within 0.3 s",
        "broken feed: no text in it",
        "19 characters of the article",
    ]


async def test_a_poll_that_is_stopped_leaves_nothing_running() -> None:
    task = asyncio.create_task(read("slow", chosen=("slow",)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_nothing_chosen_is_nothing_asked() -> None:
    assert await read("a", chosen=()) == ({"a": ""}, ())
