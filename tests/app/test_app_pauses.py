"""A pause is obeyed by the daemon, and one with an end is ended by it."""

from __future__ import annotations

from datetime import timedelta

from monitor.store.sql_store import open_existing_store
from tests.app.house import House, rss


async def test_a_paused_feed_is_left_alone_until_its_pause_is_over(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Weather")
    await house.once()
    store = open_existing_store(house.setup().config.store)
    assert store.pause_feed(house.feeds.url("/wire"), house.clock(), until=house.clock() + timedelta(hours=1))
    store.close()
    house.feeds.pages["/wire"] = rss("Earthquake", "Weather")
    await house.once(after=timedelta(minutes=59))
    assert house.feeds.requests == ["/wire"]
    await house.once(after=timedelta(minutes=1))
    assert house.feeds.requests == ["/wire", "/wire"]
    assert house.told == ["Earthquake"]
