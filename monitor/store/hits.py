"""What rules have found: the hits that thresholds and statistics count, and the tallies that keep thresholds honest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Text,
    bindparam,
    case,
    delete,
    func,
    select,
    type_coerce,
    update,
)

from monitor.errors import ConflictError
from monitor.model import MOST_RECALLED, History, Hit, Question, Tally
from monitor.ports import RuleStats
from monitor.store.engine import insert
from monitor.store.prepared import prepared
from monitor.store.tables import entry, hit, tally

WEEK, MONTH = timedelta(days=7), timedelta(days=30)
_HIT_COLUMNS = ("rule", "at", "entry_id", "source", "text_key", "names")


def add_hits(connection: Connection, hits: Collection[Hit]) -> None:
    """Write what one poll has found."""
    _new_hits(connection, map(attrgetter(*_HIT_COLUMNS), hits))


@prepared(*_HIT_COLUMNS)
def _new_hits(connection: Connection) -> Insert:
    return insert(connection, hit).on_conflict_do_nothing()


def change_tallies(connection: Connection, tallies: Collection[Tally]) -> None:
    """Write tallies where they still are as they were recalled: of two polls that count at once, one counts anew.

    Raises:
        ConflictError: another poll has changed one meanwhile.
    """
    ordered = sorted(tallies, key=lambda item: item.rule)
    rows = [{"rule": item.rule, "since": item.since, "told_at": item.told_at} for item in ordered if not item.version]
    if rows:
        added = insert(connection, tally).values(version=1).on_conflict_do_nothing()
        _require_all(connection.execute(added, rows, execution_options={"preserve_rowcount": True}).rowcount, rows)
    changed = [{"of": item.rule, "read": item.version, "told": item.told_at} for item in ordered if item.version]
    if changed:
        as_read = update(tally).where(tally.c.rule == bindparam("of"), tally.c.version == bindparam("read"))
        values = as_read.values(told_at=bindparam("told"), version=tally.c.version + 1)
        _require_all(connection.execute(values, changed).rowcount, changed)


def _require_all(written: int, rows: Collection[object]) -> None:
    if written != len(rows):
        raise ConflictError("another poll has counted a hit of one of these rules")


def recall_histories(connection: Connection, questions: Collection[Question]) -> dict[str, History]:
    """Answer each question, by rule; see `Store.recall_histories`."""
    return {question.rule: _history(connection, question) for question in questions}


def _history(connection: Connection, question: Question) -> History:
    kept = connection.execute(select(tally).where(tally.c.rule == question.rule)).one_or_none()
    recent = (hit.c.rule == question.rule) & (hit.c.at >= question.since)
    newest = select(hit, entry.c.title).outerjoin(entry, entry.c.id == hit.c.entry_id).where(recent)
    rows = connection.execute(newest.order_by(hit.c.at.desc(), hit.c.entry_id.desc()).limit(MOST_RECALLED)).all()
    named = connection.scalars(select(hit.c.names).where(recent).distinct())
    before = 0
    if question.baseline_since is not None:
        earlier = (hit.c.rule == question.rule) & (hit.c.at < question.since) & (hit.c.at >= question.baseline_since)
        before = _count(connection, earlier)
    return History(
        tally=Tally(rule=question.rule) if kept is None else Tally(**kept._mapping),  # noqa: SLF001 - SQLAlchemy's public name
        hits=tuple(_hit(row) for row in reversed(rows)),
        count=_count(connection, recent),
        before=before,
        names=frozenset(name for names in named for name in names),
    )


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(hit).where(which)) or 0


def _hit(row: Any) -> Hit:
    return Hit(**{name: getattr(row, name) for name in _HIT_COLUMNS}, title=row.title or "")


def watch_rules(connection: Connection, rules: Collection[str], now: datetime) -> None:
    """Keep tallies of exactly these rules; see `Store.watch_rules`."""
    kept = set(connection.scalars(select(tally.c.rule)))
    if gone := sorted(kept.difference(rules)):
        connection.execute(delete(tally).where(tally.c.rule == bindparam("gone")), [{"gone": rule} for rule in gone])
    if new := sorted(set(rules) - kept):
        added = insert(connection, tally).on_conflict_do_nothing()
        connection.execute(added, [{"rule": rule, "since": now, "version": 1} for rule in new])


def quiet_since(connection: Connection, rules: Collection[str]) -> dict[str, datetime]:
    """Say since when these rules have found nothing; see `Store.quiet_since`."""
    last = select(func.max(hit.c.at)).where(hit.c.rule == tally.c.rule).scalar_subquery()
    rows = connection.execute(select(tally.c.rule, tally.c.since, last.label("last")).where(tally.c.rule.in_(rules)))
    times = {row.rule: [time for time in (row.since, row.last) if time is not None] for row in rows}
    return {rule: max(found) for rule, found in times.items() if found}


def rule_stats(
    connection: Connection, now: datetime, *, rules: Collection[str] | None, noisiest: bool
) -> Mapping[str, RuleStats]:
    """Count the hits of rules; see `Store.rule_stats`."""
    of_these = [] if rules is None else [hit.c.rule.in_(rules)]
    counted = select(
        hit.c.rule,
        func.sum(case((hit.c.at >= now - WEEK, 1), else_=0)).label("week"),
        func.sum(case((hit.c.at >= now - MONTH, 1), else_=0)).label("month"),
        func.max(hit.c.at).label("last_at"),
    )
    rows = connection.execute(counted.where(*of_these).group_by(hit.c.rule).order_by(hit.c.rule)).all()
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    if noisiest:
        grouped = select(hit.c.rule, hit.c.names, func.count().label("hits")).where(hit.c.at >= now - MONTH, *of_these)
        for row in connection.execute(grouped.group_by(hit.c.rule, hit.c.names)):
            names[row.rule].update(dict.fromkeys(row.names, row.hits))
    first = {rule: next(iter(found.most_common(1)), ("", 0)) for rule, found in names.items()}
    return {
        row.rule: RuleStats(
            rule=row.rule,
            week=row.week,
            month=row.month,
            last_at=row.last_at,
            noisiest=first.get(row.rule, ("", 0)),
        )
        for row in rows
    }


def hits_by_day(connection: Connection, rules: Collection[str], since: datetime) -> dict[str, dict[date, int]]:
    """Count the hits of these rules by day, in UTC; see `Reader.hits_by_day`."""
    if connection.dialect.name == "postgresql":
        written: Any = func.to_char(func.timezone("UTC", hit.c.at), "YYYY-MM-DD")
    else:
        written = type_coerce(hit.c.at, Text)
    day = func.substr(written, 1, len("2026-11-22"), type_=Text)
    asked = select(hit.c.rule, day.label("day"), func.count().label("hits"))
    asked = asked.where(hit.c.rule.in_(rules), hit.c.at >= since).group_by(hit.c.rule, "day")
    counts: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for row in connection.execute(asked.order_by(hit.c.rule, "day")):
        counts[row.rule][date.fromisoformat(row.day)] = row.hits
    return dict(counts)


def hits_by_name(connection: Connection, rule: str, since: datetime) -> dict[str, int]:
    """Count the hits of a rule by what was found; see `Reader.hits_by_name`."""
    asked = select(hit.c.names, func.count().label("hits")).where(hit.c.rule == rule, hit.c.at >= since)
    names: Counter[str] = Counter()
    for row in connection.execute(asked.group_by(hit.c.names)):
        names.update(dict.fromkeys(row.names, row.hits))
    return dict(sorted(names.items(), key=lambda item: (-item[1], item[0])))
