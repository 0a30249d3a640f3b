"""Chores: what one daemon does for all that share the store, under the same lease as a feed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from monitor.errors import LeaseLostError
from monitor.model import ChoreLease
from monitor.store.engine import insert
from monitor.store.tables import chore

_LONGEST_WAIT = timedelta(days=8)  # no chore waits so long on purpose: the clock was wrong


def claim_chore(connection: Connection, name: str, *, now: datetime, lease: timedelta) -> ChoreLease | None:
    """Lease a chore that is due; see `Store.claim_chore`. Most often it is not, and nothing is written."""
    due = connection.scalar(select(chore.c.due).where(chore.c.name == name))
    if due is not None and due > now:
        return None
    if due is None:
        first = {"name": name, "due": now, "token": 0, "strikes": 0}
        connection.execute(insert(connection, chore).on_conflict_do_nothing(), [first])
    taken = update(chore).where(chore.c.name == name, chore.c.due <= now)
    taken = taken.values(due=now + lease, token=chore.c.token + 1, strikes=chore.c.strikes + 1)
    row = connection.execute(taken.returning(chore.c.token, chore.c.strikes)).one_or_none()
    return None if row is None else ChoreLease(name=name, token=row.token, strikes=row.strikes - 1)


def finish_chore(connection: Connection, lease: ChoreLease, due: datetime) -> None:
    """End a lease; see `Store.finish_chore`."""
    held = update(chore).where(chore.c.name == lease.name, chore.c.token == lease.token)
    ended = held.values(due=due, token=chore.c.token + 1, strikes=0)
    if connection.execute(ended).rowcount != 1:
        raise LeaseLostError(f"the lease on the chore {lease.name} has ended")


def adopt_chores(connection: Connection, now: datetime) -> None:
    """End every lease on a chore, and every wait that a wrong clock has set; see `Store.adopt`."""
    left = update(chore).where(or_(chore.c.strikes > 0, chore.c.due > now + _LONGEST_WAIT))
    connection.execute(left.values(due=now, token=chore.c.token + 1))
