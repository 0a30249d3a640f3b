"""What people do about alerts: mute, acknowledge, judge, decide about breakers; and the trail of all that."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, literal, or_, select, tuple_, update
from sqlalchemy import insert as plain_insert

from monitor.model import Action, Alert, Breaker, Delivery, DeliveryKind, Feedback, Mute, Subject
from monitor.ports import MutePlace
from monitor.store.columns import Moment, PlainText
from monitor.store.engine import insert
from monitor.store.outbox import owe, wake
from monitor.store.polls import alert_of, recall_told
from monitor.store.tables import action, alert, breaker, feedback, mute, secret


def add_action(connection: Connection, done: Action) -> None:
    """Note what somebody did."""
    connection.execute(plain_insert(action).values(_row(done, "at", "by", "via", "verb", "subject", "detail")))


def read_actions(connection: Connection, *, subjects: Collection[str], limit: int) -> tuple[Action, ...]:
    """Read what people did; see `Store.actions`."""
    asked = select(action).order_by(action.c.id.desc()).limit(limit)
    if subjects:
        asked = asked.where(action.c.subject.in_(sorted(subjects)))
    names = ("at", "by", "via", "verb", "subject", "detail")
    return tuple(Action(**{name: getattr(row, name) for name in names}) for row in connection.execute(asked))


# -- mutes -------------------------------------------------------------------------------------------------------------


def add_mute(connection: Connection, wish: Mute, done: Action) -> None:
    """Begin a mute; see `Store.add_mute`."""
    connection.execute(insert(connection, mute).values(_row(wish, *mute.c.keys())).on_conflict_do_nothing())
    add_action(connection, done)


def end_mute(connection: Connection, mute_id: str, done: Action, *, tell: bool) -> bool:
    """End a mute before its time; see `Store.end_mute`."""
    running = (mute.c.id == mute_id) & mute.c.ended_at.is_(None) & or_(mute.c.until.is_(None), mute.c.until > done.at)
    ended = update(mute).where(running).values(ended_at=done.at, ended_by=done.by, **({"tell": True} if tell else {}))
    if connection.execute(ended).rowcount != 1:
        return False
    add_action(connection, done)
    return True


def read_mutes(connection: Connection, *, at: datetime | None) -> tuple[Mute, ...]:
    """Read mutes; see `Store.mutes`."""
    asked = select(mute).order_by(mute.c.since, mute.c.id)
    if at is not None:
        asked = asked.where(mute.c.ended_at.is_(None), or_(mute.c.until.is_(None), mute.c.until > at))
    return tuple(Mute(**row._mapping) for row in connection.execute(asked))  # noqa: SLF001 - SQLAlchemy's public name


def mute_page(connection: Connection, *, at: datetime | None, before: MutePlace | None, limit: int) -> tuple[Mute, ...]:
    """Read a page of mutes; see `Reader.mute_page`."""
    asked = select(mute).order_by(mute.c.since.desc(), mute.c.id.desc()).limit(limit)
    if at is not None:
        asked = asked.where(mute.c.ended_at.is_(None), or_(mute.c.until.is_(None), mute.c.until > at))
    if before is not None:
        place = tuple_(literal(before.since, Moment), literal(before.mute_id, PlainText))
        asked = asked.where(tuple_(mute.c.since, mute.c.id) < place)
    return tuple(Mute(**row._mapping) for row in connection.execute(asked))  # noqa: SLF001 - SQLAlchemy's public name


def keep_secret(connection: Connection, name: str, fresh: bytes) -> bytes:
    """Return what is kept under a name; `fresh` where nothing was; see `Store.secret`."""
    connection.execute(insert(connection, secret).values(name=name, value=fresh).on_conflict_do_nothing())
    return bytes(connection.execute(select(secret.c.value).where(secret.c.name == name)).scalar_one())


# -- breakers ----------------------------------------------------------------------------------------------------------


def close_breaker(connection: Connection, breaker_id: str, ending: str, done: Action) -> bool:
    """Close a breaker; see `Store.close_breaker`."""
    is_open = (breaker.c.id == breaker_id) & breaker.c.ended_at.is_(None)
    closed = update(breaker).where(is_open).values(ended_at=done.at, ended_by=done.by, ending=ending)
    if connection.execute(closed).rowcount != 1:
        return False
    add_action(connection, done)
    return True


def read_breakers(connection: Connection, *, all_of_them: bool) -> tuple[Breaker, ...]:
    """Read breakers; see `Store.breakers`."""
    asked = select(breaker).order_by(breaker.c.since, breaker.c.id)
    if not all_of_them:
        asked = asked.where(breaker.c.ended_at.is_(None))
    rows = connection.execute(asked)
    return tuple(
        Breaker(**{**row._mapping, "subject": Subject(row.subject)})  # noqa: SLF001 - SQLAlchemy's public name
        for row in rows
    )


# -- alerts ------------------------------------------------------------------------------------------------------------


def read_alert(connection: Connection, alert_id: str) -> Alert | None:
    """Read one alert; see `Store.alert`."""
    row = connection.execute(select(alert).where(alert.c.id == alert_id)).one_or_none()
    return alert_of(row) if row else None


def acknowledge(connection: Connection, alert_id: str, done: Action) -> bool:
    """Note who takes care of an alert; see `Store.acknowledge`."""
    first = update(alert).where(alert.c.id == alert_id, alert.c.acknowledged_at.is_(None))
    if connection.execute(first.values(acknowledged_at=done.at, acknowledged_by=done.by)).rowcount != 1:
        return False
    add_action(connection, done)
    _show_acknowledgement(connection, alert_id, done.at)
    return True


def _show_acknowledgement(connection: Connection, alert_id: str, now: datetime) -> None:
    """Owe a change of the message that told an alert; what is to stand there is what stands there, and who it is.

    The lane is locked first: a change that a poll owes meanwhile comes before this one, or takes its place.
    """
    found = read_alert(connection, alert_id)
    if found is None:
        return
    wake(connection, [found.channel], now)
    message = recall_told(connection, [found.story_id])[alert_id].message
    if message is not None:
        event = DeliveryKind.EDIT, "acknowledged"
        key = hashlib.blake2b("\0".join((alert_id, *event)).encode(), digest_size=16).hexdigest()
        shown = Delivery(
            key=key,
            alert_id=alert_id,
            channel=found.channel,
            kind=DeliveryKind.EDIT,
            message=message,
            created_at=now,
        )
        owe(connection, [shown], now)


def add_feedback(connection: Connection, opinions: Collection[Feedback], done: Action) -> None:
    """Note what somebody thinks of an alert; see `Store.add_feedback`."""
    new = insert(connection, feedback)
    changed = {name: new.excluded[name] for name in ("at", "relevant", "spellings", "text")}
    latest = new.on_conflict_do_update(
        index_elements=[feedback.c.alert_id, feedback.c.rule, feedback.c.by], set_=changed
    )
    if opinions:
        connection.execute(latest, [_row(opinion, *feedback.c.keys()) for opinion in opinions])
    add_action(connection, done)


def read_feedback(connection: Connection, *, since: datetime) -> tuple[Feedback, ...]:
    """Read what people think; see `Store.feedback`."""
    asked = select(feedback).where(feedback.c.at >= since).order_by(feedback.c.at, feedback.c.alert_id)
    return tuple(Feedback(**row._mapping) for row in connection.execute(asked))  # noqa: SLF001 - SQLAlchemy's public name


def _row(noun: object, *names: str) -> dict[str, Any]:
    return {name: getattr(noun, name) for name in names}
