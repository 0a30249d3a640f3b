"""The heartbeat through the whole house: a switch that waits for pings, a message, an entry of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.canary import fly
from monitor.daemon import Daemon
from monitor.decide.announcements import notices_of_canary
from monitor.errors import StoreUnavailableError
from monitor.heartbeat import Heart
from monitor.model import Delivery
from tests.app.house import House, rss

MINUTE = timedelta(minutes=1)
PING = "/hidden-capability"
CHANNELS = (
    "desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{url}'}}, ops: {{email: ops@example.org}}, "
    "screen: {{console: true}}, archive: {{webhook: 'http://127.0.0.1:1/'}}"
)


def configure(house: House, heartbeat: str) -> None:
    house.configure(channels=CHANNELS.format(url=house.slack.api_url))
    house.file.write_text(house.file.read_text() + f"heartbeat: {{{heartbeat}}}\n")
    house.feeds.pages["/wire"] = rss("Shoygu speaks")
    house.feeds.pages[PING] = "OK"


def pinging(house: House) -> str:
    return f"ping: '{house.feeds.url(PING)}?query-hidden'"


def pings(house: House) -> int:
    return house.feeds.requests.count(PING)


@asynccontextmanager
async def living(house: House, heartbeat: str) -> AsyncIterator[Daemon]:
    """Open a house that has done what is due, but not shown it."""
    configure(house, heartbeat)
    async with house.open() as app:
        await app.polls.poll_due()
        await app.polls.crew.join()
        await app.sends.crew.join()
        yield app


async def test_it_pings_as_often_as_it_was_told(house: House) -> None:
    async with living(house, f"{pinging(house)}, every: 2m") as app:
        for seconds, count in ((0, 1), (119, 1), (1, 2), (120, 3)):
            house.clock.advance(seconds)
            await app.upkeep.show_life()
            assert pings(house) == count


async def test_a_clock_that_is_set_back_does_not_silence_it(house: House) -> None:
    async with living(house, f"{pinging(house)}, every: 2m") as app:
        await app.upkeep.show_life()
        house.clock.advance(-60 * MINUTE)
        for seconds, count in ((0, 2), (119, 2), (1, 3)):
            house.clock.advance(seconds)
            await app.upkeep.show_life()
            assert pings(house) == count


async def test_it_stops_as_soon_as_polling_or_delivering_does(house: House) -> None:
    async with living(house, pinging(house)) as app:
        await app.upkeep.show_life()
        house.clock.advance(40 * MINUTE)
        with capture_logs() as logs:
            for _ in range(3):
                await app.upkeep.show_life()
                house.clock.advance(MINUTE)
        assert pings(house) == 1
        assert [(line["event"], line["reason"]) for line in logs] == [
            ("the heartbeat stops", "feeds wait to be polled")
        ]
        with capture_logs() as logs:
            await app.polls.poll_due()
            await app.polls.crew.join()
            await app.upkeep.show_life()
        assert pings(house) == 2
        assert "the heartbeat goes on" in [line["event"] for line in logs]


async def test_messages_that_nobody_takes_stop_it_too(house: House) -> None:
    async with living(house, pinging(house)) as app:
        notices = notices_of_canary("a", ["desk"], house.clock())
        await app.doors.in_store(app.doors.store.announce, notices, house.clock())
        house.clock.advance(16 * MINUTE)
        await app.polls.poll_due()
        await app.polls.crew.join()
        await app.upkeep.show_life()
        assert (app.upkeep._heart._told, pings(house)) == ("messages wait to be sent", 0)
        await app.sends.deliver_due()
        await app.sends.crew.join()
        house.clock.advance(MINUTE)
        await app.upkeep.show_life()
        assert (app.upkeep._heart._told, pings(house)) == ("", 1)


async def test_it_does_not_ping_while_the_store_is_gone(house: House) -> None:
    async with living(house, pinging(house)) as app:

        class Gone:
            def __getattr__(self, name: str) -> Any:
                def call(*_: Any, **__: Any) -> Any:
                    raise StoreUnavailableError("gone")

                return call

        app.upkeep._heart = Heart(replace(app.doors, store=Gone()))
        with pytest.raises(StoreUnavailableError):
            await app.upkeep.show_life()
        assert pings(house) == 0


async def test_a_ping_that_is_not_answered_is_told_once_and_without_its_url(house: House) -> None:
    async with living(house, pinging(house)) as app:
        house.feeds.statuses[PING] = 404
        with capture_logs() as logs:
            for _ in range(3):
                await app.upkeep.show_life()
                house.clock.advance(MINUTE)
        assert pings(house) == 3
        assert logs == [
            {
                "event": "the heartbeat's ping is not answered",
                "host": "127.0.0.1",
                "cause": "HTTP error",
                "log_level": "warning",
            }
        ]
        del house.feeds.statuses[PING]
        with capture_logs() as logs:
            await app.upkeep.show_life()
        assert [line["event"] for line in logs] == ["the heartbeat's ping is answered again"]
        assert "hidden" not in repr((app.setup, logs))


async def test_a_single_run_shows_life_when_it_is_done(house: House) -> None:
    configure(house, pinging(house))
    await house.once()
    assert pings(house) == 1


# -- the message -------------------------------------------------------------------------------------------------------


async def test_a_message_says_once_how_we_are(house: House) -> None:
    configure(house, "alive: daily 12:30, notify: ops")
    house.feeds.statuses["/dead"] = 404
    house.file.write_text(house.file.read_text().replace("feeds: {", f"feeds: {{dead: '{house.feeds.url('/dead')}', "))
    await house.once()
    assert house.smtp.mails == [], "it was due yesterday"
    for _ in range(2):
        await house.once(after=31 * MINUTE)
    (mail,) = house.smtp.mails
    assert str(mail.message["Subject"]) == "[low] Alive: 1 entries read, 1 alerts, 1 messages sent"
    body = mail.message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Feeds that cannot be read: dead (HTTP error)" in text
    assert "Rules that have found nothing in 7 days: quake" in text


# -- the canary --------------------------------------------------------------------------------------------------------


async def test_a_canary_reaches_the_edge_of_every_channel_and_nobody_sees_it(house: House) -> None:
    async with living(house, "canary: 1h") as app:
        house.slack.calls.clear()
        flight = await fly(app.setup.channels, app.live, app.doors)
        assert flight.failure == ""
        assert sorted(each.channel for each in flight.deliveries) == ["archive", "desk", "ops", "screen"]
        await app.upkeep.show_life()
        assert house.slack.calls == []
        assert house.smtp.mails == []
        report = await app.doors.in_store(app.doors.store.status)
        assert (report.entries, report.alerts) == (1, 1), "the wire's own"


async def test_a_canary_that_does_not_come_through_is_told_and_stops_the_ping(house: House) -> None:
    async with living(house, f"{pinging(house)}, canary: 1h, notify: desk") as app:
        await app.upkeep.show_life()
        assert pings(house) == 1

        def broken(delivery: Delivery) -> object:
            raise ValueError(delivery.key)

        mail = app.setup.channels["ops"]
        whole = app.setup
        app.in_use.setup = replace(
            whole, channels={**whole.channels, "ops": replace(mail, type=replace(mail.type, render=broken))}
        )
        house.clock.advance(60 * MINUTE)
        await app.polls.poll_due()
        await app.polls.crew.join()
        with capture_logs() as logs:
            await app.upkeep.show_life()
        assert pings(house) == 1
        assert [line["reason"] for line in logs if line["log_level"] == "error"] == [
            "channel ops cannot write it: ValueError",
            "the canary did not come through: channel ops cannot write it: ValueError",
        ]
        await app.sends.deliver_due()
        await app.sends.crew.join()
        assert "an entry of our own did not come through" in house.slack.messages[-1].text
        app.in_use.setup = whole
        house.clock.advance(60 * MINUTE)
        await app.polls.poll_due()
        await app.polls.crew.join()
        await app.upkeep.show_life()
        assert pings(house) == 2


async def test_a_canary_may_be_sent_for_good_and_has_to_arrive(house: House) -> None:
    async with living(house, "canary: {every: 1h, notify: ops}, notify: desk") as app:
        await app.upkeep.show_life()
        await app.sends.deliver_due()
        await app.sends.crew.join()
        (mail,) = house.smtp.mails
        assert str(mail.message["Subject"]).startswith("[urgent] The canary")
        house.smtp.fail("RCPT", "550 5.1.1 nobody", times=5)
        for expected in ("", "channel ops has not got it: the mail server refused ops@example.org: 550 5.1.1 nobody"):
            house.clock.advance(60 * MINUTE)
            await app.upkeep.show_life()
            assert app.upkeep._heart._failure == expected
            await app.sends.deliver_due()
            await app.sends.crew.join()


async def test_a_canary_that_nobody_can_read_is_a_failure(house: House) -> None:
    async with living(house, "canary: 1h") as app:

        class Deaf:
            async def parse(self, *_: object) -> object:
                from monitor.errors import Cause, ParseError

                raise ParseError(Cause.PARSER, "gone")

        doors = replace(app.doors, parser=Deaf())  # type: ignore[arg-type]
        flight = await fly(app.setup.channels, app.live, doors)
        assert flight.failure == "it was not read: parser stopped: gone"

        class Broken:
            async def parse(self, *_: object) -> object:
                raise ZeroDivisionError

        doors = replace(app.doors, parser=Broken())  # type: ignore[arg-type]
        assert (await fly(app.setup.channels, app.live, doors)).failure == "internal error: ZeroDivisionError"
        silent = {
            name: replace(channel, type=replace(channel.type, render=lambda _: "")) if name == "desk" else channel
            for name, channel in app.setup.channels.items()
        }
        assert (await fly(silent, app.live, app.doors)).failure == "channel desk does not show what it says"


def test_all_daemons_mean_the_same_stretch_of_time() -> None:
    from monitor.canary import at_slot

    now = datetime.fromisoformat("2026-03-01T12:59:59+00:00")
    assert at_slot(now, 60 * MINUTE) == datetime.fromisoformat("2026-03-01T12:00:00+00:00")
