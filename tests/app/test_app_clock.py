"""A clock that was ahead and is set back: nothing waits for what it said."""

from datetime import timedelta

from monitor.daemon import Daemon
from monitor.decide.announcements import test_message as a_test_message
from tests.app.house import House, rss

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


async def work(app: Daemon) -> None:
    """Do what is due now, as ticks would."""
    await app.clock_watch.look()
    await app.polls.poll_due()
    await app.polls.crew.join()
    await app.sends.deliver_due()
    await app.sends.crew.join()


async def test_feeds_are_polled_on_by_a_clock_that_is_set_back(house: House) -> None:
    house.host_spacing = SECOND
    house.feeds.pages["/wire"] = rss("Shoygu one")
    async with house.open() as app:
        house.clock.advance(30 * HOUR)
        await work(app)
        house.clock.advance(-30 * HOUR)
        house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
        await work(app)
    assert house.told == ["Shoygu one", "Shoygu two"]


async def test_channels_are_told_on_by_a_clock_that_is_set_back(house: House) -> None:
    async with house.open() as app:
        app.live.notifiers["desk"].pace = SECOND
        house.clock.advance(30 * HOUR)
        for _ in range(2):
            now = house.clock.advance(SECOND)
            await app.doors.in_store(app.doors.store.announce, [a_test_message("desk", now)], now)
        await work(app)
        house.clock.advance(-30 * HOUR)
        await work(app)
    assert len(house.told) == 2
