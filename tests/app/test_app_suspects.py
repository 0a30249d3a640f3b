"""A feed that ends the program is found out, whoever else was polled beside it, and parked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.daemon.rota import PARKED
from monitor.model import Feed, FeedState, NotModified, Page
from tests.app import mortal
from tests.app.house import House, rss
from tests.app.test_app_kill import run

MINUTE = timedelta(minutes=1)


@pytest.mark.timeout(120)
async def test_what_ends_the_program_three_times_is_parked_and_told(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.file.write_text(house.file.read_text() + "ops: {notify: desk}\n")
    for _ in range(3):
        assert (await run(house, 1, "before parse"))[1] == "before parse"
        house.clock.advance(MINUTE)
    assert await run(house, fatal=1, only="before parse") == (mortal.SURVIVED, "")
    assert house.told == ["[high] Feed wire is parked for a day"]
    async with house.open() as app:
        (report,) = app.doors.store.feed_reports(house.clock())
        assert (report.state.notes.paused_until or house.clock()) - house.clock() > PARKED - MINUTE
        assert "3 times" in report.state.notes.pause_reason
        assert app.doors.store.resume_feed(report.state.url, house.clock(), by="anna")
        assert await app.run_once()
    assert house.told[1:] == ["Shoygu one"]  # once it is resumed, nothing was lost


async def test_suspects_are_polled_one_by_one_and_the_innocent_go_on(house: House) -> None:
    """All were being polled when somebody pulled the plug, twice."""
    names = ("one", "two", "three")
    house.configure(feeds=", ".join(f"{name}: http://{name}.example/rss" for name in names))
    under_way: list[str] = []
    beside: list[tuple[str, ...]] = []

    class Watching:
        async def fetch(self, feed: Feed, _state: FeedState) -> Page | NotModified:
            under_way.append(feed.name)
            beside.append(tuple(under_way))
            under_way.remove(feed.name)
            return NotModified()

        async def close(self) -> None:
            pass

    async with house.open() as app:
        for _ in range(2):
            leases = app.doors.store.claim_feeds(now=house.clock(), lease=MINUTE, limit=9)
            assert len(leases) == 3
            house.clock.advance(2 * MINUTE)
        await app.live.fetcher.close()
        app.in_use.live = replace(app.live, fetcher=Watching())
        assert await app.polls.poll_due() == 1
        assert await app.polls.poll_due() == 0
        await app.polls.crew.join()
        await app.run_once()
        assert sorted(beside) == [("one",), ("three",), ("two",)]
        assert {lease.state.paused_at for lease in app.doors.store.feed_reports(house.clock())} == {None}


async def test_a_suspect_waits_until_nothing_else_is_polled(house: House) -> None:
    house.configure(feeds="bad: http://bad.example/rss")
    async with house.open() as app:
        for _ in range(2):
            app.doors.store.claim_feeds(now=house.clock(), lease=MINUTE, limit=9)
            house.clock.advance(2 * MINUTE)
        assert await app.polls.rota.claim(house.clock(), limit=9, idle=False) == ()
        assert await app.polls.rota.claim(house.clock(), limit=9, idle=False) == ()
        (suspect,) = await app.polls.rota.claim(house.clock(), limit=9, idle=True)
        assert suspect.strikes == 2
