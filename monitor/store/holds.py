"""Deliveries that are kept back: who waits for what, and how they are let go, told together or given up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from monitor.errors import ConflictError, StoreError
from monitor.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    HeldBack,
    HeldDelivery,
    HeldTotal,
    Hold,
    HoldKind,
    Priority,
)
from monitor.store.engine import portions
from monitor.store.ledger import begins
from monitor.store.outbox import owe, wake
from monitor.store.payload import thaw, title_of
from monitor.store.tables import alert, delivery, destination

_MOST_URGENT = 100  # whose titles are read, of all breakers together
_HELD = delivery.c.state == DeliveryState.HELD


def held_deliveries(
    connection: Connection,
    *,
    over: datetime | None,
    kind: HoldKind | None,
    by: str,
    channel: str,
    at_least: Priority | None,
    key: str,
    alert_id: str,
    after: int,
    limit: int,
) -> tuple[HeldDelivery, ...]:
    """Read what is kept back; see `Store.held_deliveries`. What cannot be read is passed over: it stays held."""
    asked = select(delivery, alert.c.story_id).join(alert, alert.c.id == delivery.c.alert_id, isouter=True)
    if key or alert_id:  # by their own indices; that they are held is looked at in the few rows
        asked = asked.where(*begins(delivery.c.key, key), *([delivery.c.alert_id == alert_id] if alert_id else []))
    else:
        asked = asked.where(_HELD)
    if over is not None:
        asked = asked.where(delivery.c.hold_until <= over)
    if at_least is not None:
        asked = asked.where(alert.c.priority >= at_least)
    if after:
        asked = asked.where(delivery.c.seq > after)
    for column, value in ((delivery.c.hold_kind, kind), (delivery.c.hold_by, by), (delivery.c.channel, channel)):
        if value:
            asked = asked.where(column == value)
    rows = connection.execute(asked.order_by(delivery.c.seq).limit(limit))
    return tuple(found for row in rows if row.state == DeliveryState.HELD and (found := _held(row)))


def holders(connection: Connection) -> tuple[tuple[HoldKind, str], ...]:
    """Say what keeps anything back; see `Store.holders`."""
    rows = connection.execute(select(delivery.c.hold_kind, delivery.c.hold_by).where(_HELD).distinct())
    return tuple(sorted((HoldKind(row.hold_kind), row.hold_by) for row in rows))


def held_back(connection: Connection, breakers: Collection[str]) -> tuple[HeldBack, ...]:
    """Count what breakers hold; see `Store.held_back`."""
    by, channel = delivery.c.hold_by, delivery.c.channel
    posts = (
        _HELD,
        delivery.c.hold_kind == HoldKind.BREAKER,
        by.in_(sorted(breakers)),
        delivery.c.kind == DeliveryKind.POST,
    )
    counts = select(by, channel, func.count().label("stories")).where(*posts).group_by(by, channel)
    urgent = select(delivery).join(alert, alert.c.id == delivery.c.alert_id)
    urgent = urgent.where(*posts, alert.c.priority == Priority.URGENT).order_by(delivery.c.seq).limit(_MOST_URGENT)
    titles: dict[tuple[str, str], list[str]] = {}
    for row in connection.execute(urgent):
        titles.setdefault((row.hold_by, row.channel), []).append(title_of(row.payload))
    return tuple(
        HeldBack(
            breaker=row.hold_by,
            channel=row.channel,
            count=row.stories,
            urgent=tuple(titles.get((row.hold_by, row.channel), ())),
        )
        for row in connection.execute(counts.order_by(by, channel))
    )


def held_totals(connection: Connection, kind: HoldKind, by: str) -> tuple[HeldTotal, ...]:
    """Count what a mute or breaker holds; see `Store.held_totals`."""
    channel, alerts = delivery.c.channel, func.count(delivery.c.alert_id.distinct()).label("alerts")
    counts = select(channel, func.count().label("messages"), alerts, func.max(delivery.c.seq).label("last"))
    rows = connection.execute(counts.where(*_of(kind, by)).group_by(channel).order_by(channel))
    return tuple(
        HeldTotal(channel=row.channel, messages=row.messages, alerts=row.alerts, last=row.last) for row in rows
    )


def release_held(connection: Connection, keys: Collection[str], now: datetime) -> int:
    """Make held deliveries new; see `Store.release_held`."""
    wake(connection, _lock(connection, keys), now)
    return _let_go(connection, keys, {"state": DeliveryState.NEW, "due_at": now, "reason": ""})


def drop_held(connection: Connection, keys: Collection[str], reason: str, now: datetime) -> int:
    """Give held deliveries up; see `Store.drop_held`."""
    _lock(connection, keys)
    return _let_go(connection, keys, {"state": DeliveryState.SKIPPED, "reason": reason, "settled_at": now})


def drop_first_held(connection: Connection, kind: HoldKind, by: str, reason: str, now: datetime, *, limit: int) -> int:
    """Give up the first that one mute or breaker holds; see `Store.drop_first_held`."""
    ended = {"state": DeliveryState.SKIPPED, "reason": reason, "settled_at": now}
    return _change_first(connection, kind, by, ended, limit)


def hold_first_again(connection: Connection, kind: HoldKind, by: str, hold: Hold, *, limit: int) -> int:
    """Keep the first that one mute or breaker holds for another reason; see `Store.hold_first_again`."""
    return _change_first(connection, kind, by, _of_hold(hold), limit)


def _change_first(connection: Connection, kind: HoldKind, by: str, values: dict[str, Any], limit: int) -> int:
    first = connection.scalars(select(delivery.c.key).where(*_of(kind, by)).order_by(delivery.c.seq).limit(limit)).all()
    _lock(connection, first)
    return _let_go(connection, first, values, *_of(kind, by))  # another mute may have them by now


def _of(kind: HoldKind, by: str) -> tuple[ColumnElement[bool], ...]:
    return _HELD, delivery.c.hold_kind == kind, delivery.c.hold_by == by


def fold_held(connection: Connection, digest: Delivery, keys: Collection[str], now: datetime) -> None:
    """Tell held deliveries in one; see `Store.fold_held`.

    Raises:
        ConflictError: one of them is held no more; nothing was written.
    """
    told_there = _lock_alerts(connection, keys)  # before the lanes, as polls do: two would wait for each other
    wake(connection, _lock(connection, keys), now)
    if _let_go(connection, keys, _told_in_digest(now)) != len(set(keys)):
        raise ConflictError("some of these messages are held no more")
    _name_digest(connection, told_there, digest.key)
    owe(connection, [digest], now)


def begin_fold(connection: Connection, digest: Delivery, now: datetime, *, kind: HoldKind, by: str, last: int) -> None:
    """Owe one message for very many held ones; see `Store.begin_fold`.

    Raises:
        ConflictError: more is held by now; nothing was written.
    """
    wake(connection, [digest.channel], now)  # whoever owes here waits: what is held now comes before this digest
    later = select(delivery.c.seq).where(*_of(kind, by), delivery.c.channel == digest.channel, delivery.c.seq > last)
    if connection.scalar(later.limit(1)) is not None:
        raise ConflictError("more is held by now")
    owe(connection, [digest], now)


def go_on_folding(
    connection: Connection, key: str, now: datetime, *, kind: HoldKind, by: str, limit: int
) -> int | None:
    """Settle some of what a digest tells; see `Store.go_on_folding`. A digest that is held goes out by itself."""
    digest = connection.execute(select(delivery.c.seq, delivery.c.channel).where(delivery.c.key == key)).first()
    if digest is None:
        return None
    before = delivery.c.channel == digest.channel, delivery.c.seq < digest.seq, delivery.c.kind != DeliveryKind.DIGEST
    of_it = select(delivery.c.key).where(*_of(kind, by), *before).order_by(delivery.c.seq).limit(limit)
    locked = set(connection.scalars(of_it))
    _lock_alerts(connection, locked)
    _lock_lanes(connection, [digest.channel])
    keys = locked.intersection(connection.scalars(of_it))  # what others have let go of meanwhile is theirs
    told = _let_go(connection, keys, _told_in_digest(now))
    _name_digest(connection, _alerts_of(connection, keys), key)
    return told


def _told_in_digest(now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.SKIPPED, "reason": "told in a digest", "settled_at": now}


def _name_digest(connection: Connection, alerts: Collection[str], key: str) -> None:
    for some in portions(alerts):
        connection.execute(update(alert).where(alert.c.id.in_(some)).values(digest=key))


def hold_again(connection: Connection, keys: Collection[str], hold: Hold) -> int:
    """Keep held deliveries for another reason; see `Store.hold_again`."""
    _lock(connection, keys)
    return _let_go(connection, keys, _of_hold(hold))


def _of_hold(hold: Hold) -> dict[str, Any]:
    return {"hold_kind": hold.kind, "hold_by": hold.by, "hold_until": hold.until, "reason": hold.reason}


def _lock(connection: Connection, keys: Collection[str]) -> set[str]:
    """Lock the lanes of what is held of these, so that nobody owes what follows it meanwhile; return their names."""
    channels: set[str] = set()
    for some in portions(set(keys)):
        channels |= set(connection.scalars(select(delivery.c.channel).where(delivery.c.key.in_(some), _HELD)))
    _lock_lanes(connection, channels)
    return channels


def _lock_lanes(connection: Connection, channels: Iterable[str]) -> None:
    lanes = select(destination.c.name).where(destination.c.name.in_(sorted(channels))).order_by(destination.c.name)
    connection.execute(lanes.with_for_update(key_share=True))


def _lock_alerts(connection: Connection, keys: Collection[str]) -> set[str]:
    """Lock the alerts whose first messages these are; return their ids."""
    posts = _alerts_of(connection, keys)
    for some in portions(posts):
        in_order = select(alert.c.id).where(alert.c.id.in_(some)).order_by(alert.c.id)
        connection.execute(in_order.with_for_update(key_share=True))
    return posts


def _alerts_of(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return the alerts whose first messages these are."""
    posts: set[str] = set()
    for some in portions(set(keys)):
        first = delivery.c.key.in_(some), delivery.c.kind == DeliveryKind.POST, delivery.c.alert_id.is_not(None)
        posts |= set(connection.scalars(select(delivery.c.alert_id).where(*first)))
    return posts


def _let_go(connection: Connection, keys: Collection[str], values: dict[str, Any], *also: ColumnElement[bool]) -> int:
    changed = 0
    for some in portions(set(keys)):
        meant = update(delivery).where(delivery.c.key.in_(some), _HELD, *also)
        changed += connection.execute(meant.values(values)).rowcount
    return changed


def _held(row: Row[Any]) -> HeldDelivery | None:
    try:
        message = thaw(row.payload)
    except StoreError:
        return None
    return HeldDelivery(
        delivery=Delivery(
            key=row.key,
            alert_id=row.alert_id or "",
            channel=row.channel,
            kind=DeliveryKind(row.kind),
            message=message,
            created_at=row.created_at,
            hold=hold_of(row),
        ),
        seq=row.seq,
        story_id=row.story_id or "",
    )


def hold_of(row: Row[Any]) -> Hold:
    """Make the hold of a row of `delivery` that has one."""
    return Hold(kind=HoldKind(row.hold_kind), reason=row.reason, until=row.hold_until, by=row.hold_by)
