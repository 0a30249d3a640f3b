"""What operators see: which daemons live, how the feeds are, what is owed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, case, delete, false, func, or_, select, type_coerce

from monitor.errors import StoreError
from monitor.model import DeliveryKind, DeliveryState, Digest, HoldKind, Message
from monitor.ports import (
    Activity,
    DeadLetter,
    DeadReport,
    FeedFindings,
    FeedReport,
    NodeReport,
    OwedReport,
    StatusReport,
    Totals,
    Unwell,
    Waiting,
)
from monitor.store.engine import insert
from monitor.store.feeds import feed_state
from monitor.store.payload import thaw, title_of
from monitor.store.people import read_breakers
from monitor.store.tables import alert, delivery, destination, entry, feed, hit, node

_SILENT = timedelta(days=1)
_DEAD_SHOWN = 20
_DAY, _WEEK, _MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)


def beat(connection: Connection, report: NodeReport) -> None:
    """Note that a daemon is alive; see `Store.beat`."""
    row = {column.name: getattr(report, column.name) for column in node.c}
    alive = insert(connection, node).values(row)
    connection.execute(alive.on_conflict_do_update(index_elements=[node.c.name], set_=row))
    connection.execute(delete(node).where(node.c.beat_at < report.beat_at - _SILENT))


def touch(connection: Connection) -> None:
    """Change no row, in a transaction that could."""
    connection.execute(delete(node).where(false()))


def leave(connection: Connection, name: str) -> None:
    """Forget a daemon; see `Store.leave`."""
    connection.execute(delete(node).where(node.c.name == name))


def forget_nodes(connection: Connection) -> None:
    """Forget every daemon: whoever has the store for itself knows that the others are dead."""
    connection.execute(delete(node))


def nodes(connection: Connection) -> tuple[NodeReport, ...]:
    """Read the daemons; see `Store.nodes`."""
    rows = connection.execute(select(node).order_by(node.c.name))
    return tuple(NodeReport(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name


def status(connection: Connection) -> StatusReport:
    """Take one look at the whole state; see `Store.status`."""
    feeds = connection.execute(select(feed).where(feed.c.active).order_by(feed.c.name, feed.c.id))
    states = connection.execute(select(delivery.c.state, func.count().label("rows")).group_by(delivery.c.state)).all()
    return StatusReport(
        nodes=nodes(connection),
        feeds=tuple(feed_state(row) for row in feeds),
        entries=connection.scalar(select(func.count()).select_from(entry)) or 0,
        alerts=connection.scalar(select(func.count()).select_from(alert)) or 0,
        deliveries={state.value: 0 for state in DeliveryState} | {row.state: row.rows for row in states},
        owed=_owed(connection),
        dead=_dead(connection),
        held=_held(connection),
        held_in=_held_in(connection),
        breakers=read_breakers(connection, all_of_them=False),
    )


def feed_reports(connection: Connection, now: datetime, *, urls: Collection[str] | None) -> tuple[FeedReport, ...]:
    """Report watched feeds; see `Store.feed_reports`."""
    asked = select(feed).where(feed.c.active).order_by(feed.c.name, feed.c.id)
    feeds = connection.execute(asked if urls is None else asked.where(feed.c.url.in_(urls))).all()
    of_day = func.sum(case((entry.c.seen_at >= now - _DAY, 1), else_=0))
    counted = select(entry.c.feed_id, func.count().label("week"), of_day.label("day"))
    of_week = counted.where(entry.c.seen_at >= now - _WEEK).group_by(entry.c.feed_id)
    rows = connection.execute(
        of_week if urls is None else of_week.where(entry.c.feed_id.in_([row.id for row in feeds]))
    )
    counts = {row.feed_id: (row.day, row.week) for row in rows}
    reports = []
    for row in feeds:
        day, week = counts.get(row.id, (0, 0))
        reports.append(FeedReport(state=feed_state(row), due=row.due, day=day, week=week))
    return tuple(reports)


def unwell_feeds(connection: Connection) -> Unwell:
    """Read the watched feeds of which there is something to say; see `Reader.unwell_feeds`."""
    watched = connection.scalar(select(func.count()).select_from(feed).where(feed.c.active)) or 0
    gap = type_coerce(feed.c.notes, Text()).contains('"gap":')
    unwell = or_(feed.c.paused_at.is_not(None), feed.c.cause.is_not(None), feed.c.polled_at.is_(None), gap)
    rows = connection.execute(select(feed).where(feed.c.active, unwell))
    return Unwell(watched=watched, feeds=tuple(feed_state(row) for row in rows))


def totals(connection: Connection) -> Totals:
    """Count what there is; see `Reader.totals`."""

    def count(*of: Any) -> int:
        return connection.scalar(select(func.count()).select_from(of[0]).where(*of[1:])) or 0

    return Totals(
        feeds=count(feed, feed.c.active),
        failing=count(feed, feed.c.active, feed.c.cause.is_not(None)),
        entries=count(entry),
        alerts=count(alert),
    )


def watched_urls(connection: Connection) -> frozenset[str]:
    """Read the URLs of the watched feeds; see `Reader.watched_urls`."""
    return frozenset(connection.scalars(select(feed.c.url).where(feed.c.active)))


def feed_findings(connection: Connection, url: str, now: datetime, *, limit: int) -> FeedFindings:
    """Say what a feed has brought; see `Store.feed_findings`."""
    since = now - _MONTH
    latest = select(entry.c.id).join(feed, feed.c.id == entry.c.feed_id)
    latest = latest.where(feed.c.url == url, entry.c.seen_at >= since)
    entries = connection.scalars(latest.order_by(entry.c.seen_at.desc(), entry.c.id).limit(limit))
    found = func.count().label("found")
    of_feed = select(hit.c.rule, found).join(feed, feed.c.name == hit.c.source)
    of_feed = of_feed.where(feed.c.url == url, hit.c.at >= since).group_by(hit.c.rule)
    rows = connection.execute(of_feed.order_by(found.desc(), hit.c.rule))
    return FeedFindings(entries=tuple(entries), hits=tuple((row.rule, row.found) for row in rows))


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


def waiting(connection: Connection, channels: Collection[str], now: datetime) -> Waiting:
    """Say since when work waits; see `Store.waiting`. What is leased is due when its lease ends."""
    polled = feed.c.active & feed.c.paused_at.is_(None) & (feed.c.due <= now)
    held = destination.c.hold_until  # for the pace, or because the destination asked for it
    lane = destination.c.name.in_(sorted(channels)) & (destination.c.due <= now) & or_(held.is_(None), held <= now)
    lanes = connection.execute(select(destination.c.due, held).where(lane))
    return Waiting(
        feed=connection.scalar(select(func.min(feed.c.due)).where(polled)),
        channel=min((max(due, held or due) for due, held in lanes), default=None),
    )


def activity(connection: Connection, since: datetime) -> Activity:
    """Count what was done; see `Store.activity`."""

    def count(*conditions: ColumnElement[bool]) -> int:
        return connection.scalar(select(func.count()).where(*conditions)) or 0

    told = delivery.c.settled_at >= since
    return Activity(
        entries=count(entry.c.seen_at >= since),
        alerts=count(alert.c.created_at >= since),
        sent=count(told, delivery.c.state == DeliveryState.SENT, delivery.c.kind != DeliveryKind.EDIT),
        dead=count(told, delivery.c.state == DeliveryState.DEAD),
    )


def dead_letters(connection: Connection, *, since: datetime, limit: int) -> tuple[DeadLetter, ...]:
    """Read what was set aside since then; see `Store.dead_letters`."""
    dead = select(delivery).where(delivery.c.state == DeliveryState.DEAD, delivery.c.settled_at >= since)
    rows = connection.execute(dead.order_by(delivery.c.settled_at.desc(), delivery.c.seq.desc()).limit(limit))
    return tuple(
        DeadLetter(
            key=row.key, channel=row.channel, reason=row.reason, at=row.settled_at, message=_readable(row.payload)
        )
        for row in rows
    )


def _readable(payload: str) -> Message | Digest | None:
    try:
        return thaw(payload)
    except StoreError:
        return None


def _held(connection: Connection) -> dict[str, int]:
    held = delivery.c.state == DeliveryState.HELD
    counted = select(delivery.c.hold_kind, func.count().label("rows")).where(held).group_by(delivery.c.hold_kind)
    counts = {row.hold_kind: row.rows for row in connection.execute(counted)}
    return {kind.value: counts.get(kind, 0) for kind in HoldKind}


def _held_in(connection: Connection) -> dict[str, int]:
    held = select(delivery.c.channel, func.count().label("rows")).where(delivery.c.state == DeliveryState.HELD)
    rows = connection.execute(held.group_by(delivery.c.channel).order_by(delivery.c.channel))
    return {row.channel: row.rows for row in rows}


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
