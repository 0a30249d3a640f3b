"""How many alerts rules and feeds raise, and the breakers that polls open when they are far too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, func, or_, select

from monitor.errors import ConflictError
from monitor.model import Breaker, Pulse, Raised, Subject
from monitor.store.engine import insert
from monitor.store.tables import breaker, pulse

HOUR = timedelta(hours=1)
BASELINE = timedelta(days=14)  # before that hour
_KEPT = timedelta(days=15)
_SKEW = timedelta(minutes=5)  # between clocks; what is later than that was counted while one was wrong


def add_raised(connection: Connection, raised: Collection[Raised], now: datetime) -> None:
    """Count what one poll has raised, and forget what is too old to be counted."""
    if not raised:
        return
    rows = [{"subject": item.subject, "name": item.name, "at": now, "alerts": item.alerts} for item in raised]
    new = insert(connection, pulse)
    more = {"alerts": pulse.c.alerts + new.excluded.alerts}
    counted = new.on_conflict_do_update(index_elements=[pulse.c.subject, pulse.c.name, pulse.c.at], set_=more)
    rows.sort(key=lambda row: (row["subject"], row["name"]))
    connection.execute(counted, rows)
    old = delete(pulse).where(pulse.c.subject == bindparam("of"), pulse.c.name == bindparam("called"))
    old = old.where(pulse.c.at < now - _KEPT)
    connection.execute(old, [{"of": row["subject"], "called": row["name"]} for row in rows])


def read_pulses(connection: Connection, rules: Collection[str], feed: str, now: datetime) -> tuple[Pulse, ...]:
    """Read the pulses of rules and a feed; see `Store.pulses`."""
    hour = now - HOUR
    last_end = _last_ends(connection, rules, feed, hour, now + _SKEW)
    late: Counter[tuple[str, str]] = Counter()
    of_late = pulse.c.at > hour, pulse.c.at <= now + _SKEW
    for row in connection.execute(select(pulse).where(_of(pulse, rules, feed), *of_late)):
        if row.at > last_end.get((row.subject, row.name), hour):
            late[row.subject, row.name] += row.alerts
    before = select(
        pulse.c.subject, pulse.c.name, func.sum(pulse.c.alerts).label("sum"), func.min(pulse.c.at).label("first")
    )
    before = before.where(_of(pulse, rules, feed), pulse.c.at <= hour, pulse.c.at > hour - BASELINE)
    earlier = {
        (row.subject, row.name): row for row in connection.execute(before.group_by(pulse.c.subject, pulse.c.name))
    }
    return tuple(
        Pulse(
            subject=Subject(key[0]),
            name=key[1],
            hour=max(0, late[key]),
            earlier=max(0, earlier[key].sum) if key in earlier else 0,
            since=earlier[key].first if key in earlier else None,
        )
        for key in sorted({*late, *earlier})
    )


def open_breakers(connection: Connection, breakers: Collection[Breaker]) -> None:
    """Open the breakers of one poll.

    Raises:
        ConflictError: another poll has opened one of them meanwhile.
    """
    for item in sorted(breakers, key=lambda item: (item.subject, item.name)):
        row = {name: getattr(item, name) for name in breaker.c.keys()}  # noqa: SIM118 - columns, not a mapping
        added = insert(connection, breaker).values(row).on_conflict_do_nothing().returning(breaker.c.id)
        if connection.scalar(added) is None:
            raise ConflictError(f"another poll has opened the breaker of {item.subject} {item.name}")


def _last_ends(
    connection: Connection, rules: Collection[str], feed: str, since: datetime, until: datetime
) -> dict[tuple[str, str], datetime]:
    ended = select(breaker.c.subject, breaker.c.name, func.max(breaker.c.ended_at).label("last"))
    ended = ended.where(_of(breaker, rules, feed), breaker.c.ended_at > since, breaker.c.ended_at <= until)
    rows = connection.execute(ended.group_by(breaker.c.subject, breaker.c.name))
    return {(row.subject, row.name): row.last for row in rows}


def _of(table: Table, rules: Collection[str], feed: str) -> ColumnElement[bool]:
    subject, name = table.c.subject, table.c.name
    return or_(
        and_(subject == Subject.RULE, name.in_(sorted(rules))),
        and_(subject == Subject.FEED, name == feed),
    )
