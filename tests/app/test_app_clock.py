"""A clock that was ahead and is set back: nothing waits for what it said."""

from datetime import timedelta

from monitor.daemon import Daemon
from monitor.decide.announcements import test_message as a_test_message
from monitor.testing import FakeClock, Fault
from tests.app.house import House, rss

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


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


async def test_what_a_clock_has_put_off_is_done_at_the_next_start(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.clock.advance(30 * HOUR)
    async with house.open() as app:
        app.live.notifiers["desk"].pace = SECOND
        await work(app)
    house.clock.advance(-30 * HOUR)
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    assert await house.once()
    assert house.told == ["Shoygu one", "Shoygu two"]


async def test_a_message_that_arrived_before_the_clock_was_set_back_is_found(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.slack.fail(Fault.drop(accept=True))
    house.clock = FakeClock(house.clock() + 3 * HOUR)  # Slack's own is right
    async with house.open() as app:
        await work(app)
        house.clock.advance(-3 * HOUR)
        await work(app)
        house.clock.advance(MINUTE)
        await work(app)
        report = await app.doors.in_store(app.doors.store.status)
    assert house.told == ["Shoygu one"]
    assert report.deliveries["sent"] == 1
