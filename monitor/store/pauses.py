"""Feeds that a person has paused: they are watched, and not polled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from monitor.model import FeedEvent, FeedNotes, with_event
from monitor.store.engine import portions
from monitor.store.tables import feed


def pause_feed(
    connection: Connection, url: str, now: datetime, *, until: datetime | None, reason: str, by: str
) -> bool:
    """Stop polling a feed; see `Store.pause_feed`.

    The lease is ended too: a poll under way finds itself fenced, and what it learnt overwrites no note. Whoever pauses
    what is paused, and says no reason, leaves the one that is there.
    """
    row = _watched(connection, url)
    if row is None:
        return False
    known = row.notes.pause_reason if row.paused_at is not None else ""
    notes = replace(row.notes, paused_until=until, pause_reason=reason or known)
    _write(connection, row, now, notes, FeedEvent(at=now, what="paused", detail=reason, by=by), paused_at=now)
    return True


def resume_feed(connection: Connection, url: str, now: datetime, *, by: str) -> bool:
    """Make a paused feed due at once; see `Store.resume_feed`."""
    row = _watched(connection, url)
    if row is None or row.paused_at is None:
        return False
    _resume(connection, row, now, by=by)
    return True


def end_pauses(connection: Connection, now: datetime) -> tuple[str, ...]:
    """Resume the feeds whose pause is over; see `Store.end_pauses`.

    It is asked every few seconds: rows are looked at first, and only those whose pause is over are locked.
    """
    paused = select(feed).where(feed.c.active, feed.c.paused_at.is_not(None)).order_by(feed.c.id)
    ids = [row.id for row in connection.execute(paused) if _is_over(row, now)]
    over: list[Row[Any]] = []
    for some in portions(ids):
        locked = connection.execute(paused.where(feed.c.id.in_(some)).with_for_update()).all()
        over += (row for row in locked if _is_over(row, now))  # somebody may have paused it anew meanwhile
    for row in over:
        _resume(connection, row, now)
    return tuple(row.name for row in over)


def _is_over(row: Row[Any], now: datetime) -> bool:
    until = row.notes.paused_until
    return until is not None and until <= now


def _watched(connection: Connection, url: str) -> Row[Any] | None:
    asked = select(feed).where(feed.c.url == url, feed.c.active).with_for_update()
    return connection.execute(asked).one_or_none()


def _resume(connection: Connection, row: Row[Any], now: datetime, *, by: str = "") -> None:
    notes = replace(row.notes, paused_until=None, pause_reason="")
    detail = "" if by else "its pause was over"
    _write(connection, row, now, notes, FeedEvent(at=now, what="resumed", detail=detail, by=by), paused_at=None)


def _write(
    connection: Connection, row: Row[Any], now: datetime, notes: FeedNotes, event: FeedEvent, *, paused_at: Any
) -> None:
    changed = update(feed).where(feed.c.id == row.id)
    connection.execute(
        changed.values(due=now, token=feed.c.token + 1, strikes=0, paused_at=paused_at, notes=with_event(notes, event))
    )
