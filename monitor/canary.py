"""Send an entry of our own the whole way, and see whether it comes through.

It goes from a page through the daemon's own parser, matcher, stories, policies and outbox to the edge of each channel,
where its message is made as it would be sent. Feeds and channels themselves are not touched; the state is a store in
memory, so that nothing of it is ever seen among the alerts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from monitor.document import parse_document
from monitor.errors import MonitorError
from monitor.model import Backlog, Delivery, Feed, FeedState, NotModified, Page, Priority
from monitor.notify.channel import ConfiguredChannel
from monitor.pipeline import POLL_LEASE, SEND_LEASE, Doors, Live, poll
from monitor.rules.load import load_trial
from monitor.rules.match import Ruleset
from monitor.store.sql_store import open_store

log = structlog.get_logger()

DEADLINE: Final = timedelta(seconds=60)
FEED: Final = Feed(name="canary", url="https://canary.invalid/rss", backlog=Backlog.ALERT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """How far it came."""

    failure: str = ""  # what stopped it, one line for people; "" = it came through
    deliveries: tuple[Delivery, ...] = ()  # what each channel would have got


class _Cage:
    """A fetcher that has one page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:  # noqa: ARG002 - the port's shape
        return self._page

    async def close(self) -> None:
        """Do nothing: nothing is open."""


async def fly(channels: Mapping[str, ConfiguredChannel], live: Live, doors: Doors) -> Flight:
    """Send a canary to all channels."""
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            return await _fly(channels, live, doors)
    except TimeoutError:
        return Flight(failure=f"it did not arrive within {DEADLINE.seconds} s")
    except MonitorError as error:
        return Flight(failure=f"{type(error).__name__}: {error}")
    except Exception as error:
        log.exception("the canary met an internal error: please report this")
        return Flight(failure=f"internal error: {type(error).__name__}")


async def _fly(channels: Mapping[str, ConfiguredChannel], live: Live, doors: Doors) -> Flight:
    now = doors.clock()
    word = f"canary{int(now.timestamp())}"
    ruleset = _ruleset(word, tuple(channels))
    own = replace(
        live, feeds={FEED.url: FEED}, fetcher=_Cage(_page(word)), ruleset=ruleset, policies=type(live.policies)()
    )
    with ExitStack() as stack:
        thread = stack.enter_context(ThreadPoolExecutor(1, "canary"))
        store = await asyncio.get_running_loop().run_in_executor(thread, open_store, "sqlite://")
        stack.callback(store.close)
        inside = Doors(
            store=store, parser=doors.parser, clock=doors.clock, store_thread=thread, work_threads=doors.work_threads
        )
        await inside.in_store(store.sync_feeds, [FEED], now)
        (lease,) = await inside.in_store(store.claim_feeds, now=now, lease=POLL_LEASE, limit=1)
        outcome = await poll(lease, own, inside)
        if outcome is None or outcome.state.cause is not None:
            detail = f"{outcome.state.cause}: {outcome.state.detail}" if outcome else "nothing was recorded"
            return Flight(failure=f"it was not read: {detail}")
        claimed = await inside.in_store(
            store.claim_deliveries, tuple(channels), now=doors.clock(), lease=SEND_LEASE, limit=len(channels)
        )
    deliveries = tuple(each.delivery for each in claimed)
    return Flight(failure=_failure(deliveries, channels, word), deliveries=deliveries)


def _failure(deliveries: Sequence[Delivery], channels: Mapping[str, ConfiguredChannel], word: str) -> str:
    missing = channels.keys() - {each.channel for each in deliveries}
    if missing:
        return f"it was not owed to {', '.join(sorted(missing))}"
    for each in deliveries:
        render = channels[each.channel].type.render
        try:
            arrived = render is None or word in repr(render(each))
        except Exception as error:  # noqa: BLE001 - a package's own, which may raise anything
            return f"channel {each.channel} cannot write it: {type(error).__name__}"
        if not arrived:
            return f"channel {each.channel} does not show what it says"
    return ""


def _page(word: str) -> Page:
    link = f"https://canary.invalid/{word}"
    item = f"<item><guid>{link}</guid><link>{link}</link><title>The {word} sings in the morning</title></item>"
    page = f"<rss version='2.0'><channel><title>Canary</title>{item}</channel></rss>"
    return Page(body=page.encode(), content_type="application/rss+xml")


def _ruleset(word: str, channels: Collection[str]) -> Ruleset:
    written = {"rules": {"canary": {"terms": [word], "notify": list(channels), "priority": "urgent"}}}
    document, _ = parse_document(json.dumps(written).encode(), name="canary")
    ruleset = None
    if document is not None:
        ruleset, _ = load_trial(document, [], channels=channels, default_notify=(), default_priority=Priority.NORMAL)
    if ruleset is None:
        raise MonitorError("its rule cannot be read")
    return ruleset


def at_slot(now: datetime, every: timedelta) -> datetime:
    """Return the beginning of the stretch of time that now belongs to: the same for all daemons."""
    return now - timedelta(seconds=now.timestamp() % every.total_seconds())
