"""What operators see: which daemons live, how the feeds are, what is owed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, func, select

from monitor.model import DeliveryState
from monitor.ports import DeadReport, NodeReport, OwedReport, StatusReport
from monitor.store.engine import insert
from monitor.store.feeds import feed_state
from monitor.store.payload import title_of
from monitor.store.tables import alert, delivery, entry, feed, node

_SILENT = timedelta(days=1)
_DEAD_SHOWN = 20


def beat(connection: Connection, report: NodeReport) -> None:
    """Note that a daemon is alive; see `Store.beat`."""
    row = {column.name: getattr(report, column.name) for column in node.c}
    alive = insert(connection, node).values(row)
    connection.execute(alive.on_conflict_do_update(index_elements=[node.c.name], set_=row))
    connection.execute(delete(node).where(node.c.beat_at < report.beat_at - _SILENT))


def leave(connection: Connection, name: str) -> None:
    """Forget a daemon; see `Store.leave`."""
    connection.execute(delete(node).where(node.c.name == name))


def forget_nodes(connection: Connection) -> None:
    """Forget every daemon: whoever has the store for itself knows that the others are dead."""
    connection.execute(delete(node))


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
        owed=_owed(connection),
        dead=_dead(connection),
    )


def _owed(connection: Connection) -> tuple[OwedReport, ...]:
    pending = delivery.c.state.in_((DeliveryState.NEW, DeliveryState.SENDING))
    owed = select(
        delivery.c.channel,
        func.count().label("count"),
        func.min(delivery.c.created_at).label("since"),
        func.max(delivery.c.reason).label("reason"),
    )
    rows = connection.execute(owed.where(pending).group_by(delivery.c.channel).order_by(delivery.c.channel))
    return tuple(OwedReport(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name


def _dead(connection: Connection) -> tuple[DeadReport, ...]:
    dead = select(delivery).where(delivery.c.state == DeliveryState.DEAD)
    rows = connection.execute(dead.order_by(delivery.c.settled_at.desc(), delivery.c.seq.desc()).limit(_DEAD_SHOWN))
    return tuple(
        DeadReport(
            key=row.key,
            channel=row.channel,
            title=title_of(row.payload),
            reason=row.reason,
            since=row.settled_at,
        )
        for row in rows
    )
