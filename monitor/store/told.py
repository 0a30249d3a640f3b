"""Read what was told, as people look at it; see `monitor.ports.Reader`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import sub
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    type_coerce,
    union_all,
)

from monitor.errors import StoreError
from monitor.model import Alert, DeliveryKind, DeliveryState, Message, Priority
from monitor.ports import OwedMessage, ToldCount, ToldFilter, ToldPlace, ToldStory
from monitor.store.columns import Moment, PlainText
from monitor.store.holds import hold_of
from monitor.store.labels import SOURCE, label_of
from monitor.store.ledger import delivery_of, read_by_id
from monitor.store.payload import thaw
from monitor.store.polls import alert_of, load_stories
from monitor.store.tables import alert, alert_label, delivery, entry, feed


def outbox(
    connection: Connection, states: Collection[DeliveryState], *, channel: str, before: int | None, limit: int
) -> tuple[OwedMessage, ...]:
    """Read messages in these states; see `Reader.outbox`."""
    asked = select(delivery, alert.c.story_id).outerjoin(alert, alert.c.id == delivery.c.alert_id)
    # state by state: so the engine reads each from its newest on, and not all to sort them
    newest = union_all(*(_newest(state, channel, before, limit) for state in states)).subquery()
    some = select(newest.c.seq).order_by(newest.c.seq.desc()).limit(limit)
    asked = asked.where(delivery.c.seq.in_(some)).order_by(delivery.c.seq.desc())
    return tuple(
        OwedMessage(
            seq=row.seq,
            delivery=delivery_of(row),
            story_id=row.story_id or "",
            hold=hold_of(row) if row.state == DeliveryState.HELD else None,
        )
        for row in connection.execute(asked)
    )


def _newest(state: DeliveryState, channel: str, before: int | None, limit: int) -> Select[tuple[int]]:
    of_state = select(delivery.c.seq).where(delivery.c.state == state)
    if channel:
        of_state = of_state.where(delivery.c.channel == channel)
    elif state != DeliveryState.HELD:
        of_state = of_state.where(text("delivery.state <> 'held'"))  # as the index has it
    if before is not None:
        of_state = of_state.where(delivery.c.seq < before)
    first = of_state.order_by(delivery.c.seq.desc()).limit(limit).subquery()
    return select(first.c.seq)


def message_counts(connection: Connection) -> dict[DeliveryState, int]:
    """Count the messages by state; see `Reader.message_counts`."""
    rows = connection.execute(select(delivery.c.state, func.count().label("messages")).group_by(delivery.c.state))
    return {DeliveryState(row.state): row.messages for row in rows}


def entry_counts(
    connection: Connection, names: Collection[str], *, since: datetime, days: int
) -> dict[str, tuple[int, ...]]:
    """Count the entries of these feeds, by day; see `Reader.entry_counts`."""
    columns = [
        func.sum(case((entry.c.seen_at < since + timedelta(days=day + 1), 1), else_=0)).label(f"day{day}")
        for day in range(days)
    ]
    asked = select(feed.c.name, *columns).join(feed, feed.c.id == entry.c.feed_id)
    of_these = feed.c.name.in_(names), feed.c.active, entry.c.seen_at >= since
    rows = connection.execute(asked.where(*of_these).group_by(feed.c.id, feed.c.name))
    return {row.name: tuple(map(sub, row[1:], (0, *row[1:-1]))) for row in rows}


def told_stories(
    connection: Connection, wanted: ToldFilter, *, before: ToldPlace | None, limit: int
) -> tuple[ToldStory, ...]:
    """Read stories by the latest of their alerts that is wanted; see `Reader.told_stories`."""
    asked, place = _ask(wanted, alert)
    later = alert.alias("later")
    of_same_story = replace(wanted, story="", source="")  # of which one alert tells as much as another
    is_later = tuple_(later.c.created_at, later.c.id) > tuple_(alert.c.created_at, alert.c.id)
    asked = asked.where(~exists().where(later.c.story_id == alert.c.story_id, is_later, *_fits(later, of_same_story)))
    asked = asked.order_by(*(column.desc() for column in place))
    if before is not None:
        asked = asked.where(tuple_(*place) < tuple_(literal(before.at, Moment), literal(before.alert_id, PlainText)))
    rows = connection.execute(asked.limit(limit)).all()
    stories = load_stories(connection, [row.story_id for row in rows])
    entries = read_by_id(connection, [row.entry_id for row in rows])
    alerts = _alerts_of(connection, stories)
    told_by = _told_by(connection, [each for some in alerts.values() for each in some])
    return tuple(
        ToldStory(
            story=stories[row.story_id],
            entry=entries.get(row.entry_id),
            alerts=tuple(alerts[row.story_id]),
            states={each.channel: told_by[each.id].state for each in alerts[row.story_id] if each.id in told_by},
            message=_message([told_by[each.id] for each in alerts[row.story_id] if each.id in told_by]),
            place=ToldPlace(at=row.created_at, alert_id=row.id),
        )
        for row in rows
    )


def _ask(wanted: ToldFilter, *columns: Any) -> tuple[Select[Any], tuple[Any, Any]]:
    """Begin a question about the wanted alerts; return with it their places, by which an index has them in order."""
    label = label_of(wanted)
    if label is None:
        return select(*columns).where(*_fits(alert, wanted)), (alert.c.created_at, alert.c.id)
    kind, name = label
    rest = replace(wanted, since=None, until=None, source="", rule=wanted.rule if kind == SOURCE else "")
    asked = select(*columns).join(alert_label, alert_label.c.alert_id == alert.c.id)
    asked = asked.where(alert_label.c.kind == kind, alert_label.c.name == name, *_fits(alert, rest))
    return asked.where(*_in_time(alert_label.c.at, wanted)), (alert_label.c.at, alert_label.c.alert_id)


def _fits(table: Any, wanted: ToldFilter) -> list[ColumnElement[bool]]:
    """Say which alerts are wanted, whatever their source."""
    conditions = _in_time(table.c.created_at, wanted)
    if wanted.story:
        conditions.append(table.c.story_id == wanted.story)
    if wanted.rule:
        conditions.append(_holds(table.c.rules, wanted.rule))
    if wanted.channel:
        conditions.append(table.c.channel == wanted.channel)
    if wanted.at_least is not None:
        conditions.append(table.c.priority >= int(wanted.at_least))
    if wanted.unacknowledged:
        conditions.append(table.c.acknowledged_at.is_(None))
    return conditions


def _in_time(at: Any, wanted: ToldFilter) -> list[ColumnElement[bool]]:
    since = [] if wanted.since is None else [at >= wanted.since]
    return since if wanted.until is None else [*since, at < wanted.until]


def _holds(column: Any, text: str) -> ColumnElement[bool]:
    """Say whether a list of texts, written as JSON, holds one: LIKE would take SQLite's capitals for small letters."""
    written = type_coerce(column, PlainText)
    return func.replace(written, literal(json.dumps(text, ensure_ascii=False), PlainText), "") != written


def _alerts_of(connection: Connection, stories: Collection[str]) -> defaultdict[str, list[Alert]]:
    found: defaultdict[str, list[Alert]] = defaultdict(list)
    asked = select(alert).where(alert.c.story_id.in_(stories)).order_by(alert.c.channel)
    for row in connection.execute(asked):
        found[row.story_id].append(alert_of(row))
    return found


@dataclass(frozen=True, slots=True)
class _Teller:
    """The delivery that tells an alert: its own, or the digest that it is in."""

    kind: DeliveryKind
    state: DeliveryState
    payload: str


def _told_by(connection: Connection, alerts: Collection[Alert]) -> dict[str, _Teller]:
    """Find what tells each alert; where a digest does, its own message was never sent."""
    digests: defaultdict[str, list[str]] = defaultdict(list)
    for each in alerts:
        if each.digest:
            digests[each.digest].append(each.id)
    own = and_(delivery.c.alert_id.in_([each.id for each in alerts]), delivery.c.kind == DeliveryKind.POST)
    asked = select(delivery.c.alert_id, delivery.c.key, delivery.c.kind, delivery.c.state, delivery.c.payload)
    found: dict[str, _Teller] = {}
    for row in connection.execute(asked.where(or_(own, delivery.c.key.in_(digests)))):
        teller = _Teller(DeliveryKind(row.kind), DeliveryState(row.state), row.payload)
        if row.key in digests:
            found.update(dict.fromkeys(digests[row.key], teller))
        else:
            found.setdefault(row.alert_id, teller)
    return found


def _message(tellers: Iterable[_Teller]) -> Message | None:
    """Return the first message about one story alone that can be read."""
    for teller in tellers:
        if teller.kind is DeliveryKind.POST:
            with suppress(StoreError):  # written by a newer version: the story is shown without it
                message = thaw(teller.payload)
                if isinstance(message, Message):
                    return message
    return None


def told_since(connection: Connection, since: datetime, *, limit: int) -> tuple[ToldPlace, ...]:
    """Read the places of new alerts; see `Reader.told_since`."""
    newest = select(alert.c.created_at, alert.c.id).where(alert.c.created_at >= since)
    rows = connection.execute(newest.order_by(alert.c.created_at.desc(), alert.c.id.desc()).limit(limit))
    return tuple(ToldPlace(at=row.created_at, alert_id=row.id) for row in rows)


def told_counts(connection: Connection, wanted: ToldFilter) -> tuple[ToldCount, ...]:
    """Count alerts in steps of ten minutes; see `Reader.told_counts`.

    A time is cut behind the first digit of its minutes: both engines can do that, and few zones split ten minutes.
    """
    if connection.dialect.name == "postgresql":
        written: Any = func.to_char(func.timezone("UTC", alert.c.created_at), 'YYYY-MM-DD"T"HH24:MI')
    else:
        written = type_coerce(alert.c.created_at, Text)
    step = func.substr(written, 1, len("2026-11-22T12:3"), type_=Text)
    asked, _ = _ask(wanted, step.label("step"), alert.c.priority, func.count().label("alerts"))
    rows = connection.execute(asked.group_by("step", alert.c.priority).order_by("step", alert.c.priority))
    return tuple(
        ToldCount(
            at=datetime.fromisoformat(f"{row.step}0").replace(tzinfo=UTC),
            priority=Priority(row.priority),
            alerts=row.alerts,
        )
        for row in rows
    )
