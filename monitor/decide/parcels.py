"""What is told after all: a few held messages go out as they are, many become one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from monitor.decide.owed import digest_of
from monitor.model import Delivery, DeliveryKind, HeldDelivery, Message

MOST_SINGLE = 5  # held messages of a channel that go out one by one
MOST_DIGESTS = 10  # for one channel
MOST_TOGETHER = 25  # in one digest: so many have room in Slack, and none is left out
MOST_NAMED = MOST_DIGESTS * MOST_TOGETHER  # alerts of a channel of which each is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Held messages of one channel that are told together, or each by itself."""

    keys: tuple[str, ...]
    digest: Delivery | None = None  # that tells them; None = they go out as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What digests say of held messages."""

    title: str  # follows the number of messages
    reason: str
    event: str  # what let them go: one event tells a message once


def parcels_of(held: Collection[HeldDelivery], words: Words, *, now: datetime) -> tuple[Parcel, ...]:
    """Pack held messages, channel by channel: up to five as they are, more as digests that name each.

    A reply to a message of the same digest is told by it. What is a digest already goes out as it is.
    """
    in_order = sorted(held, key=lambda each: (each.delivery.channel, each.seq))
    return tuple(
        parcel
        for _, some in groupby(in_order, key=lambda each: each.delivery.channel)
        for parcel in _of_channel(list(some), words, now)
    )


def parcels_of_many(
    first: Sequence[HeldDelivery],
    important: Collection[HeldDelivery],
    words: Words,
    *,
    alerts: int,
    rest: str,
    now: datetime,
) -> tuple[Parcel, ...]:
    """Pack the beginning of very many held messages of one channel: digests that name each, and one for all the rest.

    `first` are the earliest of them, `important` are some that the last digest may name, `alerts` is how many there
    are in all, `rest` the event that the last digest is of. Its parcel is the last one, and has no keys.
    """
    posted = _posted(first)
    news = [each for each in first if _is_news(each, posted)][: MOST_NAMED - MOST_TOGETHER]
    named = {each.delivery.alert_id for each in news}
    others = {each.delivery.key: each for each in [*first, *important] if each.delivery.alert_id not in named}
    of_rest: dict[str, Message] = {}
    for each in others.values():
        if isinstance(each.delivery.message, Message):
            of_rest.setdefault(each.delivery.alert_id, each.delivery.message)
    followers = [each for each in first if _is_follower(each, posted)]
    parcels = list(_digests(news, followers, words, now))
    if first and of_rest:
        count = max(alerts - len(named), len(of_rest))
        last = digest_of(
            list(of_rest.values()),
            channel=first[0].delivery.channel,
            title=f"{count} {words.title}",
            reason=words.reason,
            event=rest,
            now=now,
            more=count - len(of_rest),
        )
        parcels.append(Parcel(keys=(), digest=last))
    return tuple(parcels)


def _of_channel(held: list[HeldDelivery], words: Words, now: datetime) -> Iterator[Parcel]:
    posted = _posted(held)
    news = [each for each in held if _is_news(each, posted)]
    if len(news) <= MOST_SINGLE:
        yield Parcel(keys=tuple(each.delivery.key for each in held))
        return
    ready = tuple(each.delivery.key for each in held if each.delivery.kind is DeliveryKind.DIGEST)
    if ready:
        yield Parcel(keys=ready)
    followers = [each for each in held if _is_follower(each, posted)]
    yield from _digests(news, followers, words, now)


def _digests(news: list[HeldDelivery], followers: list[HeldDelivery], words: Words, now: datetime) -> Iterator[Parcel]:
    """Put what is news into digests; what follows a message is told where that is."""
    for some in _pages(news):
        alerts = {each.delivery.alert_id for each in some}
        told = [*some, *(each for each in followers if each.delivery.alert_id in alerts)]
        keys = tuple(each.delivery.key for each in told)
        messages = [each.delivery.message for each in some if isinstance(each.delivery.message, Message)]
        digest = digest_of(
            messages,
            channel=some[0].delivery.channel,
            title=f"{len(messages)} {words.title}",
            reason=words.reason,
            event=f"{words.event} {keys[0]}",
            now=now,
        )
        yield Parcel(keys=keys, digest=digest)


def _pages(news: list[HeldDelivery]) -> Iterator[list[HeldDelivery]]:
    """Cut what is told into digests; the last of very many takes all the rest, and counts what it has no room for."""
    last = (MOST_DIGESTS - 1) * MOST_TOGETHER
    for start in range(0, min(len(news), last + 1), MOST_TOGETHER):
        yield news[start:] if start == last else news[start : start + MOST_TOGETHER]


def _posted(held: Collection[HeldDelivery]) -> set[str]:
    """Return the alerts whose first messages are among these."""
    return {each.delivery.alert_id for each in held if each.delivery.kind is DeliveryKind.POST} - {""}


def _is_follower(held: HeldDelivery, posted: Collection[str]) -> bool:
    return held.delivery.kind is not DeliveryKind.DIGEST and not _is_news(held, posted)


def _is_news(held: HeldDelivery, posted: Collection[str]) -> bool:
    """Say whether a message is an item of its own in a digest: a reply is where its story's first message is not."""
    delivery = held.delivery
    if delivery.kind is DeliveryKind.DIGEST:
        return False
    return delivery.kind is DeliveryKind.POST or delivery.alert_id not in posted
