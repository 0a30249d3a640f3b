"""Lanes: what is owed to each destination is sent in order, one at a time.

A destination is a lane: whoever leases it sends its next delivery. It is due when its earliest delivery is (NULL: none
is owed), and `hold_until` keeps it still for its pace and while order is being kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, false, func, or_, select, true, update
from sqlalchemy.sql.selectable import ScalarSelect

from monitor.errors import LeaseLostError, StoreError
from monitor.model import (
    ClaimedDelivery,
    Dead,
    Delivery,
    DeliveryKind,
    DeliveryState,
    InDoubt,
    Parent,
    Retry,
    Sent,
    Settlement,
    Skipped,
)
from monitor.store.followups import find_parent, with_acknowledgement
from monitor.store.payload import thaw
from monitor.store.tables import delivery, destination

_LONGEST_WAIT: Final = timedelta(hours=36)  # nobody waits so long on purpose: the clock was wrong
_SETTLED_AT_ONCE: Final = 50  # deliveries of a lane that need no sending, in one claim
_PENDING: Final = (DeliveryState.NEW, DeliveryState.SENDING)


# -- claiming ----------------------------------------------------------------------------------------------------------


def claim_deliveries(
    connection: Connection, channels: Collection[str], *, now: datetime, lease: timedelta, limit: int
) -> tuple[ClaimedDelivery, ...]:
    """Lease destinations and write the intents to send; see `Store.claim_deliveries`."""
    tokens = _lock_lanes(connection, channels, now=now, limit=limit)
    if not tokens:
        return ()
    next_of = _choose(connection, tokens, now)
    _put_to_sleep(connection, tokens.keys() - next_of.keys())
    if not next_of:
        return ()
    taken = update(destination).where(destination.c.name.in_(sorted(next_of)))
    taken = taken.values(due=now + lease, leased=true(), token=destination.c.token + 1)
    connection.execute(taken.values(strikes=destination.c.strikes + 1))
    _write_intents(connection, [row.seq for row, _ in next_of.values() if row.state == DeliveryState.NEW], now)
    return tuple(_claimed(*next_of[name], token + 1, now + lease) for name, token in tokens.items() if name in next_of)


def _lock_lanes(connection: Connection, channels: Collection[str], *, now: datetime, limit: int) -> dict[str, int]:
    """Lock destinations that are due and return their tokens, the longest due first."""
    held = destination.c.hold_until
    ready = (
        select(destination.c.name, destination.c.token)
        .where(destination.c.name.in_(sorted(channels)), destination.c.due <= now, or_(held.is_(None), held <= now))
        .order_by(destination.c.due, destination.c.name)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return {row.name: row.token for row in connection.execute(ready)}


def _choose(connection: Connection, names: Collection[str], now: datetime) -> dict[str, tuple[Row[Any], Delivery]]:
    """Return each lane's next delivery that is to be sent now; what needs no sending is settled on the way."""
    chosen: dict[str, tuple[Row[Any], Delivery]] = {}
    for _ in range(_SETTLED_AT_ONCE):
        set_aside = False
        for name, row in _next_deliveries(connection, names - chosen.keys(), now).items():
            found = _ready(connection, row, now)
            if isinstance(found, Delivery):
                chosen[name] = row, found
                continue
            set_aside = True
            connection.execute(update(delivery).where(delivery.c.seq == row.seq).values(_ending(found, now)))
        if not set_aside:
            break
    return chosen


def _next_deliveries(connection: Connection, names: Collection[str], now: datetime) -> dict[str, Row[Any]]:
    """Return each lane's next delivery, if one is due: first one that an earlier attempt left, then the oldest new.

    Edits come last: a counter holds up no news.
    """

    def oldest(state: DeliveryState, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
        due = select(delivery.c.seq).where(delivery.c.channel == destination.c.name, delivery.c.state == state)
        return due.where(delivery.c.due_at <= now, *conditions).order_by(delivery.c.seq).limit(1).scalar_subquery()

    left, edit = oldest(DeliveryState.SENDING), oldest(DeliveryState.NEW)
    news = oldest(DeliveryState.NEW, delivery.c.kind != DeliveryKind.EDIT)
    first = select(func.coalesce(left, news, edit)).where(destination.c.name.in_(sorted(names)))
    found = select(delivery).where(delivery.c.seq.in_(connection.scalars(first).all()))
    return {row.channel: row for row in connection.execute(found)}


def _ready(connection: Connection, row: Row[Any], now: datetime) -> Delivery | Settlement:
    """Return what is to be sent, or how it ends, or waits, without: what cannot be read holds up no other message."""
    parent = find_parent(connection, row, now)
    if isinstance(parent, Settlement):
        return parent
    try:
        return with_acknowledgement(connection, _delivery(row, parent))
    except StoreError as error:
        return Dead(reason=str(error))


def _put_to_sleep(connection: Connection, names: Collection[str]) -> None:
    """Give back lanes that have nothing due, until their next delivery is; NULL where nothing is owed."""
    if not names:
        return
    pending = (delivery.c.channel == destination.c.name) & delivery.c.state.in_(_PENDING)
    earliest = select(func.min(delivery.c.due_at)).where(pending).scalar_subquery()
    asleep = update(destination).where(destination.c.name.in_(sorted(names)))
    connection.execute(asleep.values(due=earliest, leased=false()))


def _write_intents(connection: Connection, seqs: Collection[int], now: datetime) -> None:
    """Note that these are about to be sent: a worker that dies from here on leaves them in doubt, to be looked up."""
    if not seqs:
        return
    intent = {"state": DeliveryState.SENDING, "due_at": now, "attempted_at": now}
    begun = update(delivery).where(delivery.c.seq.in_(seqs))
    connection.execute(begun.values(**intent, attempts=delivery.c.attempts + 1))


def _delivery(row: Row[Any], parent: Parent | None) -> Delivery:
    return Delivery(
        key=row.key,
        alert_id=row.alert_id or "",
        channel=row.channel,
        kind=DeliveryKind(row.kind),
        message=thaw(row.payload),
        created_at=row.created_at,
        attempts=row.attempts if row.state == DeliveryState.SENDING else row.attempts + 1,
        parent=parent,
        follows=row.follows,
    )


def _claimed(row: Row[Any], found: Delivery, token: int, until: datetime) -> ClaimedDelivery:
    in_doubt = row.state == DeliveryState.SENDING
    since = row.attempted_at if in_doubt else None
    held = bool(row.hold_kind)
    return ClaimedDelivery(delivery=found, token=token, until=until, in_doubt_since=since, was_held=held)


def adopt_lanes(connection: Connection, now: datetime, *, settle: timedelta) -> None:
    """End every lease on a destination; see `Store.adopt`."""
    attempt = (delivery.c.channel == destination.c.name) & (delivery.c.state == DeliveryState.SENDING)
    in_doubt = select(delivery.c.seq).where(attempt).exists()
    hold = case((in_doubt, bindparam("hold", now + settle, destination.c.due.type)))
    leased = update(destination).where(destination.c.leased)
    connection.execute(leased.values(due=now, leased=false(), token=destination.c.token + 1, hold_until=hold))
    mad = now + _LONGEST_WAIT
    parked = update(destination).where(or_(destination.c.due > mad, destination.c.hold_until > mad))
    connection.execute(parked.values(due=now, hold_until=None))
    pending = update(delivery).where(delivery.c.state.in_(_PENDING), delivery.c.due_at > mad)
    connection.execute(pending.values(due_at=now))


# -- settling ----------------------------------------------------------------------------------------------------------


def settle(
    connection: Connection, claimed: ClaimedDelivery, settlement: Settlement, *, now: datetime, pace: timedelta
) -> None:
    """Write how an attempt ended and give the lane back; see `Store.settle`."""
    hold = max(now + pace, _held_until(settlement) or now)
    ended = {"leased": False, "token": destination.c.token + 1, "strikes": 0, "hold_until": hold}
    _fenced(connection, claimed, ended)
    attempt = update(delivery).where(delivery.c.key == claimed.delivery.key)
    connection.execute(attempt.values(_ending(settlement, now)))
    lane = destination.c.name == claimed.delivery.channel
    owed = select(delivery.c.seq).where(delivery.c.channel == destination.c.name, delivery.c.state.in_(_PENDING))
    due = case((owed.exists(), bindparam("hold", hold, destination.c.due.type)))
    connection.execute(update(destination).where(lane).values(due=due))


def resend(connection: Connection, claimed: ClaimedDelivery, *, now: datetime, lease: timedelta) -> ClaimedDelivery:
    """Write a new intent under the same lease; see `Store.resend`."""
    _fenced(connection, claimed, {"due": now + lease})
    attempts = claimed.delivery.attempts + 1
    attempt = update(delivery).where(delivery.c.key == claimed.delivery.key)
    connection.execute(attempt.values(due_at=now, attempted_at=now, attempts=attempts))
    again = replace(claimed.delivery, attempts=attempts)
    return ClaimedDelivery(delivery=again, token=claimed.token, until=now + lease, was_held=claimed.was_held)


def _fenced(connection: Connection, claimed: ClaimedDelivery, values: dict[str, Any]) -> None:
    """Change a leased lane, and lock it.

    Raises:
        LeaseLostError: the lease has ended.
    """
    lane = destination.c.name == claimed.delivery.channel
    held = update(destination).where(lane, destination.c.token == claimed.token)
    if connection.execute(held.values(values)).rowcount != 1:
        raise LeaseLostError(f"the lease on channel {claimed.delivery.channel} has ended")


def _held_until(settlement: Settlement) -> datetime | None:
    match settlement:
        case Retry(hold_lane_until=until):
            return until
        case InDoubt(look_up_at=at, hold_lane=True):
            return at
        case _:
            return None


def _ending(settlement: Settlement, now: datetime) -> dict[str, Any]:
    match settlement:
        case Sent(ref=ref):
            return {"state": DeliveryState.SENT, "ref": ref, "reason": "", "settled_at": now}
        case Retry(at=at, reason=reason):
            return {"state": DeliveryState.NEW, "due_at": at, "reason": reason}
        case InDoubt(look_up_at=at, reason=reason):
            return {"state": DeliveryState.SENDING, "due_at": at, "reason": reason}
        case Dead(reason=reason):
            return {"state": DeliveryState.DEAD, "reason": reason, "settled_at": now}
        case Skipped(reason=reason):
            return {"state": DeliveryState.SKIPPED, "reason": reason, "settled_at": now}
