"""What operators see: which daemons live, how the feeds are, what is owed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, func, select

from monitor.model import DeliveryState
from monitor.ports import DeadReport, NodeReport, StatusReport
from monitor.store.engine import insert
from monitor.store.feeds import feed_state
from monitor.store.payload import thaw
from monitor.store.tables import alert, delivery, entry, feed, node

_SILENT = timedelta(days=1)
_DEAD_SHOWN = 20


def beat(connection: Connection, report: NodeReport) -> None:
    """Note that a daemon is alive; see `Store.beat`."""
    row = {column.name: getattr(report, column.name) for column in node.c}
    alive = insert(connection, node).values(row)
    connection.execute(alive.on_conflict_do_update(index_elements=[node.c.name], set_=row))
    connection.execute(delete(node).where(node.c.beat_at < report.beat_at - _SILENT))


def status(connection: Connection) -> StatusReport:
    """Take one look at the whole state; see `Store.status`."""
    nodes = connection.execute(select(node).order_by(node.c.name))
    feeds = connection.execute(select(feed).where(feed.c.active).order_by(feed.c.name, feed.c.id))
    states = connection.execute(select(delivery.c.state, func.count().label("rows")).group_by(delivery.c.state)).all()
    return StatusReport(
        nodes=tuple(NodeReport(**row._mapping) for row in nodes),  # noqa: SLF001 - SQLAlchemy's public name
        feeds=tuple(feed_state(row) for row in feeds),
        entries=connection.scalar(select(func.count()).select_from(entry)) or 0,
        alerts=connection.scalar(select(func.count()).select_from(alert)) or 0,
        deliveries={state.value: 0 for state in DeliveryState} | {row.state: row.rows for row in states},
        dead=_dead(connection),
    )


def _dead(connection: Connection) -> tuple[DeadReport, ...]:
    dead = select(delivery).where(delivery.c.state == DeliveryState.DEAD)
    rows = connection.execute(dead.order_by(delivery.c.settled_at.desc(), delivery.c.seq.desc()).limit(_DEAD_SHOWN))
    return tuple(
        DeadReport(
            key=row.key,
            channel=row.channel,
            title=thaw(row.payload).title.text,
            reason=row.reason,
            since=row.settled_at,
        )
        for row in rows
    )
