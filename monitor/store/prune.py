"""Forget what is of no more use, a page of one table at a time: no transaction is long, and no index is needed for it.

A table is gone through in the order of a key that it has; of each page, what is old is deleted. Keys by which entries
are known again are counted in days of their feed: one that shows nothing, because it fails or is paused, forgets
nothing meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.sql.schema import Table

from monitor.model import Cutoffs, DeliveryState
from monitor.ports import Pruned, PrunePlace
from monitor.store.tables import (
    action,
    alert,
    alert_label,
    breaker,
    decision,
    delivery,
    entry,
    feed,
    feedback,
    hit,
    mute,
    seen,
    story,
    story_key,
)
from monitor.store.words import drop_words

_ROWS = 2_000  # a page
_FEEDS = 200  # whose keys are looked at together
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SETTLED = (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.SKIPPED)
_FORGOTTEN = {"baseline_at": None, "etag": "", "last_modified": "", "body_hash": b"", "blocks": b""}

Old = Callable[[Cutoffs], ColumnElement[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One table: the key along which it is gone through, and what of it is old."""

    table: Table
    along: tuple[Column[Any], ...]
    old: Old
    in_time: bool = False  # in the key's order: where a page holds nothing old, those behind it do not either


def _story_is_old(id_column: Column[Any], before: datetime) -> ColumnElement[bool]:
    return exists().where(story.c.id == id_column, story.c.last_at < before)


def _delivery_is_old(cutoffs: Cutoffs) -> ColumnElement[bool]:
    """Let all deliveries of an alert go when its story is over and none is owed; a digest goes after its alerts."""
    before, other = cutoffs.alerts, delivery.alias("other")
    owed = exists().where(other.c.alert_id == delivery.c.alert_id, other.c.state.not_in(_SETTLED))
    over = exists().where(
        alert.c.id == delivery.c.alert_id, alert.c.created_at < before, _story_is_old(alert.c.story_id, before)
    )
    told_by = select(alert.c.digest).where(alert.c.digest != "")
    of_none = and_(delivery.c.alert_id.is_(None), delivery.c.key.not_in(told_by))
    return and_(delivery.c.state.in_(_SETTLED), delivery.c.settled_at < before, or_(of_none, and_(over, ~owed)))


def _alert_is_old(cutoffs: Cutoffs) -> ColumnElement[bool]:
    over = _story_is_old(alert.c.story_id, cutoffs.alerts)
    return and_(alert.c.created_at < cutoffs.alerts, over, ~exists().where(delivery.c.alert_id == alert.c.id))


def _story_is_done(cutoffs: Cutoffs) -> ColumnElement[bool]:
    told = exists().where(alert.c.story_id == story.c.id)
    return and_(story.c.last_at < cutoffs.stories, ~told, ~exists().where(story_key.c.story_id == story.c.id))


def _decision_is_old(cutoffs: Cutoffs) -> ColumnElement[bool]:
    """Keep the last place: SQLite would give its number again, and whoever reads on behind it would miss that."""
    last = select(func.max(decision.alias("last").c.id)).scalar_subquery()
    return and_(decision.c.at < cutoffs.ledger, decision.c.id < last)


def _hit_is_old(cutoffs: Cutoffs) -> ColumnElement[bool]:
    """Keep a rule's last hit: it says since when the rule is silent."""
    other = hit.alias("other")
    last = select(func.max(other.c.at)).where(other.c.rule == hit.c.rule).scalar_subquery()
    return and_(hit.c.at < cutoffs.hits, hit.c.at < last)


def _label_is_old(cutoffs: Cutoffs) -> ColumnElement[bool]:
    gone = ~exists().where(alert.c.id == alert_label.c.alert_id)
    return and_(alert_label.c.at < cutoffs.alerts, gone)


_STEPS = (  # children before their parents
    _Step(table=delivery, along=(delivery.c.seq,), old=_delivery_is_old),
    _Step(table=alert, along=(alert.c.id,), old=_alert_is_old),
    _Step(table=alert_label, along=tuple(alert_label.primary_key), old=_label_is_old),
    _Step(
        table=story_key,
        along=(story_key.c.key,),
        old=lambda cutoffs: _story_is_old(story_key.c.story_id, cutoffs.stories),
    ),
    _Step(table=story, along=(story.c.id,), old=_story_is_done),
    _Step(
        table=entry,
        along=(entry.c.seen_at, entry.c.id),
        old=lambda cutoffs: entry.c.seen_at < cutoffs.entries,
        in_time=True,
    ),
    _Step(table=decision, along=(decision.c.id,), old=_decision_is_old, in_time=True),
    _Step(table=hit, along=(hit.c.rule, hit.c.at, hit.c.entry_id), old=_hit_is_old),
    _Step(table=action, along=(action.c.id,), old=lambda cutoffs: action.c.at < cutoffs.alerts, in_time=True),
    _Step(
        table=feedback,
        along=(feedback.c.alert_id, feedback.c.rule, feedback.c.by),
        old=lambda cutoffs: feedback.c.at < cutoffs.alerts,
    ),
    _Step(
        table=mute,
        along=(mute.c.id,),
        old=lambda cutoffs: func.coalesce(mute.c.ended_at, mute.c.until) < literal(cutoffs.alerts, mute.c.since.type),
    ),
    _Step(table=breaker, along=(breaker.c.id,), old=lambda cutoffs: breaker.c.ended_at < cutoffs.alerts),
)


def prune(connection: Connection, cutoffs: Cutoffs, place: PrunePlace) -> Pruned:
    """Forget what is old of one page; see `Store.prune`."""
    if place.step == len(_STEPS):
        return _forget_keys(connection, cutoffs, place)
    step = _STEPS[place.step]
    ends = select(*step.along).order_by(*step.along).offset(_ROWS - 1).limit(1)
    page: list[ColumnElement[bool]] = []
    if place.after:
        page.append(_behind(step.along, place.after))
    last = connection.execute(ends.where(*page)).one_or_none()
    if last is not None:
        page.append(~_behind(step.along, tuple(last)))
    gone = _forget(connection, step.table, *page, step.old(cutoffs))
    at_end = last is None or (step.in_time and not gone)
    following = PrunePlace(step=place.step + 1) if at_end or last is None else PrunePlace(place.step, tuple(last))
    return Pruned(table=step.table.name, rows=gone, then=following)


def _forget(connection: Connection, which: Table, *old: ColumnElement[bool]) -> int:
    """Delete rows, and entries from the index of their words as well; say how many."""
    if which is not entry:
        return connection.execute(delete(which).where(*old)).rowcount
    numbers = connection.scalars(delete(entry).where(*old).returning(entry.c.words_id)).all()
    drop_words(connection, [number for number in numbers if number is not None])
    return len(numbers)


def _behind(along: Sequence[Column[Any]], key: Sequence[Any]) -> ColumnElement[bool]:
    """Compare in the order of the key, column by column: both engines find the place in the index by the first."""
    first, value = along[0], literal(key[0], along[0].type)
    if len(along) == 1:
        return first > value
    return and_(first >= value, or_(first > value, _behind(along[1:], key[1:])))


def _forget_keys(connection: Connection, cutoffs: Cutoffs, place: PrunePlace) -> Pruned:
    after = place.after[0] if place.after else 0
    of_feed = select(feed.c.id, feed.c.active).where(feed.c.id > after).order_by(feed.c.id).limit(_FEEDS)
    feeds = connection.execute(of_feed).all()
    gone = 0
    if feeds:
        before = _before_by_feed(connection, {row.id: row.active for row in feeds}, cutoffs)
        for feed_id, day in before.items():
            some = select(seen.c.key16).where(seen.c.feed_id == feed_id, seen.c.last_seen < day).limit(_ROWS)
            gone += connection.execute(delete(seen).where(seen.c.feed_id == feed_id, seen.c.key16.in_(some))).rowcount
            if gone >= _ROWS:
                return Pruned(table=seen.name, rows=gone, then=PrunePlace(place.step, (feed_id - 1,)))
    more = PrunePlace(place.step, (feeds[-1].id,)) if len(feeds) == _FEEDS else None
    return Pruned(table=seen.name, rows=gone, then=more)


def _before_by_feed(connection: Connection, feeds: Mapping[int, bool], cutoffs: Cutoffs) -> dict[int, int]:
    """Return, of the feeds that have old keys, the day before which they are; a feed long gone begins anew."""
    before: dict[int, int] = {}
    for row in connection.execute(_ages(min(feeds), max(feeds))):
        day = row.newest - cutoffs.seen.days
        if not feeds[row.feed_id] and row.newest < (cutoffs.now - cutoffs.seen - _EPOCH).days:
            day = row.newest + 1
            left = update(feed).where(feed.c.id == row.feed_id, ~feed.c.active)
            if connection.execute(left.values(_FORGOTTEN)).rowcount == 0:
                continue  # somebody has just taken it back
        if row.oldest < day:
            before[row.feed_id] = day
    return before


def _ages(first: int, last: int) -> Any:
    newest, oldest = func.max(seen.c.last_seen).label("newest"), func.min(seen.c.last_seen).label("oldest")
    asked = select(seen.c.feed_id, newest, oldest).where(seen.c.feed_id.between(first, last))
    return asked.group_by(seen.c.feed_id).order_by(seen.c.feed_id)


def count_old(connection: Connection, cutoffs: Cutoffs) -> dict[str, int]:
    """Count what would be forgotten; see `Store.count_old`."""
    counts = {
        step.table.name: connection.scalar(select(func.count()).select_from(step.table).where(step.old(cutoffs))) or 0
        for step in _STEPS
    }
    newest = select(seen.c.feed_id, func.max(seen.c.last_seen).label("day")).group_by(seen.c.feed_id).subquery()
    gone = and_(~feed.c.active, newest.c.day < (cutoffs.now - cutoffs.seen - _EPOCH).days)
    old = or_(gone, seen.c.last_seen < newest.c.day - cutoffs.seen.days)
    keys = select(func.count()).select_from(seen).join(newest, newest.c.feed_id == seen.c.feed_id)
    counts[seen.name] = connection.scalar(keys.join(feed, feed.c.id == seen.c.feed_id).where(old)) or 0
    return counts
