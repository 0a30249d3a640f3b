"""The outbox: what is owed to each destination; `lanes` has how it is sent.

Whoever writes deliveries locks their destination before, and whoever decides when a destination is due again looks at
its deliveries under that lock, in a later statement: so no delivery is written unseen and waits for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, case, or_, select, update

from monitor.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
)
from monitor.store.engine import insert
from monitor.store.followups import make_room_for_edits, wait_with_held
from monitor.store.payload import freeze
from monitor.store.prepared import prepared
from monitor.store.tables import delivery, destination


def owe(connection: Connection, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Add deliveries to the outbox and wake their destinations; one that is there already stays as it is.

    An edit takes the place of one that is still to be sent. What follows a message that is held waits with it.
    """
    if not deliveries:
        return
    wake(connection, {item.channel for item in deliveries}, now)
    deliveries = wait_with_held(connection, deliveries)
    edits_due = make_room_for_edits(connection, deliveries, now)
    due = {item.key: edits_due[item.alert_id or item.follows] for item in deliveries if item.kind is DeliveryKind.EDIT}
    _new_deliveries(connection, [_delivery_values(item, due.get(item.key, now)) for item in deliveries])


def _delivery_values(item: Delivery, due: datetime) -> tuple[Any, ...]:
    """Return the values of a delivery's row, in the order of `_OF_DELIVERY`."""
    hold = item.hold
    held = (hold.reason, hold.kind, hold.by, hold.until) if hold else ("", "", "", None)
    state = DeliveryState.HELD if hold else DeliveryState.NEW
    owed = item.key, item.alert_id or None, item.channel, item.kind, state, freeze(item.message)
    return *owed, due, item.created_at, 0, "", item.follows, *held


_OF_DELIVERY = (
    *("key", "alert_id", "channel", "kind", "state", "payload", "due_at", "created_at", "attempts", "ref", "follows"),
    *("reason", "hold_kind", "hold_by", "hold_until"),
)


@prepared(*_OF_DELIVERY)
def _new_deliveries(connection: Connection) -> Insert:
    return insert(connection, delivery).on_conflict_do_nothing()


def announce(connection: Connection, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Owe messages that are about no entry; see `Store.announce`. Known ones wake nobody: they are asked for often."""
    keys = sorted(item.key for item in deliveries)
    known = set(connection.scalars(select(delivery.c.key).where(delivery.c.key.in_(keys))))
    owe(connection, [item for item in deliveries if item.key not in known], now)


def wake(connection: Connection, channels: Iterable[str], now: datetime) -> None:
    """Make destinations due now, and lock them until the transaction ends; a leased one looks for itself at its end."""
    _awake(connection, [(name, now, False, 0, 0) for name in sorted(channels)])


@prepared("name", "due", "leased", "token", "strikes")
def _awake(connection: Connection) -> Insert:
    new = insert(connection, destination)
    due, asked = destination.c.due, new.excluded.due
    sooner = case((destination.c.leased, due), (or_(due.is_(None), due > asked), asked), else_=due)
    return new.on_conflict_do_update(index_elements=[destination.c.name], set_={"due": sooner})


def replay(connection: Connection, *, now: datetime, channel: str | None, key: str | None) -> int:
    """Make dead deliveries new; see `Store.replay`. Their attempts begin anew, or the first failure would end them."""
    dead = delivery.c.state == DeliveryState.DEAD
    if channel is not None:
        dead &= delivery.c.channel == channel
    if key is not None:
        dead &= delivery.c.key == key
    channels = connection.scalars(select(delivery.c.channel).where(dead).distinct()).all()
    if not channels:
        return 0
    wake(connection, channels, now)
    again = update(delivery).where(dead, delivery.c.channel.in_(channels))
    values = {"state": DeliveryState.NEW, "due_at": now, "attempts": 0, "settled_at": None, "reason": ""}
    return connection.execute(again.values(values)).rowcount
