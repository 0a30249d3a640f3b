"""Subscribe to feeds at their hubs, and take what they push (W3C WebSub).

A subscription is written before its hub is asked, because a hub may come back with its question at once. What is pushed
goes the way of a poll, without the fetch (`pipeline.take_push`); while it cannot, because the feed is being polled, it
waits. Nothing depends on a hub: polling goes on, only more slowly.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from monitor.decide.websub import (
    LEASE,
    after_denial,
    after_failure,
    after_verification,
    may_verify,
    to_ask,
)
from monitor.errors import FeedError
from monitor.model import FeedLease, FeedState, Page, Subscription
from monitor.pipeline import POLL_LEASE, Doors
from monitor.ports import HubClient
from monitor.web.signature import signature_holds

log = structlog.get_logger()

MOST_WAITING = 50_000_000  # bytes of pushes that wait for their feeds
PUSH_COSTS = 1_000  # bytes beside its body
WAITS_FOR = timedelta(minutes=15)  # longer than a poll can take
ASKED_AT_ONCE = 10  # hubs in one tick


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What a hub has sent of one feed, and signed."""

    url: str = field(repr=False)  # of the feed
    page: Page
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedPush:
    """A push whose feed nobody else polls now, and when that was to be polled next."""

    push: Push
    lease: FeedLease
    due: datetime


class Subscriptions:
    """What hubs are asked for, and the pushes that wait; implements `web.callbacks.Subscriber`."""

    def __init__(self, doors: Doors, on_push: Callable[[], object]) -> None:
        self._doors = doors
        self._on_push = on_push  # told that a push waits
        self._by_name: dict[str, FeedState] = {}
        self._waiting: deque[Push] = deque()
        self._mistrusted: set[str] = set()  # names whose bad signature has been told

    # -- asking hubs ---------------------------------------------------------------------------------------------------

    async def keep(self, public_url: str, hubs: HubClient | None) -> None:
        """Ask the hubs that are to be asked now; without an address of our own, end what was agreed."""
        states = await self.read()
        if not public_url or hubs is None:
            for state in states:
                await self._change(state, state.notes.subscription, None)
            return
        asking: list[Coroutine[None, None, None]] = []
        for state in states:
            wanted = to_ask(state, public_url, secrets.token_hex(32), self._doors.clock())
            if wanted and len(asking) < ASKED_AT_ONCE and await self._change(state, state.notes.subscription, wanted):
                asking.append(self._ask(state, wanted, hubs))
        await asyncio.gather(*asking)

    async def _ask(self, state: FeedState, wanted: Subscription, hubs: HubClient) -> None:
        form = {
            "hub.mode": "subscribe",
            "hub.topic": wanted.topic,
            "hub.callback": wanted.callback,
            "hub.secret": wanted.secret,
            "hub.lease_seconds": str(int(LEASE.total_seconds())),
        }
        try:
            await hubs.post_form(wanted.hub, form)
        except FeedError as error:
            log.warning("a hub does not subscribe us", feed=state.name, reason=str(error))
            failed = after_failure(wanted, str(error), self._doors.clock())
            await self._change(state, wanted, failed)  # unless it has been verified meanwhile

    async def read(self) -> Sequence[FeedState]:
        """Read the subscriptions; another daemon on the same store may have changed them."""
        states = await self._doors.in_store(self._doors.store.feeds_with_hubs)
        self._by_name = {_name(state.notes.subscription): state for state in states if state.notes.subscription}
        self._mistrusted &= self._by_name.keys()
        return states

    async def _change(self, state: FeedState, old: Subscription | None, new: Subscription | None) -> bool:
        """Write a subscription; a feed that is pushed no more is polled at once."""
        if old == new:
            return False
        now = self._doors.clock()
        lost = old is not None and old.is_alive(now) and not (new is not None and new.is_alive(now))
        written = await self._doors.in_store(
            self._doors.store.note_subscription, state.url, old=old, new=new, now=now, hasten=lost
        )
        if not written:  # it is not as we thought
            await self.read()
            return False
        self._by_name.pop(_name(old), None)
        if new is not None:
            self._by_name[_name(new)] = replace(state, notes=replace(state.notes, subscription=new))
        return True

    # -- what hubs say -------------------------------------------------------------------------------------------------

    def knows(self, name: str) -> bool:
        """Say whether there is such a callback."""
        return name in self._by_name

    async def verify(self, name: str, topic: str, seconds: int | None) -> bool:
        """Note that a hub subscribes us; False = that is not what it was asked for."""
        state, now = self._by_name.get(name), self._doors.clock()
        asked = state.notes.subscription if state else None
        if state is None or asked is None or not may_verify(asked, topic, now):
            return False
        if not await self._change(state, asked, after_verification(asked, seconds, now)):
            return False
        log.info("a hub pushes a feed from now on", feed=state.name)
        return True

    async def deny(self, name: str, topic: str, reason: str) -> bool:
        """Note that a hub refuses or ends a subscription; False = there is none to this topic."""
        state = self._by_name.get(name)
        asked = state.notes.subscription if state else None
        if state is None or asked is None or asked.topic != topic:
            return False
        log.warning("a hub refuses to push a feed: it is polled", feed=state.name)
        await self._change(state, asked, after_denial(asked, reason, self._doors.clock()))
        return True

    def take(self, name: str, body: bytes, *, content_type: str, signature: str) -> bool:
        """Let a push wait for its feed; one that is not signed as agreed is dropped, and that is told once."""
        state = self._by_name.get(name)
        subscription = state.notes.subscription if state else None
        if state is None or subscription is None:  # it ended while the body was read
            return True
        if not signature_holds(signature, subscription.secret, body):
            if name not in self._mistrusted:
                self._mistrusted.add(name)
                log.warning("a push without the right signature is dropped", feed=state.name)
            return True
        if sum(len(push.page.body) + PUSH_COSTS for push in self._waiting) + len(body) > MOST_WAITING:
            return False
        self._waiting.append(
            Push(url=state.url, page=Page(body=body, content_type=content_type), at=self._doors.clock())
        )
        self._on_push()
        return True

    # -- what was pushed -----------------------------------------------------------------------------------------------

    async def claim(self, limit: int) -> AsyncIterator[ClaimedPush]:
        """Claim the feeds of pushes that wait, up to so many; those that cannot be claimed now go on waiting.

        Raises:
            StoreUnavailableError: what is left goes on waiting.
        """
        now, store = self._doors.clock(), self._doors.store
        for _ in range(len(self._waiting)):
            found, push = None, self._waiting[0]
            if limit > 0:
                found = await self._doors.in_store(store.claim_feed, push.url, now=now, lease=POLL_LEASE)
            self._waiting.popleft()
            if found is not None:
                limit -= 1
                yield ClaimedPush(push=push, lease=found[0], due=found[1])
            elif now - push.at < WAITS_FOR:
                self._waiting.append(push)


def _name(subscription: Subscription | None) -> str:
    return subscription.callback.rpartition("/")[2] if subscription else ""
