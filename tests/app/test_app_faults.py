"""What goes wrong between the steps: leases that run out, reloads at a bad moment, stores that fail, a stop in between."""

import asyncio
import json
import shutil
import sqlite3
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.app import open_app
from monitor.daemon import Daemon
from monitor.daemon.polls import POLLS_AT_ONCE
from monitor.errors import StoreUnavailableError
from monitor.model import Accepted, Delivery, Feed, FeedState, NotModified, Page, SendResult, Unknown
from monitor.setup import Setup, load_setup
from monitor.store import SqlStore
from monitor.testing import FakeNotifier, Fault
from tests.app.house import RULES, House, rss
from tests.forks import monitor

HOUR = timedelta(hours=1)


async def told(app: Daemon) -> None:
    """Let everything that is due be done."""
    await app.run_once()


class StoreDoor:
    """Stand before a real store; a call named in `before` runs something first, which may raise; `after`, afterwards."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.before: dict[str, Any] = {}
        self.after: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if name in self.before:
                self.before[name]()
            result = getattr(self._store, name)(*arguments, **named)
            if name in self.after:
                self.after[name]()
            return result

        return call


def door(app: Daemon) -> StoreDoor:
    store = StoreDoor(app.doors.store)
    app.in_use.doors = app.polls.rota.doors = replace(app.doors, store=store)
    return store


# -- leases ------------------------------------------------------------------------------------------------------------


async def test_a_failure_found_after_the_lease_ran_out_is_dropped_quietly(house: House) -> None:
    house.feeds.statuses["/wire"] = 500
    async with house.open() as app:
        real = app.live.fetcher

        class Slow:
            async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:
                house.clock.advance(timedelta(minutes=6))
                lease = {"now": house.clock(), "lease": timedelta(minutes=5), "limit": 9}
                await app.doors.in_store(app.doors.store.claim_feeds, **lease)  # type: ignore[arg-type]
                return await real.fetch(feed, state)

            async def close(self) -> None:
                await real.close()

        app.in_use.live = replace(app.live, fetcher=Slow())
        with capture_logs() as logs:
            await app.polls.poll_due()
            await app.polls.crew.join()
    assert [log["event"] for log in logs] == ["lease lost, poll dropped"]


@pytest.mark.parametrize("step", ["claim_deliveries", "resend"])
async def test_who_was_held_up_between_intent_and_sending_does_not_send(house: House, step: str) -> None:
    """Somebody else may have looked meanwhile, found nothing, and sent."""
    house.feeds.pages["/wire"] = rss("Shoygu one")
    if step == "resend":
        house.slack.fail(Fault.drop(accept=False))
        assert not await house.once()
        house.clock.advance(HOUR)
    async with house.open() as app:
        stops = iter([timedelta(minutes=2, seconds=1)])
        door(app).after[step] = lambda: house.clock.advance(next(stops, timedelta()))
        await app.run_once()
        assert house.slack.messages == []
        status = await app.doors.in_store(app.doors.store.status)
        assert [owed.reason for owed in status.owed] == ["this daemon was held up for too long before sending"]
    assert await house.once(after=HOUR)
    assert house.told == ["Shoygu one"]


async def test_a_slow_host_with_many_feeds_keeps_no_other_waiting(house: House) -> None:
    crowd = {f"s{number}": f"http://slow.example/{number}" for number in range(3 * POLLS_AT_ONCE)}
    house.configure(feeds=", ".join(f"{name}: '{url}'" for name, url in crowd.items()) + ", wire: http://z.example/x")
    released = asyncio.Event()

    class Hanging:
        def __init__(self) -> None:
            self.fetched: list[str] = []

        async def fetch(self, feed: Feed, _state: FeedState) -> Page | NotModified:
            self.fetched.append(feed.name)
            if feed.name != "wire":
                await released.wait()
            return NotModified()

        async def close(self) -> None:
            released.set()

    async with house.open() as app:
        await app.live.fetcher.close()
        hanging = Hanging()
        app.in_use.live = replace(app.live, fetcher=hanging)
        for _ in range(10):
            await app.polls.poll_due()
            house.clock.advance(1)
        assert "wire" in hanging.fetched
        assert len(hanging.fetched) == 3
        released.set()
        await app.polls.crew.join()


async def test_a_crowd_on_one_host_is_spread_and_starves_nobody(house: House) -> None:
    crowd = {f"s{number}": f"http://slow.example/{number}" for number in range(3 * POLLS_AT_ONCE)}
    house.configure(feeds=", ".join(f"{name}: '{url}'" for name, url in crowd.items()) + ", wire: http://z.example/x")
    house.host_spacing = timedelta(seconds=5)
    begun: list[tuple[str, datetime]] = []

    class Quick:
        async def fetch(self, feed: Feed, _state: FeedState) -> Page | NotModified:
            begun.append((feed.name, house.clock()))
            return NotModified()

        async def close(self) -> None:
            pass

    async with house.open() as app:
        await app.live.fetcher.close()
        app.in_use.live = replace(app.live, fetcher=Quick())
        store, claims = door(app), list[int]()
        store.before["claim_feeds"] = lambda: claims.append(1)
        started = []
        for _ in range(30):
            started.append(await app.polls.poll_due())
            await app.polls.crew.join()
            house.clock.advance(1)
    times = [at for name, at in begun if name != "wire"]
    assert all(later - earlier >= timedelta(seconds=5) for earlier, later in pairwise(times))
    assert 5 <= len(times) <= 6
    assert [at for name, at in begun if name == "wire"] == [times[0] + timedelta(seconds=3)]
    assert len(claims) == 30
    assert sum(started) == len(begun)


# -- deliveries --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=10)])
async def test_what_was_sent_while_the_store_failed_is_written_when_it_works_again(
    house: House, late: timedelta
) -> None:
    house.feeds.pages["/wire"] = rss("earthquake one", "earthquake two")
    async with house.open() as app:
        store, failures = door(app), [StoreUnavailableError("full")] * 2
        store.before["settle"] = lambda: _raise(failures)
        await app.polls.poll_due()
        await app.polls.crew.join()
        await app.sends.crew.join()
        assert len(house.told) == 1
        house.clock.advance(late)
        with pytest.raises(StoreUnavailableError):
            await app.sends.write_ends()
        await told(app)
        deliveries = app.doors.store.status().deliveries
    assert house.told == ["earthquake two", "earthquake one"]
    assert (deliveries["sent"], deliveries["sending"], len(app.doors.unwritten)) == (2, 0, 0)


async def test_what_another_daemon_took_over_meanwhile_is_left_to_it(house: House) -> None:
    house.feeds.pages["/wire"] = rss("earthquake")
    async with house.open() as app:
        store, failures = door(app), [StoreUnavailableError("gone")]
        store.before["settle"] = lambda: _raise(failures)
        await app.polls.poll_due()
        await app.polls.crew.join()
        await app.sends.crew.join()
        house.clock.advance(timedelta(minutes=10))
        lease = {"now": house.clock(), "lease": timedelta(minutes=3), "limit": 9}
        assert len(app.doors.store.claim_deliveries(["desk"], **lease)) == 1  # type: ignore[arg-type]
        with capture_logs() as logs:
            await app.sends.write_ends()
    assert [log["event"] for log in logs] == ["lease lost, another worker looks this message up"]
    assert app.doors.unwritten == []


def _raise(failures: list[StoreUnavailableError]) -> None:
    if failures:
        raise failures.pop()


class CannotLook(FakeNotifier):
    """Lose the answer to the first message, and be unable to look it up."""

    def __init__(self) -> None:
        super().__init__()
        self.titles: list[str] = []

    async def send(self, delivery: Delivery) -> SendResult:
        self.titles.append(delivery.message.title.text)
        return Unknown(reason="no answer") if len(self.titles) == 1 else Accepted()

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the door's signature
        return Unknown(reason="missing_scope")


async def test_a_message_that_cannot_be_looked_up_holds_the_channel_for_minutes_only(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    async with house.open() as app:
        await app.live.notifiers["desk"].close()
        desk = CannotLook()
        app.in_use.live = replace(app.live, notifiers={"desk": desk})
        await told(app)
        assert desk.titles == ["Shoygu one"]
        for _ in range(10):
            house.clock.advance(timedelta(minutes=1))
            await told(app)
        assert desk.titles == ["Shoygu one", "Shoygu two"]


async def test_a_replayed_old_message_is_tried_again_when_put_off(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.configure(notify="post", channels="post: {email: chief@example.org}")
    house.smtp.fail("DATA", "554 5.7.1 no")
    assert await house.once()
    house.clock.advance(timedelta(days=4))
    async with house.open() as app:
        assert await app.doors.in_store(app.doors.store.replay, now=house.clock()) == 1
        house.smtp.fail("RCPT", "451 4.7.1 greylisted")
        assert not await app.run_once()
    assert await house.once(after=HOUR)
    assert len(house.smtp.mails) == 1


async def test_messages_of_a_channel_that_is_gone_are_named_and_wait(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.slack.fail(Fault.rate_limited(5))
    assert not await house.once()
    house.configure(notify="screen", channels="screen: {console: true}")
    with capture_logs() as logs:
        assert await house.once(after=HOUR)
    assert [(log["channel"], log["messages"]) for log in logs if "channel that is gone" in log["event"]] == [
        ("desk", 1)
    ]
    house.configure()
    assert await house.once(after=HOUR)
    assert house.told == ["Shoygu one"]


async def test_a_message_that_cannot_be_read_is_set_aside_and_holds_up_nobody(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    house.slack.fail(Fault.rate_limited(5), times=1)
    await house.once()
    with sqlite3.connect(house.folder / "var" / "monitor.db") as database:
        database.execute(
            "UPDATE delivery SET payload = replace(payload, '\"version\": 2', '\"version\": 99') WHERE seq = 1"
        )
    database.close()
    await house.once(after=HOUR)
    assert house.told == ["Shoygu two"]
    async with house.open() as app:
        (dead,) = (await app.doors.in_store(app.doors.store.status)).dead
    assert "version 99" in dead.reason


# -- reload ------------------------------------------------------------------------------------------------------------


async def test_a_configuration_that_is_named_relatively_is_reloaded_only_when_it_changes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(house.folder)
    setup = load_setup(Path(house.file.name), env={"TOKEN": house.slack.token})
    async with open_app(setup, clock=house.clock) as app:
        live = app.live
        for _ in range(3):
            await app.reload_if_changed()
        assert app.live is live
        (house.folder / "rules.yaml").write_text(RULES + "  storm: storm\n")
        for _ in range(2):
            await app.reload_if_changed()
        assert "storm" in app.live.ruleset.rules


async def test_a_file_saved_while_a_reload_is_loading_is_read_next(house: House) -> None:
    rules = house.folder / "rules.yaml"
    async with house.open() as app:
        again = app.setup.again

        def load_and_save_once_more() -> Setup:
            setup = again()
            rules.write_text(RULES + "  gale: [gale]\n  storm: [storm]\n")
            return replace(setup, again=again)

        app.in_use.setup = replace(app.setup, again=load_and_save_once_more)
        rules.write_text(RULES + "  storm: [storm]\n")
        for _ in range(5):
            await app.reload_if_changed()
        assert {"gale", "storm"} <= app.live.ruleset.rules.keys()


async def test_a_reload_that_the_store_cannot_take_is_made_again(house: House) -> None:
    house.feeds.pages |= {"/wire": rss("x"), "/new": rss("Shoygu two")}
    async with house.open() as app:
        await told(app)
        store = door(app)

        def fail() -> None:
            raise StoreUnavailableError("the disk is full")

        store.before["sync_feeds"] = fail
        house.configure(feeds=f"new: '{house.feeds.url('/new')}'")
        before = app.live
        for _ in range(2):
            try:
                await app.reload_if_changed()
            except StoreUnavailableError:
                assert app.live is before
        store.before.clear()
        for _ in range(2):
            await app.reload_if_changed()
        await told(app)
    assert house.told == ["Shoygu two"]


async def test_a_reload_while_deliveries_are_claimed_closes_nothing_in_use(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    house.slack.fail(Fault.rate_limited(5))
    assert not await house.once()
    house.clock.advance(HOUR)
    async with house.open() as app:
        store, go_on = door(app), threading.Event()
        store.before["claim_deliveries"] = go_on.wait
        claiming = asyncio.create_task(app.sends.deliver_due())
        reloading = asyncio.create_task(app.reload())
        await asyncio.sleep(0.05)
        go_on.set()
        with capture_logs() as logs:
            await claiming
            await reloading
            await app.sends.crew.join()
    assert house.told == ["Shoygu one"]
    assert not [log for log in logs if log["log_level"] == "error"]


async def test_a_feed_whose_interval_is_mended_is_polled_at_once(house: House) -> None:
    house.feeds.pages["/wire"] = rss("x")
    house.configure(feeds=f"wire: {{url: '{house.feeds.url('/wire')}', poll: 7d}}")
    async with house.open() as app:
        await told(app)
        house.configure(feeds=f"wire: {{url: '{house.feeds.url('/wire')}', poll: 1m}}")
        await app.reload()
        await told(app)
    assert house.feeds.requests == ["/wire", "/wire"]


async def test_a_clock_that_was_ahead_parks_no_feed(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    await house.once(after=timedelta(days=1000))
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    await house.once(after=-timedelta(days=999))
    assert len(house.told) == 2


async def test_a_reload_that_was_asked_for_waits_until_the_store_works_again(house: House) -> None:
    async with house.open() as app:
        before, store = app.live, app.doors.store
        assert isinstance(store, SqlStore)

        def refuse_writing(on: str) -> None:
            store.engine.raw_connection().cursor().execute(f"PRAGMA query_only = {on}")

        await app.doors.in_store(refuse_writing, "on")
        app.ask_reload()
        with pytest.raises(StoreUnavailableError):
            await app.reload_if_changed()
        assert app.live is before
        await app.doors.in_store(refuse_writing, "off")
        await app.reload_if_changed()
        assert app.live is not before


# -- stop --------------------------------------------------------------------------------------------------------------


async def test_after_a_stop_nothing_new_is_begun_and_nothing_is_left_in_doubt(house: House) -> None:
    house.feeds.pages["/wire"] = rss(*(f"Shoygu {number}" for number in range(20)))  # more would be one digest
    house.configure(notify="post", channels="post: {email: chief@example.org}")
    async with house.open() as app:
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop))
        while not house.smtp.mails:  # noqa: ASYNC110 - the mail server tells nobody
            await asyncio.sleep(0.01)
        stop.set()
        before = len(house.smtp.mails)
        await running
        assert len(house.smtp.mails) <= before + 1
        report = await app.doors.in_store(app.doors.store.status)
    assert report.deliveries["sending"] == 0
    assert report.deliveries["sent"] == len(house.smtp.mails)
    assert await house.once()
    assert len({mail.message["Message-ID"] for mail in house.smtp.mails}) == len(house.smtp.mails) == 20


async def test_a_daemon_that_ended_in_good_order_is_not_said_to_run(house: House) -> None:
    async with house.open() as app:
        await app.presence.beat()
        assert len((await app.doors.in_store(app.doors.store.status)).nodes) == 1
    async with house.open() as app:
        assert (await app.doors.in_store(app.doors.store.status)).nodes == ()


# -- secrets -----------------------------------------------------------------------------------------------------------


async def test_status_shows_no_secret_and_the_state_is_nobody_elses_business(house: House) -> None:
    house.configure(feeds=f"wire: '{house.feeds.url('/wire')}?key=${{TOKEN}}'")
    shutil.rmtree(house.folder / "var")  # the house is to make it
    await house.once()
    _, shown, _ = await asyncio.to_thread(monitor, house.folder, "status", "--json", env={"TOKEN": house.slack.token})
    assert json.loads(shown)["feeds"][0]["name"] == "wire"
    assert house.slack.token not in shown
    assert (house.folder / "var" / "monitor.db").stat().st_mode & 0o077 == 0
