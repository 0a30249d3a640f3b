"""Look for what should not be in a state: a damaged file, lost rows, messages that nobody would send."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, text
from sqlalchemy.sql.schema import Table

from monitor.model import DeliveryState
from monitor.ports import StateReport
from monitor.store.copy import count_tables
from monitor.store.tables import alert, chore, delivery, destination, entry, feed, metadata

_AHEAD = timedelta(days=1)  # by which no clock is wrong
_LONGEST_LEASE = timedelta(hours=1)
_LONGEST_WAIT = timedelta(days=400)
_SHOWN = 20  # findings of the engine's own


def verify(connection: Connection, now: datetime) -> StateReport:
    """Look for what is wrong; see `Store.verify`. Of a damaged file, no more is asked."""
    findings = tuple(_engine_findings(connection))
    if findings:
        return StateReport(findings=findings, rows={})
    return StateReport(findings=(*_lost_rows(connection), *_odd_rows(connection, now)), rows=count_tables(connection))


def _engine_findings(connection: Connection) -> Iterator[str]:
    """Ask SQLite about its file; PostgreSQL's pages are checked by its own checksums and `pg_amcheck`."""
    if connection.dialect.name != "sqlite":
        return
    for finding in connection.scalars(text(f"PRAGMA integrity_check({_SHOWN})")):
        if finding != "ok":
            yield f"the file is damaged: {finding}"


def _lost_rows(connection: Connection) -> Iterator[str]:
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            lost = and_(key.parent.is_not(None), ~exists().where(key.column == key.parent))
            yield from _found(connection, table, lost, f"without {key.column.table.name}")


def _odd_rows(connection: Connection, now: datetime) -> Iterator[str]:
    pending = delivery.c.state.in_((DeliveryState.NEW, DeliveryState.SENDING))
    asleep = exists().where(destination.c.name == delivery.c.channel, destination.c.due.is_(None))
    ends = (delivery.c.state.in_((DeliveryState.SENT, DeliveryState.DEAD))) & delivery.c.settled_at.is_(None)
    digest = delivery.alias("digest")
    told = and_(alert.c.digest != "", ~exists().where(digest.c.key == alert.c.digest))
    leased = and_(feed.c.strikes > 0, feed.c.due > now + _LONGEST_LEASE)
    states = [state.value for state in DeliveryState]
    odd: tuple[tuple[Table, ColumnElement[bool], str], ...] = (
        (delivery, and_(pending, asleep), "owed to a channel that never wakes"),
        (delivery, delivery.c.state.not_in(states), "in a state that is none"),
        (delivery, (delivery.c.state == DeliveryState.SENDING) & delivery.c.attempted_at.is_(None), "begun at no time"),
        (delivery, ends, "ended at no time"),
        (delivery, (delivery.c.state == DeliveryState.HELD) & (delivery.c.hold_kind == ""), "held by nothing"),
        (alert, told, "told by a digest that is not there"),
        (feed, leased, f"leased for more than {_LONGEST_LEASE}"),
        (feed, feed.c.active & (feed.c.due > now + _LONGEST_WAIT), "not due for more than a year"),
        (feed, or_(feed.c.polled_at > now + _AHEAD, feed.c.failing_since > now + _AHEAD), "polled in the future"),
        (destination, destination.c.leased & (destination.c.due > now + _LONGEST_LEASE), "leased for too long"),
        (destination, destination.c.hold_until > now + 2 * _AHEAD, "that rests for more than two days"),
        (chore, chore.c.due > now + _LONGEST_WAIT, "not due for more than a year"),
        (entry, entry.c.seen_at > now + _AHEAD, "seen in the future"),
    )
    for table, which, what in odd:
        yield from _found(connection, table, which, what)


def _found(connection: Connection, table: Table, which: ColumnElement[bool], what: str) -> Iterator[str]:
    rows = connection.scalar(select(func.count()).select_from(table).where(which)) or 0
    if rows:
        yield f"{table.name}: {rows:,} {what}"
