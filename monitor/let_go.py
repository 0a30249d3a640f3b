"""What becomes of messages that mutes and breakers have held, once those are over: told, or left untold.

Each of them is done once, whoever does it and however often: two who settle the same find nothing the second time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import Final

from monitor.decide.breaker import notice_of_ending
from monitor.decide.mutes import after_mute, hold_of_mute, muted_by, runs, what_is_muted
from monitor.decide.owed import MOST_ITEMS, digest_key
from monitor.decide.parcels import MOST_NAMED, Parcel, Words, parcels_of, parcels_of_many
from monitor.errors import ConflictError
from monitor.model import Breaker, HeldDelivery, HeldTotal, Hold, HoldKind, Message, Mute, Priority
from monitor.ports import Store

_ALL: Final = 1_000_000
AT_ONCE: Final = 500  # messages in one step
_ATTEMPTS: Final = 10


def begin(store: Store, kind: HoldKind, by: str, steps: Iterator[int], *, whole: bool) -> int:
    """Let go what a mute or breaker holds, for somebody who waits; return how many messages that were.

    Of very many it is left to the next tick of a daemon, unless the `whole` of it is wanted now.
    """
    held = sum(each.messages for each in store.held_totals(kind, by))
    return held if held > AT_ONCE and not whole else sum(steps)


def go_on(steps: Iterator[int]) -> int | None:
    """Take one more step; None = there is none."""
    return next(steps, None)


def settle_ended(store: Store, now: datetime) -> Iterator[int]:
    """Tell, or leave untold, what mutes and breakers hold that are over, step by step; yield how many that were.

    For a tick of the daemon: mutes run out by themselves, and a poll may record what an ended one was to hold. A step
    is a few transactions, so other work of the store goes between two steps; what a killed program has left is done by
    the next tick.
    """
    holders = store.holders()
    if muted := {by for kind, by in holders if kind is HoldKind.MUTE}:
        for each in store.mutes():
            if each.id in muted and not runs(each, now):
                yield from settle_mute(store, each, now)
    if broken := {by for kind, by in holders if kind is HoldKind.BREAKER}:
        for breaker in store.breakers(all_of_them=True):
            if breaker.id in broken and breaker.ended_at:
                yield from settle_breaker(store, breaker, now)


def settle_mute(store: Store, mute: Mute, now: datetime) -> Iterator[int]:
    """Tell, or leave untold, what a mute holds that is over; step by step, as `settle_ended`.

    What a person lets go is told at once; where a mute ran out by itself, its messages meet the channels' quiet hours
    and digests (`monitor.decide.endings`).
    """
    if not mute.tell:
        yield from _drop(store, HoldKind.MUTE, mute.id, after_mute(mute), now)
        return
    yield from _pass_on(store, mute, now)
    if mute.ended_at is None:  # nobody is there to ask for it now: it may be night
        ended = Hold(kind=HoldKind.ENDED, reason=f"was muted by {mute.by}, over now", until=now)
        while held := store.hold_first_again(HoldKind.MUTE, mute.id, ended, limit=AT_ONCE):
            yield held
        return
    title, reason = f"held back: {what_is_muted(mute)} was muted", f"muted by {mute.by}, over now"
    yield from _tell(_Telling(store, HoldKind.MUTE, mute.id, title=title, reason=reason, now=now))


def _drop(store: Store, kind: HoldKind, by: str, reason: str, now: datetime) -> Iterator[int]:
    while dropped := store.drop_first_held(kind, by, reason, now, limit=AT_ONCE):
        yield dropped


def _pass_on(store: Store, mute: Mute, now: datetime) -> Iterator[int]:
    """Leave what another mute keeps back as well to that one."""
    running, after = store.mutes(at=now), 0
    while running and (some := store.held_deliveries(kind=HoldKind.MUTE, by=mute.id, after=after, limit=AT_ONCE)):
        theirs: dict[Hold, list[str]] = {}
        for each in some:
            message, channel = each.delivery.message, each.delivery.channel
            about = message if isinstance(message, Message) else None
            rules, feed = (tuple(why.rule for why in about.reasons), about.feed) if about else ((), "")
            if also := muted_by(running, story=each.story_id, rules=rules, feed=feed, channel=channel, now=now):
                theirs.setdefault(hold_of_mute(also[0]), []).append(each.delivery.key)
        for hold, keys in theirs.items():
            store.hold_again(keys, hold)
        after = some[-1].seq
        yield 0


def settle_breaker(store: Store, breaker: Breaker, now: datetime) -> Iterator[int]:
    """Tell, or leave untold, what a breaker holds that was ended; step by step, as `settle_ended`.

    Its messages say who decided, and how many there were when that was done first.
    """
    told = store.held_back([breaker.id])
    store.announce([notice_of_ending(breaker, each.channel, count=each.count, now=now) for each in told], now)
    yield 0
    if breaker.ending != "release":
        reason = f"discarded by {breaker.ended_by}: {breaker.reason}"
        yield from _drop(store, HoldKind.BREAKER, breaker.id, reason, now)
        return
    title, reason = f"held alerts of {breaker.subject} {breaker.name}", f"released by {breaker.ended_by}"
    yield from _tell(_Telling(store, HoldKind.BREAKER, breaker.id, title=title, reason=reason, now=now))


@dataclass(frozen=True, slots=True)
class _Telling:
    """What one mute or breaker holds, and how it is told."""

    store: Store
    kind: HoldKind
    by: str
    _: KW_ONLY
    title: str
    reason: str
    now: datetime

    def held(self, channel: str, *, at_least: Priority | None = None, limit: int = _ALL) -> tuple[HeldDelivery, ...]:
        return self.store.held_deliveries(kind=self.kind, by=self.by, channel=channel, at_least=at_least, limit=limit)

    def rest(self, number: int) -> str:
        """Name the event that tells very many messages in one digest; that may happen again."""
        return f"{self.by} rest {number}"


def _tell(telling: _Telling) -> Iterator[int]:
    """Send all that one mute or breaker holds; what others let go of at the same time is read anew."""
    for channel in [each.channel for each in telling.store.held_totals(telling.kind, telling.by)]:
        for _ in range(_ATTEMPTS):
            begun = yield from _go_on(telling, channel)
            try:
                yield from _begin(telling, channel, telling.rest(begun))
            except ConflictError:
                continue
            yield from _go_on(telling, channel)
            break  # where it is never reached, the rest is held still: the next tick goes on


def _go_on(telling: _Telling, channel: str) -> Generator[int, None, int]:
    """Settle what digests of very many messages tell that were begun, now or before; return how many there are."""
    store, begun = telling.store, 0
    while True:
        key = digest_key(telling.rest(begun), channel)
        told = store.go_on_folding(key, telling.now, kind=telling.kind, by=telling.by, limit=AT_ONCE)
        if told is None:
            return begun
        if told:
            yield told
        else:
            begun += 1


def _begin(telling: _Telling, channel: str, rest: str) -> Iterator[int]:
    """Tell what is held in one channel; of very much, the first of it, with a digest of all the rest."""
    store, now = telling.store, telling.now
    totals = {each.channel: each for each in store.held_totals(telling.kind, telling.by)}
    total = totals.get(channel, HeldTotal(channel=channel))
    parcels = _parcels(telling, total, rest)
    yield 0
    for parcel in parcels:
        if parcel.digest is None:
            yield store.release_held(parcel.keys, now)
        elif parcel.keys:
            store.fold_held(parcel.digest, parcel.keys, now)
            yield len(parcel.keys)
        else:
            store.begin_fold(parcel.digest, now, kind=telling.kind, by=telling.by, last=total.last)
            yield 0


def _parcels(telling: _Telling, total: HeldTotal, rest: str) -> tuple[Parcel, ...]:
    words = Words(title=telling.title, reason=telling.reason, event=telling.by)
    if total.alerts <= MOST_NAMED:
        return parcels_of(telling.held(total.channel), words, now=telling.now)
    important = dict[str, HeldDelivery]()
    for priority in (Priority.URGENT, Priority.HIGH, Priority.NORMAL):  # what matters most may be the last of all
        if len(important) < MOST_NAMED + MOST_ITEMS:
            more = telling.held(total.channel, at_least=priority, limit=MOST_NAMED + MOST_ITEMS)
            important |= {each.delivery.key: each for each in more}
    first = telling.held(total.channel, limit=AT_ONCE)
    return parcels_of_many(first, important.values(), words, alerts=total.alerts, rest=rest, now=telling.now)
