"""What becomes of messages that mutes and breakers have held, once those are over: told, or left untold.

Each of them is done once, whoever does it and however often: two who settle the same find nothing the second time.
"""

from __future__ import annotations

from datetime import datetime

from monitor.decide.breaker import notice_of_ending
from monitor.decide.mutes import after_mute, hold_of_mute, muted_by, runs, what_is_muted
from monitor.decide.parcels import parcels_of
from monitor.errors import ConflictError
from monitor.model import Breaker, HeldDelivery, Hold, HoldKind, Message, Mute
from monitor.ports import Store

_ALL = 1_000_000
_ATTEMPTS = 10


def settle_ended(store: Store, now: datetime) -> int:
    """Tell, or leave untold, what mutes and breakers hold that are over; return how many messages that were.

    For a tick of the daemon: mutes run out by themselves, and a poll may record what an ended one was to hold.
    """
    holders = store.holders()
    count = 0
    if muted := {by for kind, by in holders if kind is HoldKind.MUTE}:
        over = [each for each in store.mutes() if each.id in muted and not runs(each, now)]
        count += sum(settle_mute(store, each, now) for each in over)
    if broken := {by for kind, by in holders if kind is HoldKind.BREAKER}:
        ended = [each for each in store.breakers(all_of_them=True) if each.id in broken and each.ended_at]
        count += sum(settle_breaker(store, each, now) for each in ended)
    return count


def settle_mute(store: Store, mute: Mute, now: datetime) -> int:
    """Tell, or leave untold, what a mute holds that is over.

    What a person lets go is told at once; where a mute ran out by itself, its messages meet the channels' quiet hours
    and digests (`monitor.decide.endings`).
    """
    if not mute.tell:
        return store.drop_all_held(HoldKind.MUTE, mute.id, after_mute(mute), now)
    _pass_on(store, mute, now)
    if mute.ended_at is None:  # nobody is there to ask for it now: it may be night
        ended = Hold(kind=HoldKind.ENDED, reason=f"was muted by {mute.by}, over now", until=now)
        return store.hold_all_again(HoldKind.MUTE, mute.id, ended)
    title, reason = f"held back: {what_is_muted(mute)} was muted", f"muted by {mute.by}, over now"
    return _tell(store, HoldKind.MUTE, mute.id, title=title, reason=reason, now=now)


def _pass_on(store: Store, mute: Mute, now: datetime) -> None:
    """Leave what another mute keeps back as well to that one."""
    running = store.mutes(at=now)
    theirs: dict[Hold, list[str]] = {}
    for each in all_held(store, kind=HoldKind.MUTE, by=mute.id) if running else ():
        message, channel = each.delivery.message, each.delivery.channel
        about = message if isinstance(message, Message) else None
        rules, feed = (tuple(why.rule for why in about.reasons), about.feed) if about else ((), "")
        if also := muted_by(running, story=each.story_id, rules=rules, feed=feed, channel=channel, now=now):
            theirs.setdefault(hold_of_mute(also[0]), []).append(each.delivery.key)
    for hold, keys in theirs.items():
        store.hold_again(keys, hold)


def settle_breaker(store: Store, breaker: Breaker, now: datetime) -> int:
    """Tell, or leave untold, what a breaker holds that was ended, and say in its messages who decided."""
    told = store.held_back([breaker.id])
    store.announce([notice_of_ending(breaker, each.channel, count=each.count, now=now) for each in told], now)
    if breaker.ending != "release":
        return store.drop_all_held(
            HoldKind.BREAKER, breaker.id, f"discarded by {breaker.ended_by}: {breaker.reason}", now
        )
    title, reason = f"held alerts of {breaker.subject} {breaker.name}", f"released by {breaker.ended_by}"
    return _tell(store, HoldKind.BREAKER, breaker.id, title=title, reason=reason, now=now)


def _tell(store: Store, kind: HoldKind, by: str, *, title: str, reason: str, now: datetime) -> int:
    """Send all that one mute or breaker holds; what others let go of at the same time is read anew."""
    count = 0
    for _ in range(_ATTEMPTS):
        held = all_held(store, kind=kind, by=by)
        try:
            for parcel in parcels_of(held, title=title, reason=reason, event=by, now=now):
                if parcel.digest is None:
                    count += store.release_held(parcel.keys, now)
                else:
                    store.fold_held(parcel.digest, parcel.keys, now)
                    count += len(parcel.keys)
        except ConflictError:
            continue
        return count
    return count  # the rest is held still: the next tick goes on


def all_held(store: Store, *, kind: HoldKind, by: str) -> tuple[HeldDelivery, ...]:
    """Read all that one mute or breaker holds."""
    return store.held_deliveries(kind=kind, by=by, limit=_ALL)
