"""What of a page reaches the parser, poll after poll."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.daemon import Daemon
from monitor.errors import Cause, ParseError
from monitor.feeds.parse import parse_page
from monitor.feeds.small import parse_small
from monitor.model import Feed, FeedState, Page, ParsedFeed
from monitor.ports import Parser
from monitor.testing import FakeParser
from tests.app.house import House, rss

HOUR = timedelta(hours=1)


def recorder(*, holds: bool | ParseError = True) -> FakeParser:
    return FakeParser(parse_page, holds=holds)


def last_page(parser: FakeParser) -> str:
    return parser.parsed[-1].body.decode("utf-8-sig")


async def poll(house: House, parser: FakeParser, *titles: str, after: timedelta = HOUR, head: str = "") -> FeedState:
    house.feeds.pages["/wire"] = rss(*titles).replace("</title>", f"</title>{head}", 1)
    house.clock.advance(after)
    async with house.open() as app:
        await run(app, parser)
        (state,) = app.doors.store.status().feeds
    return state


async def run(app: Daemon, parser: Parser) -> None:
    await app.doors.parser.close()
    app.in_use.doors = replace(app.doors, parser=parser)
    assert await app.run_once()


class Thrifty(FakeParser):
    def __init__(self) -> None:
        super().__init__(parse_page)
        self.small: list[str] = []

    def parse_small(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed | None:
        self.small.append(page.body.decode("utf-8-sig"))
        return parse_small(page, feed, now)


async def test_what_is_new_is_parsed_at_once_unless_it_is_unusual(house: House) -> None:
    parser = Thrifty()
    await poll(house, parser, "Shoygu one")
    assert (len(parser.small), len(parser.parsed)) == (0, 1)  # a whole page goes to the process that can be killed
    await poll(house, parser, "Shoygu two", "Shoygu one")
    assert "two" in parser.small[-1]
    assert "one" not in parser.small[-1]
    assert len(parser.parsed) == 1
    await poll(house, parser, "Shoygu <b>three</b>", "Shoygu two", "Shoygu one")
    assert "three" in parser.small[-1]
    assert "three" in last_page(parser)
    assert len(house.told) == 3


async def test_only_what_is_new_is_parsed_and_once_a_day_all(house: House) -> None:
    parser = recorder()
    await poll(house, parser, "Shoygu one")
    assert parser.checks == 1
    state = await poll(house, parser, "Shoygu two", "Shoygu one")
    assert "two" in last_page(parser)
    assert "one" not in last_page(parser)
    assert len(state.blocks) == 16
    await poll(house, parser, "Shoygu one", "Shoygu two", head="<ttl>5</ttl>")
    await poll(house, parser, "Shoygu one", "Shoygu two", head="<ttl>5</ttl>")
    assert (len(parser.parsed), parser.checks) == (2, 1)
    await poll(house, parser, "Shoygu one", "Shoygu two", head="<ttl>5</ttl>", after=timedelta(days=1))
    assert "one" in last_page(parser)
    assert (len(parser.parsed), parser.checks) == (3, 2)
    assert len(house.told) == 2


@pytest.mark.parametrize("holds", [False, ParseError(Cause.PARSER, "parsing took more than 10 s")])
async def test_a_feed_for_which_the_shortcut_does_not_hold_is_parsed_whole(
    house: House, holds: bool | ParseError, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = recorder(holds=holds)
    state = await poll(house, parser, "Shoygu one")
    assert not state.notes.shortcut
    shown = capsys.readouterr()
    assert "parsed whole" in shown.out + shown.err
    assert "wire" in shown.out + shown.err
    await poll(house, parser, "Shoygu two", "Shoygu one")
    assert "one" in last_page(parser)
    assert parser.checks == 1
    healed = recorder()
    state = await poll(house, healed, "Shoygu three", "Shoygu two", "Shoygu one", after=timedelta(days=1))
    assert state.notes.shortcut
    assert len(house.told) == 3


async def test_a_document_that_stops_the_parser_is_the_feeds_failure_and_no_other_feeds(house: House) -> None:
    house.configure(feeds=f"bad: '{house.feeds.url('/bad')}', wire: '{house.feeds.url('/wire')}'")
    house.feeds.pages["/bad"] = rss("x" * 9)
    house.feeds.pages["/wire"] = rss("Shoygu speaks")

    parser = recorder()
    parser.errors["bad"] = ParseError(Cause.PARSER, "parsing took more than 2 s of CPU time")
    async with house.open() as app:
        await run(app, parser)
        states = {state.name: state for state in app.doors.store.status().feeds}
    assert states["bad"].cause is Cause.PARSER
    assert states["bad"].detail == "parsing took more than 2 s of CPU time"
    assert states["wire"].cause is None
    assert len(house.told) == 1
