"""What a clock that was ahead has left behind: times to wait for that nobody means."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, case, false, func, literal, not_, or_, select, update

from monitor.model import DeliveryState
from monitor.store.tables import chore, delivery, destination, feed

SKEW: Final = timedelta(minutes=5)  # between the clocks of daemons
_LOST: Final = timedelta(hours=1)  # a lease that runs for longer was begun by a clock that was ahead
_LOOKED_AT: Final = 100  # feeds


def right_by_now(connection: Connection, now: datetime) -> datetime:
    """Return the later one of this clock and the database's: who is late himself must not take others to be ahead."""
    if connection.dialect.name != "postgresql":
        return now
    server: datetime = connection.execute(select(func.statement_timestamp())).scalar_one()
    return max(now, server)


def was_ahead(connection: Connection, now: datetime) -> bool:
    """Say whether feeds were polled in what is the future now; see `Store.was_ahead`.

    They are due last of all, so that a few of those are looked at, by the index.
    """
    last = select(feed.c.polled_at, feed.c.failing_since).where(feed.c.active, feed.c.paused_at.is_(None))
    last = last.where(feed.c.due > now).order_by(feed.c.due.desc(), feed.c.id.desc()).limit(_LOOKED_AT)
    return any(at is not None and at > now + SKEW for row in connection.execute(last) for at in row)


def set_back(connection: Connection, now: datetime, *, settle: timedelta) -> None:
    """Have nothing wait for such times; see `Store.set_back`."""
    polled = or_(feed.c.polled_at > now, feed.c.failing_since > now)
    waiting = update(feed).where(feed.c.strikes == 0, feed.c.due > now, polled)
    connection.execute(waiting.values(due=now))
    _set_lanes_back(connection, now, settle)
    connection.execute(update(chore).where(chore.c.strikes == 0, chore.c.due > now).values(due=now))


def end_lost_leases(connection: Connection, now: datetime, *, settle: timedelta) -> None:
    """End the leases that no right clock can have begun; see `Store.set_back`."""
    for leased, table in ((feed.c.strikes > 0, feed), (chore.c.strikes > 0, chore)):
        lost = update(table).where(leased, table.c.due > now + _LOST)
        connection.execute(lost.values(due=now, token=table.c.token + 1))
    lost = update(destination).where(destination.c.leased, destination.c.due > now + _LOST)
    ended = {"leased": false(), "token": destination.c.token + 1, "due": now, "hold_until": now + settle}
    connection.execute(lost.values(ended))


def _set_lanes_back(connection: Connection, now: datetime, settle: timedelta) -> None:
    """Make due what waits in lanes; what is being sent is left alone, what is in doubt is looked up `settle` from now.

    A wait that a destination has asked for goes as well: it asks again.
    """
    idle = not_(destination.c.leased), or_(destination.c.due > now, destination.c.hold_until > now)
    at_once = case((destination.c.due.is_not(None), literal(now, destination.c.due.type)))
    connection.execute(update(destination).where(*idle).values(due=at_once, hold_until=None))
    for state, due in ((DeliveryState.NEW, now), (DeliveryState.SENDING, now + settle)):
        late = update(delivery).where(delivery.c.state == state, delivery.c.due_at > due)
        connection.execute(late.values(due_at=due))
