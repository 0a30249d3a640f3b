"""Find entries by the words that stand in them, and by the rules that found them, in pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Select, literal, select, tuple_

from monitor.model import Wanted
from monitor.ports import Cursor, HitRecord
from monitor.store.columns import Moment, PlainText
from monitor.store.ledger import entries_of_feeds, entry_of
from monitor.store.tables import entry, hit
from monitor.store.words import holds, words_table


def find_wanted(
    connection: Connection, wanted: Wanted | None, *, since: datetime, before: Cursor | None, limit: int
) -> tuple[Cursor, ...]:
    """Find entries that may be wanted, the newest first; see `Store.find_wanted`.

    One statement looks at the index and at what it has not yet: an entry that is being indexed is in one of both.
    """
    places = select(entry.c.seen_at, entry.c.id)
    if wanted is None:
        asked = _window(places, since, before)
    else:
        index = words_table(connection)
        joined = places.select_from(index).join(entry, entry.c.words_id == index.c[0])
        known = _window(joined.where(holds(connection, wanted)), since, before)
        unknown = _window(places.where(entry.c.words_id.is_(None)), since, before)
        both = known.union_all(unknown).subquery()
        asked = select(both.c.seen_at, both.c.id)
    newest = asked.order_by(asked.selected_columns.seen_at.desc(), asked.selected_columns.id.desc()).limit(limit)
    return tuple(Cursor(seen_at=row.seen_at, entry_id=row.id) for row in connection.execute(newest))


def _window(
    places: Select[tuple[datetime, str]], since: datetime, before: Cursor | None
) -> Select[tuple[datetime, str]]:
    within = places.where(entry.c.seen_at >= since)
    if before is None:
        return within
    place = tuple_(literal(before.seen_at, Moment), literal(before.entry_id, PlainText))
    return within.where(tuple_(entry.c.seen_at, entry.c.id) < place)


def read_hits(
    connection: Connection, rule: str, *, since: datetime, after: Cursor | None, limit: int
) -> tuple[tuple[HitRecord, ...], Cursor | None]:
    """Read a page of what a rule has found; see `Store.read_hits`."""
    asked = entries_of_feeds().add_columns(hit.c.at, hit.c.names).join(hit, hit.c.entry_id == entry.c.id)
    asked = asked.where(hit.c.rule == rule, hit.c.at >= since).order_by(hit.c.at, hit.c.entry_id).limit(limit)
    if after is not None:
        place = tuple_(literal(after.seen_at, Moment), literal(after.entry_id, PlainText))
        asked = asked.where(tuple_(hit.c.at, hit.c.entry_id) > place)
    rows = connection.execute(asked).all()
    found = tuple(HitRecord(at=row.at, names=row.names, entry=entry_of(row)) for row in rows)
    last = found[-1] if len(found) == limit else None
    return found, Cursor(seen_at=last.at, entry_id=last.entry.id) if last else None
