"""What of a page reaches the parser, poll after poll."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.daemon import Daemon
from monitor.errors import Cause, ParseError
from monitor.feeds.check import shortcut_holds
from monitor.feeds.parse import parse_page
from monitor.model import Feed, FeedState, Page, ParsedFeed
from tests.app.house import House, rss

HOUR = timedelta(hours=1)


class Recorder:
    """A parser in this process that remembers what it was given."""

    def __init__(self, *, holds: bool | ParseError | None = None) -> None:
        self.pages: list[str] = []
        self.checks = 0
        self._holds = holds

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        self.pages.append(page.body.decode("utf-8-sig"))
        return parse_page(page, feed, now)

    async def shortcut_holds(self, page: Page, whole: ParsedFeed, feed: Feed, now: datetime) -> bool:
        self.checks += 1
        if isinstance(self._holds, ParseError):
            raise self._holds
        return shortcut_holds(page, whole, feed, now) if self._holds is None else self._holds

    async def extract(self, page: Page, url: str) -> str:
        raise NotImplementedError

    async def close(self) -> None:
        """Have nothing to close."""


async def poll(house: House, parser: Recorder, *titles: str, after: timedelta = HOUR, head: str = "") -> FeedState:
    house.feeds.pages["/wire"] = rss(*titles).replace("</title>", f"</title>{head}", 1)
    house.clock.advance(after)
    async with house.open() as app:
        await run(app, parser)
        (state,) = app.doors.store.status().feeds
    return state


async def run(app: Daemon, parser: Recorder) -> None:
    await app.doors.parser.close()
    app.doors = replace(app.doors, parser=parser)
    assert await app.run_once()


async def test_only_what_is_new_is_parsed_and_once_a_day_all(house: House) -> None:
    parser = Recorder()
    await poll(house, parser, "Shoygu one")
    assert parser.checks == 1
    state = await poll(house, parser, "Shoygu two", "Shoygu one")
    assert "two" in parser.pages[-1]
    assert "one" not in parser.pages[-1]
    assert len(state.blocks) == 16
    await poll(house, parser, "Shoygu one", "Shoygu two", head="<ttl>5</ttl>")
    await poll(house, parser, "Shoygu one", "Shoygu two", head="<ttl>5</ttl>")
    assert (len(parser.pages), parser.checks) == (2, 1)
    await poll(house, parser, "Shoygu one", "Shoygu two", head="<ttl>5</ttl>", after=timedelta(days=1))
    assert "one" in parser.pages[-1]
    assert (len(parser.pages), parser.checks) == (3, 2)
    assert len(house.told) == 2


@pytest.mark.parametrize("holds", [False, ParseError(Cause.PARSER, "parsing took more than 10 s")])
async def test_a_feed_for_which_the_shortcut_does_not_hold_is_parsed_whole(
    house: House, holds: bool | ParseError, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = Recorder(holds=holds)
    state = await poll(house, parser, "Shoygu one")
    assert not state.notes.shortcut
    shown = capsys.readouterr()
    assert "parsed whole" in shown.out + shown.err
    assert "wire" in shown.out + shown.err
    await poll(house, parser, "Shoygu two", "Shoygu one")
    assert "one" in parser.pages[-1]
    assert parser.checks == 1
    healed = Recorder()
    state = await poll(house, healed, "Shoygu three", "Shoygu two", "Shoygu one", after=timedelta(days=1))
    assert state.notes.shortcut
    assert len(house.told) == 3


async def test_a_document_that_stops_the_parser_is_the_feeds_failure_and_no_other_feeds(house: House) -> None:
    house.configure(feeds=f"bad: '{house.feeds.url('/bad')}', wire: '{house.feeds.url('/wire')}'")
    house.feeds.pages["/bad"] = rss("x" * 9)
    house.feeds.pages["/wire"] = rss("Shoygu speaks")

    class Breaking(Recorder):
        async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
            if feed.name == "bad":
                raise ParseError(Cause.PARSER, "parsing took more than 2 s of CPU time")
            return await super().parse(page, feed, now)

    async with house.open() as app:
        await run(app, Breaking())
        states = {state.name: state for state in app.doors.store.status().feeds}
    assert states["bad"].cause is Cause.PARSER
    assert states["bad"].detail == "parsing took more than 2 s of CPU time"
    assert states["wire"].cause is None
    assert len(house.told) == 1
