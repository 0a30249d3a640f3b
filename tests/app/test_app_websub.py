"""WebSub through the whole house: a hub on loopback, asked, verifying and pushing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import structlog

from monitor.daemon import Daemon
from monitor.model import FeedState, Subscription
from monitor.store import SqlStore
from monitor.testing import FakeHub, Fault
from monitor.testing.hub import CHALLENGE
from tests.app.house import RULES, House, rss

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TOPIC = "https://wire.example/feed"


@pytest.fixture
async def hub() -> AsyncIterator[FakeHub]:
    async with FakeHub() as fake:
        yield fake


def configure(house: House, hub: FakeHub, *, public_url: str = "https://monitor.example.org") -> None:
    """Write a house with one feed that names the hub, and a console; whatever the console shows is an alert."""
    house.configure(
        feeds=f"wire: {{url: '{house.feeds.url('/wire')}', backlog: silent}}",
        channels="screen: {console: true}",
        notify="screen",
    )
    web = f"web: {{public_url: '{public_url}', listen: '127.0.0.1:0'}}\n" if public_url else ""
    house.file.write_text(house.file.read_text() + web)
    house.feeds.pages["/wire"] = rss("Weather")
    house.feeds.headers["/wire"] = {"Link": f'<{hub.url}>; rel="hub", <{TOPIC}>; rel="self"'}


@asynccontextmanager
async def subscribed(house: House, hub: FakeHub, *, verify: bool = True) -> AsyncIterator[Daemon]:
    """Open a house that has polled its feed once and asked the hub, which has verified that."""
    configure(house, hub)
    async with house.open() as app:
        await app.run_once()
        await app.keep_subscriptions()
        hub.reach = f"http://127.0.0.1:{app.door.port}"
        if verify:
            assert await hub.verify() == (200, CHALLENGE)
        yield app


async def rest(app: Daemon) -> None:
    """Let what a push has begun come to its end."""
    for crew in (app.ticks.crew, app.polls.crew, app.sends.crew):
        await crew.join()


async def state_of(app: Daemon) -> FeedState:
    (state,) = (await app.doors.in_store(app.doors.store.status)).feeds
    return state


async def subscription_of(app: Daemon) -> Subscription:
    subscription = (await state_of(app)).notes.subscription
    assert subscription is not None
    return subscription


async def due_of(app: Daemon) -> datetime:
    (report,) = await app.doors.in_store(app.doors.store.feed_reports, app.doors.clock())
    return report.due


# -- the way of a push -------------------------------------------------------------------------------------------------


async def test_what_a_hub_pushes_is_told_at_once(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        due = await due_of(app)
        assert await hub.push(rss("Shoygu speaks").encode()) == 202
        await rest(app)
        assert house.console.getvalue().count("**Shoygu** speaks") == 1
        assert house.feeds.requests == ["/wire"]
        assert await due_of(app) == due  # the push has changed nothing for polling
        house.feeds.pages["/wire"] = rss("Shoygu speaks", "Weather")
        house.clock.advance(DAY)
        await app.run_once()
    assert house.console.getvalue().count("**Shoygu** speaks") == 1


async def test_the_hub_is_asked_as_agreed_and_once(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        for _ in range(3):
            await app.keep_subscriptions()
        (asked,) = hub.requests
        assert asked.topic == TOPIC
        assert asked.callback.startswith("https://monitor.example.org/websub/")
        assert len(asked.callback.rpartition("/")[2]) == 32
        assert len(asked.secret) == 64
        assert asked.secret not in repr(await state_of(app))


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_each_method_of_signing_is_known(house: House, hub: FakeHub, method: str) -> None:
    async with subscribed(house, hub) as app:
        await hub.push(rss("Shoygu speaks").encode(), method=method)
        await rest(app)
    assert "**Shoygu** speaks" in house.console.getvalue()


@pytest.mark.parametrize("signature", ["sha256=" + "0" * 64, "md5=abc", "nothing", "sha256=\u00e9"])
async def test_a_push_without_the_right_signature_is_dropped(house: House, hub: FakeHub, signature: str) -> None:
    async with subscribed(house, hub) as app:
        for _ in range(2):
            assert await hub.push(rss("Shoygu speaks").encode(), signature=signature) == 202
        await rest(app)
        assert await app.polls.read_pushes() == 0
    assert house.console.getvalue() == ""


async def test_a_push_during_a_poll_waits_for_it(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        url, store = house.feeds.url("/wire"), app.doors.store
        claimed = await app.doors.in_store(store.claim_feed, url, now=house.clock(), lease=MINUTE)
        assert claimed is not None
        assert await hub.push(rss("Shoygu speaks").encode()) == 202
        await rest(app)
        assert house.console.getvalue() == ""
        await app.doors.in_store(store.put_off_feeds, {claimed[0]: claimed[1]})
        assert await app.polls.read_pushes() == 1
        await rest(app)
    assert "**Shoygu** speaks" in house.console.getvalue()


async def test_a_push_waits_until_the_store_works_again(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        store = app.doors.store
        assert isinstance(store, SqlStore)

        def refuse_writing(on: str) -> None:
            store.engine.raw_connection().cursor().execute(f"PRAGMA query_only = {on}")

        await app.doors.in_store(refuse_writing, "on")
        assert await hub.push(rss("Shoygu speaks").encode()) == 202
        await rest(app)
        await app.doors.in_store(refuse_writing, "off")
        assert await app.polls.read_pushes() == 1
        await rest(app)
    assert "**Shoygu** speaks" in house.console.getvalue()


async def test_a_push_that_is_still_waiting_at_the_end_has_its_feed_polled_soon(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        app.polls.crew._size = 0  # no hand is free
        await hub.push(rss("Shoygu speaks").encode())
        await rest(app)
    house.feeds.pages["/wire"] = rss("Shoygu speaks", "Weather")
    await house.once()
    assert "**Shoygu** speaks" in house.console.getvalue()


async def test_a_push_that_is_no_feed_has_the_feed_polled_soon(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        assert await hub.push(b"<html><body>ping</body></html>", content_type="text/html") == 202
        await rest(app)
        assert (await state_of(app)).cause is None
        assert await due_of(app) <= house.clock() + 3 * MINUTE


# -- polling beside it -------------------------------------------------------------------------------------------------


async def test_polling_goes_on_more_slowly_until_the_lease_ends(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub, verify=False) as app:
        assert await hub.verify(lease=3 * 3600) == (200, CHALLENGE)
        house.clock.advance(HOUR)
        await app.run_once()
        slow = await due_of(app) - house.clock()
        assert 35 * MINUTE < slow < 45 * MINUTE
        house.clock.advance(3 * HOUR)
        await app.run_once()
        normal = await due_of(app) - house.clock()
        assert 8 * MINUTE < normal < 12 * MINUTE


async def test_a_lease_is_renewed_at_three_quarters_of_it(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub, verify=False) as app:
        await hub.verify(lease=4 * 3600)
        house.clock.advance(3 * HOUR - MINUTE)
        await app.keep_subscriptions()
        assert len(hub.requests) == 1
        house.clock.advance(MINUTE)
        await app.keep_subscriptions()
        first, second = hub.requests
        assert first == second  # the same callback and secret: pushes meanwhile are still good
        assert await hub.verify(lease=4 * 3600) == (200, CHALLENGE)
        assert (await subscription_of(app)).until == house.clock() + 4 * HOUR


# -- hubs in trouble ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.server_error(), Fault.drop(accept=False)], ids=["500", "dropped"])
async def test_a_hub_that_does_not_take_it_is_asked_again_later(house: House, hub: FakeHub, fault: Fault) -> None:
    hub.fail(fault)
    async with subscribed(house, hub, verify=False) as app:
        assert hub.requests == []
        failed = await subscription_of(app)
        assert failed.detail
        assert "secret" not in failed.detail
        house.clock.advance(5 * MINUTE)
        await app.keep_subscriptions()
        assert len(hub.requests) == 1
        assert await hub.verify() == (200, CHALLENGE)
        assert (await subscription_of(app)).detail == ""


async def test_a_hub_that_never_verifies_is_asked_less_and_less_often(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub, verify=False) as app:
        times = [house.clock()]
        for _ in range(60):
            house.clock.advance(10 * MINUTE)
            before = len(hub.requests)
            await app.keep_subscriptions()
            times += [house.clock()] * (len(hub.requests) - before)
        waits = [after - before for before, after in pairwise(times)]
        assert waits == sorted(waits)
        assert waits[0] < waits[-1]
        assert "not come back" in (await subscription_of(app)).detail
        await app.run_once()
        assert await due_of(app) - house.clock() < 12 * MINUTE


@pytest.mark.parametrize(
    "answer",
    [{"topic": "https://other.example/"}, {"mode": "unsubscribe"}, {"mode": "publish"}],
    ids=["topic", "unsubscribe", "mode"],
)
async def test_what_was_not_asked_for_is_not_confirmed(house: House, hub: FakeHub, answer: dict[str, str]) -> None:
    async with subscribed(house, hub, verify=False) as app:
        assert (await hub.verify(**answer))[0] == 404
        assert (await subscription_of(app)).until is None


@pytest.mark.parametrize("lease", ["", "-5", "soon", "٣", "9" * 400, "999999999", "0"])
async def test_a_lease_that_makes_no_sense_is_kept_within_bounds(house: House, hub: FakeHub, lease: str) -> None:
    async with subscribed(house, hub, verify=False) as app:
        assert await hub.verify(lease=lease) == (200, CHALLENGE)
        until = (await subscription_of(app)).until
        assert until is not None
        assert MINUTE <= until - house.clock() <= 60 * DAY


async def test_a_denial_ends_the_subscription_and_is_named(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        denial = {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": "go\naway"}
        assert (await hub.ask(denial | {"hub.topic": "https://other.example/"}))[0] == 404
        assert (await hub.ask(denial))[0] == 200
        denied = await subscription_of(app)
        assert denied.until is None
        assert "refused: go away" in denied.detail
        assert await due_of(app) == house.clock()  # nobody pushes: it is polled at once
        assert (await hub.verify())[0] == 404
        await app.keep_subscriptions()
        assert len(hub.requests) == 1


async def test_a_feed_that_names_another_topic_is_subscribed_anew(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        moved = "https://wire.example/moved"
        house.feeds.headers["/wire"] = {"Link": f'<{hub.url}>; rel="hub", <{moved}>; rel="self"'}
        house.clock.advance(HOUR)
        await app.run_once()
        await app.keep_subscriptions()
        old, new = hub.requests
        assert new.topic == moved
        assert (new.secret, new.callback) != (old.secret, old.callback)
        assert await hub.verify() == (200, CHALLENGE)


async def test_without_a_public_url_nothing_listens_and_nothing_is_asked(house: House, hub: FakeHub) -> None:
    configure(house, hub, public_url="")
    async with house.open() as app:
        await app.run_once()
        await app.keep_subscriptions()
        assert app.door.port == 0
        assert (await state_of(app)).notes.hub == hub.url
    assert hub.requests == []


async def test_a_subscription_ends_with_the_public_url(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        configure(house, hub, public_url="")
        await app.reload()
        await app.keep_subscriptions()
        assert app.door.port == 0
        assert (await state_of(app)).notes.subscription is None
        assert await due_of(app) == house.clock()


@pytest.mark.parametrize("place", ["127.0.0.1:{port}", f"{'x' * 70}.example:8080"], ids=["taken", "no name"])
async def test_a_place_that_is_taken_is_said_once_and_stops_nothing_else(
    house: House, hub: FakeHub, place: str
) -> None:
    configure(house, hub)
    house.file.write_text(house.file.read_text().replace("127.0.0.1:0", place.format(port=hub.port)))
    async with house.open() as app:
        await app.run_once()
        with structlog.testing.capture_logs() as logs:
            for _ in range(3):
                await app.keep_subscriptions()
        assert [line["event"] for line in logs] == ["cannot listen: nobody reaches us"]
        assert app.door.port == 0
        assert hub.requests == []
        assert (await state_of(app)).polled_at == house.clock()


async def test_a_hub_in_our_own_network_needs_a_line_in_allow(house: House, hub: FakeHub) -> None:
    configure(house, hub)
    hidden = f"http://127.0.0.2:{hub.port}/"
    house.feeds.headers["/wire"] = {"Link": f'<{hidden}>; rel="hub", <{TOPIC}>; rel="self"'}
    async with house.open() as app:
        await app.run_once()
        await app.keep_subscriptions()
        assert "allow" in (await subscription_of(app)).detail
    assert hub.requests == []


async def test_a_push_of_a_feed_that_is_gone_is_dropped(house: House, hub: FakeHub) -> None:
    async with subscribed(house, hub) as app:
        house.configure(
            feeds="other: 'https://other.example/'", channels="screen: {console: true}", notify="screen", rules=RULES
        )
        await app.reload()
        assert await hub.push(rss("Shoygu speaks").encode()) == 202
        await rest(app)
        assert await app.polls.read_pushes() == 0
    assert house.console.getvalue() == ""
