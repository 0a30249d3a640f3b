"""What a poll reads before it decides, and what it writes, whole, when it has.

Rows that several polls may write are written in the order of their keys, so that two never wait for each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Insert, Row, Update, bindparam, or_, select, update
from sqlalchemy.sql.dml import ReturningInsert

from monitor.errors import StoreError, StoryConflictError
from monitor.model import (
    Alert,
    Decision,
    DeliveryKind,
    DeliveryState,
    Digest,
    Entry,
    Memory,
    Message,
    PollOutcome,
    Priority,
    Story,
    Told,
)
from monitor.store.columns import link_key
from monitor.store.engine import built_once, insert, portions
from monitor.store.feeds import finish_polls
from monitor.store.hits import add_hits, change_tallies
from monitor.store.labels import add_labels
from monitor.store.outbox import owe
from monitor.store.payload import thaw
from monitor.store.prepared import prepared
from monitor.store.pulses import add_raised, open_breakers
from monitor.store.tables import alert, decision, delivery, entry, seen, story, story_key
from monitor.store.words import forget_words

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def recall(
    connection: Connection, feed_id: int, *, keys: Collection[bytes], story_keys: Collection[bytes], since: datetime
) -> Memory:
    """Read what is known of these keys; see `Store.recall`."""
    known: dict[bytes, date] = {}
    for some in portions(keys):
        found = select(seen.c.key16, seen.c.last_seen).where(seen.c.feed_id == feed_id, seen.c.key16.in_(some))
        known.update((row.key16, (_EPOCH + timedelta(days=row.last_seen)).date()) for row in connection.execute(found))
    story_ids: dict[bytes, str] = {}
    for some in portions(story_keys):
        held = select(story_key.c.key, story.c.id).join(story, story.c.id == story_key.c.story_id)
        held = held.where(story_key.c.key.in_(some), story.c.last_at >= since)
        story_ids.update((row.key, row.id) for row in connection.execute(held))
    stories = load_stories(connection, set(story_ids.values()))
    return Memory(
        known=known,
        stories={key: stories[story_id] for key, story_id in story_ids.items() if story_id in stories},
    )


def load_stories(connection: Connection, ids: Collection[str]) -> dict[str, Story]:
    """Read stories, each with the channels that have an alert about it."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    stories: dict[str, Story] = {}
    for some in portions(ids):
        alerts = select(alert.c.story_id, alert.c.channel).where(alert.c.story_id.in_(some))
        for row in connection.execute(alerts):
            told[row.story_id].add(row.channel)
        for row in connection.execute(select(story).where(story.c.id.in_(some))):
            stories[row.id] = Story(
                id=row.id,
                first_at=row.first_at,
                last_at=row.last_at,
                entries=row.entries,
                sources=row.sources,
                told=frozenset(told[row.id]),
                version=row.version,
            )
    return stories


def recall_told(connection: Connection, stories: Collection[str]) -> dict[str, Told]:
    """Read what has been told about these stories; see `Store.recall_told`."""
    told: dict[str, Told] = {}
    for some in portions(stories):
        of_these = alert.c.story_id.in_(some)
        shown = select(delivery.c.alert_id, delivery.c.payload).join(alert, alert.c.id == delivery.c.alert_id)
        shown = shown.where(
            of_these,
            delivery.c.kind.in_((DeliveryKind.POST, DeliveryKind.EDIT)),
            delivery.c.state != DeliveryState.SKIPPED,
        )
        payloads = {row.alert_id: row.payload for row in connection.execute(shown.order_by(delivery.c.seq))}
        for row in connection.execute(select(alert).where(of_these)):
            told[row.id] = Told(alert=alert_of(row), message=_message(payloads.get(row.id)))
    return told


def alert_of(row: Row[Any]) -> Alert:
    """Make an alert of its row."""
    values = {column.name: getattr(row, column.name) for column in alert.c}
    return Alert(**values | {"priority": Priority(row.priority)})


def _message(payload: str | None) -> Message | None:
    try:
        message = thaw(payload) if payload else None
    except StoreError:  # damaged: it can be told more about, and not be changed
        return None
    return None if isinstance(message, Digest) else message


def record(connection: Connection, outcome: PollOutcome, now: datetime) -> None:
    """Write one poll; see `Store.record`."""
    feed_id = outcome.lease.state.feed_id
    finish_polls(connection, [outcome])
    _remember_keys(connection, feed_id, outcome.keys, now)
    _add_entries(connection, feed_id, outcome.entries)
    _change_entries(connection, outcome.updates)
    _change_stories(connection, outcome.stories)
    _give_keys(connection, outcome, now)
    told_before = _add_alerts(connection, outcome.alerts)
    _widen_alerts(connection, outcome.widened)
    add_labels(connection, outcome, [each for each in outcome.alerts if each.id not in told_before])
    owe(connection, [due for due in outcome.deliveries if due.alert_id not in told_before], now)
    _add_decisions(connection, outcome.decisions)
    change_tallies(connection, outcome.tallies)
    add_hits(connection, outcome.hits)
    add_raised(connection, outcome.raised, now)
    open_breakers(connection, outcome.breakers)


def _remember_keys(connection: Connection, feed_id: int, keys: Collection[bytes], now: datetime) -> None:
    today = (now - _EPOCH).days
    _refresh_keys(connection, [(feed_id, key, today) for key in sorted(set(keys))])


@prepared("feed_id", "key16", "last_seen")
def _refresh_keys(connection: Connection) -> Insert:
    new = insert(connection, seen)
    return new.on_conflict_do_update(
        index_elements=[seen.c.feed_id, seen.c.key16],
        set_={"last_seen": new.excluded.last_seen},
        where=seen.c.last_seen < new.excluded.last_seen,
    )


def _add_entries(connection: Connection, feed_id: int, entries: Collection[Entry]) -> None:
    _new_entries(connection, [(feed_id, link_key(item.canonical_url), *_entry_values(item)) for item in entries])


_OF_ENTRY = tuple(column.name for column in entry.c if column.name not in ("feed_id", "link16", "words_id"))
_entry_values = attrgetter(*_OF_ENTRY)


@prepared("feed_id", "link16", *_OF_ENTRY)
def _new_entries(connection: Connection) -> Insert:
    return insert(connection, entry).on_conflict_do_nothing()


_TOLD_BY_FEED = ("title", "summary", "body", "url", "canonical_url", "authors", "tags", "language", "published")


def _change_entries(connection: Connection, entries: Collection[Entry]) -> None:
    """Put what feeds say of known entries now into the place of what they said before."""
    if not entries:
        return
    forget_words(connection, [item.id for item in entries])
    in_order = sorted(entries, key=attrgetter("id"))
    _changed_entries(connection, [(item.id, link_key(item.canonical_url), *_told_by_feed(item)) for item in in_order])


_told_by_feed = attrgetter(*_TOLD_BY_FEED)


@prepared("changed", "link16", *_TOLD_BY_FEED)
def _changed_entries(_connection: Connection) -> Update:
    values: dict[str, Any] = {name: bindparam(name) for name in ("link16", *_TOLD_BY_FEED)}
    return update(entry).where(entry.c.id == bindparam("changed")).values(values)


def _change_stories(connection: Connection, stories: Collection[Story]) -> None:
    """Add new stories; change old ones where they still are as they were recalled.

    Raises:
        StoryConflictError: another poll has changed one meanwhile.
    """
    ordered = sorted(stories, key=lambda item: item.id)
    _new_stories(connection, [_story_values(item) for item in ordered if item.version == 0])
    old = [(item.version, *_story_values(item)) for item in ordered if item.version > 0]
    if _grown_stories(connection, old) != len(old):
        raise StoryConflictError("another poll has changed one of these stories")


_OF_STORY = ("id", "first_at", "last_at", "entries", "sources")
_story_values = attrgetter(*_OF_STORY)


@prepared("read", "story", *_OF_STORY[1:])
def _grown_stories(_connection: Connection) -> Update:
    as_read = update(story).where(story.c.id == bindparam("story"), story.c.version == bindparam("read"))
    return as_read.values(version=story.c.version + 1, **{name: bindparam(name) for name in _OF_STORY[1:]})


@prepared(*_OF_STORY)
def _new_stories(connection: Connection) -> Insert:
    """Build it: the id is the first entry's, so only one that was forgotten and came back finds its old story there."""
    added = insert(connection, story).values(version=1)
    fresh = {name: added.excluded[name] for name in _OF_STORY[1:]}
    return added.on_conflict_do_update(index_elements=[story.c.id], set_={**fresh, "version": story.c.version + 1})


def _give_keys(connection: Connection, outcome: PollOutcome, now: datetime) -> None:
    """Give new keys to stories, taking them from stories that had left the window, or the rules' own window.

    A key notes its story's `last_at`, and stories only grow: a key that is in the window has a story that is in it, so
    whoever meets this conflict finds that story when he recalls again.

    Raises:
        StoryConflictError: another poll has given one to another story meanwhile.
    """
    last_at = {item.id: item.last_at for item in outcome.stories}
    rows = [
        (key, story_id, last_at.get(story_id, now), outcome.stories_since, outcome.taken_keys.get(key, ""))
        for key, story_id in sorted(outcome.story_keys.items())
    ]
    if _given_keys(connection, rows) != len(rows):
        raise StoryConflictError("another poll has recorded one of these stories")


@prepared("key", "story_id", "seen_at", "since", "taken")
def _given_keys(connection: Connection) -> Insert:
    new = insert(connection, story_key)
    held_by = story_key.c.story_id
    ours_or_old = or_(
        held_by == new.excluded.story_id, held_by == bindparam("taken"), story_key.c.seen_at < bindparam("since")
    )
    return new.on_conflict_do_update(
        index_elements=[story_key.c.key],
        set_={"story_id": new.excluded.story_id, "seen_at": new.excluded.seen_at},
        where=ours_or_old,
    )


def _add_alerts(connection: Connection, alerts: Collection[Alert]) -> set[str]:
    """Add alerts; return the ids of those that another poll had added before."""
    if not alerts:
        return set()
    names = [column.name for column in alert.c]
    rows = [{name: getattr(item, name) for name in names} for item in sorted(alerts, key=attrgetter("id"))]
    return {item.id for item in alerts} - set(connection.scalars(_new_alerts(connection), rows))


@built_once
def _new_alerts(connection: Connection) -> ReturningInsert[Any]:
    return insert(connection, alert).on_conflict_do_nothing().returning(alert.c.id)


def _widen_alerts(connection: Connection, alerts: Collection[Alert]) -> None:
    """Change the rules and the priority of alerts; their stories change as well, so two polls that do are told."""
    _wider_alerts(connection, [(item.id, item.rules, item.priority) for item in sorted(alerts, key=attrgetter("id"))])


@prepared("alert", "more", "raised")
def _wider_alerts(_connection: Connection) -> Update:
    wider = update(alert).where(alert.c.id == bindparam("alert"))
    return wider.values(rules=bindparam("more"), priority=bindparam("raised"))


def _add_decisions(connection: Connection, decisions: Collection[Decision]) -> None:
    _new_decisions(connection, map(_decision_values, decisions))


_OF_DECISION = tuple(column.name for column in decision.c if column.name != "id")
_decision_values = attrgetter(*_OF_DECISION)


@prepared(*_OF_DECISION)
def _new_decisions(connection: Connection) -> Insert:
    return insert(connection, decision)
