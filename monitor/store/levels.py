"""What is watched all the time: few numbers, each found in an index or a small table."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from monitor.errors import Cause
from monitor.model import DeliveryState
from monitor.ports import LaneLevel, Levels
from monitor.store.tables import breaker, delivery, feed, node

_UNSETTLED = (DeliveryState.NEW, DeliveryState.SENDING, DeliveryState.HELD, DeliveryState.DEAD)


def levels(connection: Connection, now: datetime, *, in_doubt_after: timedelta, dead_after: timedelta) -> Levels:
    """Count what is watched all the time; see `Store.levels`."""
    waiting = feed.c.active & feed.c.paused_at.is_(None)
    return Levels(
        feeds=_feeds(connection),
        feed_due=connection.scalar(select(func.min(feed.c.due)).where(waiting, feed.c.due <= now)),
        lanes=_lanes(connection, now - in_doubt_after),
        breakers=_count(connection, breaker.c.ended_at.is_(None)),
        nodes=_count(connection, node.c.beat_at > now - dead_after),
    )


def _feeds(connection: Connection) -> dict[str, int]:
    health = case((feed.c.paused_at.is_not(None), "paused"), else_=func.coalesce(feed.c.cause, "ok"))
    watched = select(health.label("health")).where(feed.c.active).subquery()
    counted = select(watched.c.health, func.count().label("rows")).group_by(watched.c.health)
    rows = {row.health: row.rows for row in connection.execute(counted)}
    causes = {cause.value: rows[cause.name] for cause in Cause if cause.name in rows}
    return {"ok": rows.get("ok", 0), "paused": rows.get("paused", 0)} | causes


def _lanes(connection: Connection, doubtful: datetime) -> tuple[LaneLevel, ...]:
    under_way = delivery.c.state == DeliveryState.SENDING
    left = and_(under_way, or_(delivery.c.reason != "", delivery.c.attempted_at < doubtful))
    state = case((left, "in_doubt"), else_=delivery.c.state)
    asked = select(delivery.c.channel, state.label("state"), delivery.c.created_at)
    unsettled = asked.where(delivery.c.state.in_(_UNSETTLED)).subquery()  # PostgreSQL groups by no parameters
    lane = unsettled.c.channel, unsettled.c.state
    first = func.min(unsettled.c.created_at).label("since")
    rows = connection.execute(select(*lane, func.count().label("count"), first).group_by(*lane).order_by(*lane))
    return tuple(LaneLevel(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).where(condition)) or 0
