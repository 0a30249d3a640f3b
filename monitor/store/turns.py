"""When hosts may be asked again, among all daemons that share the store."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, update

from monitor.model import HostTurn
from monitor.store.engine import insert
from monitor.store.tables import host

_FORGOTTEN = timedelta(days=1)
_CHANGE = (
    update(host).where(host.c.name == bindparam("changed")).values(free_at=bindparam("free"), turn_at=bindparam("turn"))
)


def take_turns(
    connection: Connection, hosts: Collection[str], *, now: datetime, spacing: timedelta
) -> dict[str, datetime]:
    """Begin requests; see `Store.take_turns`. Rows are locked in the order of their names, in every daemon."""
    names = sorted(set(hosts))
    if not names:
        return {}
    new = [{"name": name, "free_at": now, "turn_at": now} for name in names]
    connection.execute(insert(connection, host).on_conflict_do_nothing(), new)
    waits: dict[str, datetime] = {}
    changes = []
    locked = select(host).where(host.c.name.in_(names)).order_by(host.c.name).with_for_update()
    for row in connection.execute(locked).all():
        wait, after = HostTurn(free_at=row.free_at, turn_at=row.turn_at).take(now, spacing)
        changes.append({"changed": row.name, "free": after.free_at, "turn": after.turn_at})
        if wait is not None:
            waits[row.name] = wait
    connection.execute(_CHANGE, changes)
    return waits


def forget_hosts(connection: Connection, now: datetime) -> None:
    """Forget the hosts that nobody has asked for a day; one that is being asked again this moment is passed over."""
    old = select(host.c.name).where(host.c.turn_at < now - _FORGOTTEN, host.c.free_at < now - _FORGOTTEN)
    in_order = old.order_by(host.c.name).with_for_update(skip_locked=True)  # as `take_turns` locks them
    connection.execute(delete(host).where(host.c.name.in_(in_order)))
