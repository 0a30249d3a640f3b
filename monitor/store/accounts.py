"""Read stories, their entries, and what was told of them, as people look at them; see `monitor.ports.Reader`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, Select, func, or_, select

from monitor.errors import StoreError
from monitor.model import Alert, Decision, DeliveryKind, DeliveryState, Digest, Feedback, Message, Stage, Story
from monitor.ports import MOST_COUNTED, Attention, StoryAccount, StoryEntry
from monitor.store.engine import portions
from monitor.store.ledger import alerts_of_story, decision_of, entries_of_feeds, entry_of
from monitor.store.payload import thaw
from monitor.store.people import read_actions
from monitor.store.polls import load_stories
from monitor.store.tables import decision, delivery, entry, feed, feedback

MOST_MESSAGES = 200  # of a story that are read for their sentences
MOST_OPINIONS = 100


def story_account(connection: Connection, story_id: str, *, after: int | None, limit: int) -> StoryAccount | None:
    """Read one story; see `Reader.story_account`."""
    found = load_stories(connection, [story_id]).get(story_id)
    if found is None:
        return None
    records = alerts_of_story(connection, story_id)
    alerts = [record.alert for record in records]
    keys = [each.key for record in records for each in record.deliveries]
    return StoryAccount(
        story=found,
        entries=_entries(connection, story_id, after=after, limit=limit),
        alerts=records,
        messages=tuple(_messages(connection, alerts)),
        feedback=_feedback(connection, alerts),
        actions=read_actions(connection, subjects=[*(each.id for each in alerts), *keys], limit=100) if alerts else (),
    )


def _entries(connection: Connection, story_id: str, *, after: int | None, limit: int) -> tuple[StoryEntry, ...]:
    asked = (
        entries_of_feeds().add_columns(decision.c.id.label("place")).join(decision, decision.c.entry_id == entry.c.id)
    )
    asked = asked.where(decision.c.story_id == story_id, decision.c.stage == Stage.STORY)
    if after is not None:
        asked = asked.where(decision.c.id > after)
    rows = connection.execute(asked.order_by(decision.c.id).limit(limit)).all()
    said: defaultdict[str, list[Decision]] = defaultdict(list)
    of_these = select(decision).where(decision.c.entry_id.in_([row.id for row in rows])).order_by(decision.c.id)
    for each in connection.execute(of_these):
        said[each.entry_id].append(decision_of(each))
    return tuple(
        StoryEntry(place=row.place, entry=entry_of(row), decisions=tuple(said[row.id]))
        for row in {row.id: row for row in rows}.values()
    )


def _messages(connection: Connection, alerts: Iterable[Alert]) -> Iterator[Message]:
    """Thaw what tells of a story; what a newer version wrote is passed over."""
    told = [each.id for each in alerts]
    digests = [each.digest for each in alerts if each.digest]
    telling = delivery.c.kind.in_((DeliveryKind.POST, DeliveryKind.REPLY, DeliveryKind.DIGEST))
    asked = select(delivery.c.payload).where(or_(delivery.c.alert_id.in_(told), delivery.c.key.in_(digests)), telling)
    for payload in connection.scalars(asked.order_by(delivery.c.seq).limit(MOST_MESSAGES)):
        with suppress(StoreError):
            message = thaw(payload)
            yield from message.items if isinstance(message, Digest) else (message,)


def _feedback(connection: Connection, alerts: Iterable[Alert]) -> tuple[Feedback, ...]:
    asked = select(feedback).where(feedback.c.alert_id.in_([each.id for each in alerts]))
    latest = asked.order_by(feedback.c.at.desc(), feedback.c.rule, feedback.c.by).limit(MOST_OPINIONS)
    return tuple(Feedback(**row._mapping) for row in connection.execute(latest))  # noqa: SLF001 - SQLAlchemy's public name


def stories_of(connection: Connection, entries: Collection[str]) -> Mapping[str, Story]:
    """Read the stories of entries; see `Reader.stories_of`."""
    joined: dict[str, str] = {}
    for some in portions(entries):
        asked = select(decision.c.entry_id, decision.c.story_id)
        asked = asked.where(decision.c.entry_id.in_(some), decision.c.stage == Stage.STORY, decision.c.story_id != "")
        joined.update((row.entry_id, row.story_id) for row in connection.execute(asked))
    stories = load_stories(connection, set(joined.values()))
    return {entry_id: stories[story_id] for entry_id, story_id in joined.items() if story_id in stories}


def attention(connection: Connection, *, sent_before: datetime) -> Attention:
    """Count what somebody should look at; see `Reader.attention`."""
    some = select(delivery.c.seq)
    dead = some.where(delivery.c.state == DeliveryState.DEAD)
    in_doubt = some.where(delivery.c.state == DeliveryState.SENDING, delivery.c.attempted_at < sent_before)
    failing = select(feed.c.id).where(feed.c.active, feed.c.failures > 0, feed.c.paused_at.is_(None))
    return Attention(
        dead=_count(connection, dead), in_doubt=_count(connection, in_doubt), failing=_count(connection, failing)
    )


def _count(connection: Connection, asked: Select[tuple[int]]) -> int:
    first = asked.limit(MOST_COUNTED).subquery()
    return connection.scalar(select(func.count()).select_from(first)) or 0
