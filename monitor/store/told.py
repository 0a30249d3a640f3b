"""Read what was told, as people look at it; see `monitor.ports.Reader`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import sub
from typing import Any, Final

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

HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


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
    found = _find(wanted)
    place = found.at, found.id
    later = alert.alias("later")
    of_same_story = *_in_time(later, wanted), *_fits(later, replace(wanted, story=""))
    is_later = tuple_(later.c.created_at, later.c.id) > tuple_(alert.c.created_at, alert.c.id)
    is_latest = ~exists().where(later.c.story_id == alert.c.story_id, is_later, *of_same_story)
    asked = found.ask(alert, whole=True).where(is_latest).order_by(*(column.desc() for column in place))
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


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the wanted alerts are looked up: among all, or among those with a label."""

    at: Any
    id: Any
    priority: Any
    where: tuple[ColumnElement[bool], ...]
    by_label: bool
    by_alert: bool  # the label alone does not say which are wanted

    def ask(self, *columns: Any, whole: bool = False) -> Select[Any]:
        """Begin a question; of `whole` alerts, or of what is known here."""
        asked = select(*columns).where(*self.where)
        if not self.by_label:
            return asked
        of_label = asked.select_from(alert_label)
        return of_label.join(alert, alert.c.id == alert_label.c.alert_id) if whole or self.by_alert else of_label


def _find(wanted: ToldFilter) -> _Found:
    label = label_of(wanted)
    if label is None:
        fitting = (*_in_time(alert, wanted), *_fits(alert, wanted))
        return _Found(alert.c.created_at, alert.c.id, alert.c.priority, fitting, by_label=False, by_alert=True)
    kind, name = label
    rest = _fits(alert, replace(wanted, rule=wanted.rule if kind == SOURCE else "", at_least=None))
    labelled = [alert_label.c.kind == kind, alert_label.c.name == name, *_in_time(alert_label, wanted)]
    places = alert_label.c.at, alert_label.c.alert_id, alert_label.c.priority
    return _Found(*places, (*labelled, *rest), by_label=True, by_alert=bool(rest))


def _fits(table: Any, wanted: ToldFilter) -> list[ColumnElement[bool]]:
    """Say which alerts are wanted, whatever their time and source."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.story:
        conditions.append(table.c.story_id == wanted.story)
    if wanted.rule:
        conditions.append(_holds(table.c.rules, wanted.rule))
    if wanted.channel:
        conditions.append(table.c.channel == wanted.channel)
    if wanted.unacknowledged:
        conditions.append(table.c.acknowledged_at.is_(None))
    return conditions


def _in_time(table: Any, wanted: ToldFilter) -> list[ColumnElement[bool]]:
    """Say which are wanted by what an index knows: the time and the priority."""
    at = table.c.at if table is alert_label else table.c.created_at
    conditions: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(at >= wanted.since)
    if wanted.until is not None:
        conditions.append(at < wanted.until)
    if wanted.at_least is not None:
        conditions.append(table.c.priority >= int(wanted.at_least))
    return conditions


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


def told_counts(connection: Connection, wanted: ToldFilter, *, step: timedelta) -> tuple[ToldCount, ...]:
    """Count alerts in steps; see `Reader.told_counts`.

    SQLite cuts the time, as it is written, behind the hour or behind the first digit of the minutes.
    """
    found = _find(wanted)
    if connection.dialect.name == "postgresql":
        began: Any = func.date_bin(step, found.at, _EPOCH, type_=Moment)
    else:
        cut = len("2026-11-22T12" if step == HOUR else "2026-11-22T12:3")
        began = func.substr(type_coerce(found.at, Text), 1, cut, type_=Text)
    asked = found.ask(began.label("step"), found.priority.label("priority"), func.count().label("alerts"))
    rows = connection.execute(asked.group_by("step", found.priority).order_by("step", found.priority)).all()
    times = {row.step: _step_at(row.step) for row in rows}
    priorities = {int(priority): priority for priority in Priority}
    return tuple(ToldCount(at=times[row.step], priority=priorities[row.priority], alerts=row.alerts) for row in rows)


def _step_at(step: str | datetime) -> datetime:
    if isinstance(step, datetime):
        return step
    return datetime.fromisoformat(f"{step}:00" if step[-3:-2] == "T" else f"{step}0").replace(tzinfo=UTC)
