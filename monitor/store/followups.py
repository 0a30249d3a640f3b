"""Replies and edits in the outbox: which message they follow, and when they have nothing left to do.

A reply is worth something by itself, an edit is not. So a reply waits only for a message that is still to be sent and
stands alone where that never arrived, while an edit waits for as long as nobody knows, gives way to a newer one, and is
skipped where there is nothing to change.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from monitor.errors import StoreError
from monitor.model import (
    Acknowledged,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Hold,
    HoldKind,
    Parent,
    Retry,
    Skipped,
)
from monitor.store.payload import freeze, thaw
from monitor.store.tables import alert, delivery

EDIT_PACE: Final = timedelta(seconds=30)  # between two edits of one message
_A_MOMENT: Final = timedelta(seconds=1)
_FOLLOWUPS: Final = (DeliveryKind.REPLY, DeliveryKind.EDIT)
_ALIVE: Final = (DeliveryState.NEW, DeliveryState.SENDING, DeliveryState.SENT)


def make_room_for_edits(connection: Connection, deliveries: Collection[Delivery], now: datetime) -> dict[str, datetime]:
    """Forget the edits that these replace before they are sent, and say when the new ones are due.

    That is by alert, or by the key of what is edited where it is about no entry.

    The caller holds the lock on their destinations.
    """
    edits = [item for item in deliveries if item.kind is DeliveryKind.EDIT]
    if not edits:
        return {}
    subjects = sorted({item.alert_id or item.follows for item in edits})
    of_these = _about(subjects), delivery.c.kind == DeliveryKind.EDIT
    replaced = delete(delivery).where(*of_these, delivery.c.state == DeliveryState.NEW)
    waits = [(row.alert_id or row.follows, row.due_at) for row in connection.execute(replaced.returning(delivery))]
    attempts = select(delivery.c.alert_id, delivery.c.follows, func.max(delivery.c.attempted_at).label("last"))
    for row in connection.execute(attempts.where(*of_these).group_by(delivery.c.alert_id, delivery.c.follows)):
        waits += [(row.alert_id or row.follows, row.last + EDIT_PACE)] if row.last else []
    return {each: max([now, *(at for of, at in waits if of == each)]) for each in subjects}


def _about(subjects: Sequence[str]) -> ColumnElement[bool]:
    """Say which rows are about these alerts, or change messages with these keys, which are about no entry."""
    follows = (delivery.c.follows != "") & delivery.c.follows.in_(subjects)  # as the index says it
    return or_(delivery.c.alert_id.in_(subjects), follows)


def wait_with_held(connection: Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return these deliveries, as they are to be owed where the message that they follow is held.

    A reply is held as well, for as long, unless it is muted itself; an edit is written into what nobody has seen yet.
    The caller holds the lock on their destinations, without which no hold ends.
    """
    followed = sorted({item.alert_id for item in deliveries if item.kind in _FOLLOWUPS})
    if not followed:
        return list(deliveries)
    posts = delivery.c.alert_id.in_(followed), delivery.c.kind == DeliveryKind.POST
    held = select(delivery).where(*posts, delivery.c.state == DeliveryState.HELD)
    held_of = {row.alert_id: row for row in connection.execute(held)}
    owed: list[Delivery] = []
    for item in deliveries:
        row = held_of.get(item.alert_id) if item.kind in _FOLLOWUPS else None
        if row is None:
            owed.append(item)
        elif item.kind is DeliveryKind.REPLY:
            hold = Hold(kind=HoldKind(row.hold_kind), reason=row.reason, until=row.hold_until, by=row.hold_by)
            muted = item.hold is not None and item.hold.kind is HoldKind.MUTE
            owed.append(item if muted else replace(item, hold=hold))
        else:
            connection.execute(update(delivery).where(delivery.c.seq == row.seq).values(payload=freeze(item.message)))
    return owed


def with_acknowledgement(connection: Connection, item: Delivery) -> Delivery:
    """Say in a first message, and in every change of it, who takes care of the alert: as it stands now."""
    if item.kind not in (DeliveryKind.POST, DeliveryKind.EDIT) or isinstance(item.message, Digest):
        return item
    row = connection.execute(select(alert).where(alert.c.id == item.alert_id)).one_or_none()
    if row is None or row.acknowledged_at is None:
        return item
    taken = Acknowledged(by=row.acknowledged_by, at=row.acknowledged_at)
    return replace(item, message=replace(item.message, acknowledged=taken))


def find_parent(connection: Connection, row: Row[Any], now: datetime) -> Parent | Skipped | Retry | None:
    """Return the message that a claimed delivery follows, None where it stands alone, or why it is not sent now."""
    if row.kind not in _FOLLOWUPS:
        return None
    found = _parent_row(connection, row)
    if row.kind == DeliveryKind.REPLY:
        return _parent_of_reply(row, found, now)
    if _is_superseded(connection, row):
        return Skipped(reason="a newer edit takes its place")
    return _parent_of_edit(row, found, now)


def _parent_of_reply(row: Row[Any], found: Row[Any] | None, now: datetime) -> Parent | Retry | None:
    if found is None:
        return None
    if found.state == DeliveryState.NEW and row.state == DeliveryState.NEW:
        return _wait_for(found, now)
    return _parent(found)


def _parent_of_edit(row: Row[Any], found: Row[Any] | None, now: datetime) -> Parent | Skipped | Retry:
    if found is None or found.state in (DeliveryState.DEAD, DeliveryState.SKIPPED):
        return Skipped(reason="the message that it changes was never sent")
    if found.state != DeliveryState.SENT and row.state == DeliveryState.NEW:
        return _wait_for(found, now)
    parent = _parent(found)
    if parent is None or isinstance(parent.message, Digest):
        return Skipped(reason="there is no message of its own to change")
    return parent


def _wait_for(found: Row[Any], now: datetime) -> Retry:
    return Retry(at=max(found.due_at, now + _A_MOMENT), reason="waits for the message that it follows")


def _parent(found: Row[Any] | None) -> Parent | None:
    """Read the parent, if it has surely arrived and can be read."""
    if found is None or found.state != DeliveryState.SENT:
        return None
    try:
        return Parent(key=found.key, ref=found.ref, message=thaw(found.payload))
    except StoreError:  # a damaged row costs the thread, and no message
        return None


def _parent_row(connection: Connection, row: Row[Any]) -> Row[Any] | None:
    if row.follows:
        return connection.execute(select(delivery).where(delivery.c.key == row.follows)).one_or_none()
    digest = select(alert.c.digest).where(alert.c.id == row.alert_id).scalar_subquery()
    own = (delivery.c.alert_id == row.alert_id) & (delivery.c.kind == DeliveryKind.POST)
    either = select(delivery).where(or_(own, delivery.c.key == digest))
    return connection.execute(either.order_by(delivery.c.seq.desc()).limit(1)).one_or_none()  # the digest tells it now


def _is_superseded(connection: Connection, row: Row[Any]) -> bool:
    newer = select(delivery.c.seq).where(
        _about([row.alert_id or row.follows]),
        delivery.c.kind == DeliveryKind.EDIT,
        delivery.c.seq > row.seq,
        delivery.c.state.in_(_ALIVE),
    )
    return connection.execute(newer.limit(1)).first() is not None
