"""`feeds check` shows what the daemon would do, and leaves no trace."""

from __future__ import annotations

import sqlite3

from monitor.cli.feeds_check import steps
from monitor.errors import Cause
from monitor.model import Feed
from monitor.probe import Probe, find_feed, probe
from tests.app.house import House, rss


async def look(house: House, feed: str = "wire") -> Probe:
    setup = house.setup()
    found = find_feed(setup, feed) or Feed(name="new", url=feed)
    return await probe(found, setup, house.clock)


def stored(house: House) -> list[str]:
    with sqlite3.connect(house.folder / "var" / "monitor.db") as connection:
        return list(connection.iterdump())


async def test_a_feed_that_nobody_watches_is_looked_at_whole(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Earthquake one", "Storm")
    house.feeds.headers["/wire"] = {"ETag": '"1"', "Set-Cookie": "s=s3cret"}
    found = await look(house, house.feeds.url("/wire?key=s3cret"))
    (hop,) = found.hops
    assert (hop.url, hop.status, hop.address) == (house.feeds.url("/wire"), 200, f"127.0.0.1:{house.feeds.port}")
    assert hop.headers["ETag"] == '"1"'
    assert hop.started <= (hop.connected or -1) <= (hop.answered or -1) <= found.fetch_seconds
    assert found.page is not None
    assert found.wire_bytes == len(found.page.body)
    assert (found.kind, found.charset) == ("RSS 2.0", "utf-8 (the Content-Type header)")
    assert [entry.title for entry in found.entries] == ["Earthquake one", "Storm"]
    assert [[match.rule.id for match in matches] for matches in found.matches.values()] == [["quake"]]
    assert "s3cret" not in repr(found.hops)


async def test_redirects_are_shown_hop_by_hop(house: House) -> None:
    house.feeds.pages["/wire"] = rss("One")
    house.feeds.statuses["/old"] = 301
    house.feeds.headers["/old"] = {"Location": "/wire?token=s3cret"}
    found = await look(house, house.feeds.url("/old"))
    assert [(hop.status, hop.leads_to) for hop in found.hops] == [(301, house.feeds.url("/wire")), (200, "")]
    assert found.outcome is not None
    assert found.outcome.state.cause is None


async def test_what_would_be_told_is_said_and_nothing_is_written(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Storm")
    house.feeds.headers["/wire"] = {"ETag": '"1"'}
    await house.once()
    before = stored(house)
    house.feeds.pages["/wire"] = rss("Earthquake one", "Storm")
    found = await look(house)
    assert found.outcome is not None
    assert [entry.title for entry in found.outcome.entries] == ["Earthquake one"]
    assert [delivery.channel for delivery in found.outcome.deliveries] == ["desk"]
    assert stored(house) == before
    assert house.told == []


async def test_a_feed_that_fails_is_named_with_its_cause(house: House) -> None:
    house.feeds.pages["/wire"] = "<html><title>Log in</title></html>"
    found = await look(house)
    assert found.outcome is not None
    assert found.outcome.state.cause is Cause.NOT_A_FEED
    guarded = await look(house, "http://127.0.0.1:1/x?key=s3cret")
    assert guarded.outcome is not None
    assert guarded.outcome.state.cause is Cause.GUARDED
    assert not any(hop.connected for hop in guarded.hops)
    assert "s3cret" not in "".join(text for _, text in steps(guarded))


async def test_a_connection_that_breaks_is_shown_without_its_address(house: House) -> None:
    setup = house.setup()
    url = house.feeds.url("/wire?key=s3cret")
    await house.feeds.__aexit__(None, None, None)
    found = await probe(Feed(name="new", url=url), setup, house.clock)
    (hop,) = found.hops
    assert (hop.failed, hop.status) == ("ClientConnectorError", None)
    assert "s3cret" not in "".join(text for _, text in steps(found))


async def test_a_page_names_the_feeds_that_it_links_to(house: House) -> None:
    link = '<link rel="alternate" type="application/rss+xml" title="News" href="feed.xml?key=s3cret">'
    house.feeds.pages["/wire"] = f"<html><head>{link}</head></html>"
    found = await look(house)
    assert [(each.url, each.title) for each in found.links] == [(house.feeds.url("/feed.xml?key=s3cret"), "News")]
    said = dict(steps(found))
    assert said["names"] == f"{house.feeds.url('/feed.xml')}?… (RSS) News"


async def test_a_redirect_to_nonsense_is_shown_without_it(house: House) -> None:
    house.feeds.statuses["/wire"] = 302
    house.feeds.headers["/wire"] = {"Location": "http://["}
    found = await look(house)
    assert [hop.leads_to for hop in found.hops] == ["an address that cannot be read"]
