"""What is told after all: a few held messages go out as they are, many become one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from monitor.decide.owed import digest_of
from monitor.model import Delivery, DeliveryKind, HeldDelivery, Message

MOST_SINGLE = 5  # held messages of a channel that go out one by one
MOST_DIGESTS = 10  # for one channel
MOST_TOGETHER = 25  # in one digest: so many have room in Slack, and none is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Held messages of one channel that are told together, or each by itself."""

    keys: tuple[str, ...]
    digest: Delivery | None = None  # that tells them; None = they go out as they are


def parcels_of(
    held: Collection[HeldDelivery], *, title: str, reason: str, event: str, now: datetime
) -> tuple[Parcel, ...]:
    """Pack held messages, channel by channel: up to five as they are, more as digests that name each.

    A reply to a message of the same digest is told by it. What is a digest already goes out as it is. `title` follows
    the number of messages, `event` says what let them go: one event tells a message once.
    """
    in_order = sorted(held, key=lambda each: (each.delivery.channel, each.seq))
    return tuple(
        parcel
        for channel, some in groupby(in_order, key=lambda each: each.delivery.channel)
        for parcel in _of_channel(list(some), channel, title=title, reason=reason, event=event, now=now)
    )


def _of_channel(
    held: list[HeldDelivery], channel: str, *, title: str, reason: str, event: str, now: datetime
) -> Iterator[Parcel]:
    posted = {each.delivery.alert_id for each in held if each.delivery.kind is DeliveryKind.POST} - {""}
    news = [each for each in held if _is_news(each, posted)]
    if len(news) <= MOST_SINGLE:
        yield Parcel(keys=tuple(each.delivery.key for each in held))
        return
    ready = tuple(each.delivery.key for each in held if each.delivery.kind is DeliveryKind.DIGEST)
    if ready:
        yield Parcel(keys=ready)
    followers = [each for each in held if each.delivery.kind is not DeliveryKind.DIGEST and not _is_news(each, posted)]
    for some in _pages(news):
        alerts = {each.delivery.alert_id for each in some}
        told = [*some, *(each for each in followers if each.delivery.alert_id in alerts)]
        keys = tuple(each.delivery.key for each in told)
        messages = [each.delivery.message for each in some if isinstance(each.delivery.message, Message)]
        digest = digest_of(
            messages,
            channel=channel,
            title=f"{len(messages)} {title}",
            reason=reason,
            event=f"{event} {keys[0]}",
            now=now,
        )
        yield Parcel(keys=keys, digest=digest)


def _pages(news: list[HeldDelivery]) -> Iterator[list[HeldDelivery]]:
    """Cut what is told into digests; the last of very many takes all the rest, and counts what it has no room for."""
    last = (MOST_DIGESTS - 1) * MOST_TOGETHER
    for start in range(0, min(len(news), last + 1), MOST_TOGETHER):
        yield news[start:] if start == last else news[start : start + MOST_TOGETHER]


def _is_news(held: HeldDelivery, posted: Collection[str]) -> bool:
    """Say whether a message is an item of its own in a digest: a reply is where its story's first message is not."""
    delivery = held.delivery
    if delivery.kind is DeliveryKind.DIGEST:
        return False
    return delivery.kind is DeliveryKind.POST or delivery.alert_id not in posted
