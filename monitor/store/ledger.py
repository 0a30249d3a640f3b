"""Look back: what became of one entry, and the entries of a time, in pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, func, literal, or_, select, tuple_

from monitor.model import Alert, Decision, DeliveryKind, DeliveryState, Entry, Report, Stage, StoredEntry
from monitor.ports import AlertRecord, Cursor, DeliveryRecord, EntryRecord, Sighting
from monitor.store.columns import Moment, PlainText, link_key
from monitor.store.engine import portions
from monitor.store.payload import title_of
from monitor.store.polls import alert_of, load_stories
from monitor.store.tables import alert, decision, delivery, entry, feed, seen, story

MOST_FOUND = 20  # entries that one prefix or link names
MOST_OTHERS = 50  # entries of a story that are shown
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DERIVED = ("feed_id", "link16", "words_id", "name")


def find_entries(connection: Connection, prefix: str) -> tuple[str, ...]:
    """Find entries by the beginning of their own id, an alert's or a delivery's; see `Store.find_entries`."""
    own = select(entry.c.id).where(*begins(entry.c.id, prefix))
    of_alert = select(alert.c.entry_id).where(*begins(alert.c.id, prefix))
    of_delivery = select(alert.c.entry_id).join(delivery, delivery.c.alert_id == alert.c.id)
    of_delivery = of_delivery.where(*begins(delivery.c.key, prefix))
    for asked in (own, of_alert, of_delivery):
        if found := connection.scalars(asked.distinct().limit(MOST_FOUND)).all():
            return tuple(found)
    return ()


def find_stories(connection: Connection, prefix: str) -> tuple[str, ...]:
    """Find stories by the beginning of their id; see `Store.find_stories`."""
    asked = select(story.c.id).where(*begins(story.c.id, prefix)).order_by(story.c.id)
    return tuple(connection.scalars(asked.limit(MOST_FOUND)))


def find_alerts(connection: Connection, prefix: str) -> tuple[Alert, ...]:
    """Find alerts by the beginning of their id, or of a message's key; see `Store.find_alerts`."""
    own = select(alert).where(*begins(alert.c.id, prefix))
    told_by = select(delivery.c.alert_id).where(*begins(delivery.c.key, prefix))
    of_delivery = select(alert).where(alert.c.id.in_(told_by))
    for asked in (own, of_delivery):
        if found := connection.execute(asked.order_by(alert.c.created_at, alert.c.id).limit(MOST_FOUND)).all():
            return tuple(alert_of(row) for row in found)
    return ()


def find_link(connection: Connection, canonical_url: str) -> tuple[str, ...]:
    """Find the entries that have this link, the oldest first; see `Store.find_link`."""
    same = select(entry.c.id).where(entry.c.link16 == link_key(canonical_url))
    return tuple(connection.scalars(same.order_by(entry.c.seen_at, entry.c.id).limit(MOST_FOUND)))


def find_sightings(connection: Connection, keys: Collection[bytes]) -> tuple[Sighting, ...]:
    """Say which feeds have shown one of these identity keys, and when last; see `Store.find_sightings`."""
    known = select(feed.c.name, func.max(seen.c.last_seen).label("day")).join(seen, seen.c.feed_id == feed.c.id)
    rows = connection.execute(known.where(seen.c.key16.in_(keys)).group_by(feed.c.name).order_by(feed.c.name))
    return tuple(Sighting(feed=row.name, last_at=_EPOCH + timedelta(days=row.day)) for row in rows)


def find_announcements(connection: Connection, prefix: str) -> tuple[DeliveryRecord, ...]:
    """Find deliveries that are about no entry by the beginning of their key; see `Store.find_announcements`."""
    asked = select(delivery).where(delivery.c.alert_id.is_(None), *begins(delivery.c.key, prefix))
    return tuple(delivery_of(row) for row in connection.execute(asked.order_by(delivery.c.seq).limit(MOST_FOUND)))


def latest_deliveries(
    connection: Connection, *, channel: str | None, edits: bool, limit: int
) -> tuple[DeliveryRecord, ...]:
    """Read what was owed last, the newest first; see `Store.latest_deliveries`."""
    asked = select(delivery).order_by(delivery.c.seq.desc()).limit(limit)
    if channel is not None:
        asked = asked.where(delivery.c.channel == channel)
    if not edits:
        asked = asked.where(delivery.c.kind != DeliveryKind.EDIT)
    return tuple(delivery_of(row) for row in connection.execute(asked))


def begins(column: Column[str], prefix: str) -> tuple[Any, Any]:
    """Compare hexadecimal digits by range, which an index answers in any collation; `g` follows them all."""
    return column >= prefix, column < prefix + "g"


def entry_record(connection: Connection, entry_id: str) -> EntryRecord | None:
    """Read everything known of one entry; see `Store.entry_record`."""
    row = connection.execute(entries_of_feeds().where(entry.c.id == entry_id)).one_or_none()
    if row is None:
        return None
    asked = select(decision).where(decision.c.entry_id == entry_id).order_by(decision.c.id)
    decisions = tuple(decision_of(each) for each in connection.execute(asked))
    joined = next((each.story_id for each in decisions if each.stage is Stage.STORY), "")
    return EntryRecord(
        entry=entry_of(row),
        decisions=decisions,
        story=load_stories(connection, [joined]).get(joined) if joined else None,
        others=_others(connection, joined, entry_id) if joined else (),
        alerts=alerts_of_story(connection, joined) if joined else (),
    )


def _others(connection: Connection, story_id: str, entry_id: str) -> tuple[Entry, ...]:
    of_story = select(decision.c.entry_id).where(decision.c.story_id == story_id, decision.c.stage == Stage.STORY)
    others = entries_of_feeds().where(entry.c.id.in_(of_story), entry.c.id != entry_id)
    rows = connection.execute(others.order_by(entry.c.seen_at, entry.c.id).limit(MOST_OTHERS))
    return tuple(entry_of(row) for row in rows)


def alerts_of_story(connection: Connection, story_id: str) -> tuple[AlertRecord, ...]:
    """Read the alerts about a story and what each owes, by channel."""
    records = []
    for row in connection.execute(select(alert).where(alert.c.story_id == story_id).order_by(alert.c.channel)):
        owed = select(delivery).where(or_(delivery.c.alert_id == row.id, delivery.c.key == row.digest))
        deliveries = tuple(delivery_of(each) for each in connection.execute(owed.order_by(delivery.c.seq)))
        records.append(AlertRecord(alert=alert_of(row), deliveries=deliveries))
    return tuple(records)


def read_entries(
    connection: Connection, *, since: datetime, after: Cursor | None, limit: int
) -> tuple[tuple[Entry, ...], Cursor | None]:
    """Read one page of entries in the order in which they were seen; see `Store.read_entries`."""
    place = tuple_(entry.c.seen_at, entry.c.id)
    page = entries_of_feeds().where(entry.c.seen_at >= since).order_by(entry.c.seen_at, entry.c.id).limit(limit)
    if after is not None:
        page = page.where(place > tuple_(literal(after.seen_at, Moment), literal(after.entry_id, PlainText)))
    entries = tuple(entry_of(row) for row in connection.execute(page))
    last = entries[-1] if len(entries) == limit else None
    return entries, Cursor(seen_at=last.seen_at, entry_id=last.id) if last else None


def read_by_id(connection: Connection, ids: Collection[str]) -> dict[str, Entry]:
    """Read entries; see `Store.recall_near`."""
    asked = (entries_of_feeds().where(entry.c.id.in_(some)) for some in portions(ids))
    return {row.id: entry_of(row) for each in asked for row in connection.execute(each)}


def read_reports(connection: Connection, *, since: datetime, after: int | None, limit: int) -> tuple[Report, ...]:
    """Read a page of the entries that joined stories, in the ledger's order; see `Store.read_reports`.

    The first page begins where the ledger speaks of the first entry of that time, which an index knows.
    """
    if after is None:
        first = select(entry.c.id).where(entry.c.seen_at >= since).order_by(entry.c.seen_at, entry.c.id).limit(1)
        begins = select(func.min(decision.c.id)).where(decision.c.entry_id == first.scalar_subquery())
        after = (connection.scalar(begins) or 1) - 1
    asked = entries_of_feeds().add_columns(decision.c.id.label("place"), decision.c.story_id)
    asked = asked.join(decision, decision.c.entry_id == entry.c.id)
    asked = asked.where(decision.c.id > after, decision.c.stage == Stage.STORY, decision.c.story_id != "")
    rows = connection.execute(asked.where(entry.c.seen_at >= since).order_by(decision.c.id).limit(limit))
    return tuple(Report(place=row.place, entry=entry_of(row), story_id=row.story_id) for row in rows)


def count_entries(connection: Connection, since: datetime) -> int:
    """Count the entries that `read_entries` gives; see `Store.count_entries`."""
    return connection.scalar(select(func.count()).select_from(entry).where(entry.c.seen_at >= since)) or 0


def recall_entries(
    connection: Connection, feed_id: int, *, ids: Collection[str], links: Collection[str]
) -> tuple[StoredEntry, ...]:
    """Read a feed's entries by id or canonical link, with the rules that matched them; see `Store.recall_entries`."""
    found: dict[str, Entry] = {}
    keys = [key for link in links if (key := link_key(link))]
    for column, values in ((entry.c.id, ids), (entry.c.link16, keys)):
        for some in portions(values):
            asked = entries_of_feeds().where(entry.c.feed_id == feed_id, column.in_(some))
            found.update((row.id, entry_of(row)) for row in connection.execute(asked))
    rules: defaultdict[str, set[str]] = defaultdict(set)
    for some in portions(found):
        matched = select(decision.c.entry_id, decision.c.rule).where(
            decision.c.entry_id.in_(some), decision.c.stage == Stage.MATCH, decision.c.verdict == "match"
        )
        for row in connection.execute(matched):
            rules[row.entry_id].add(row.rule)
    return tuple(StoredEntry(entry=each, rules=frozenset(rules[each.id])) for each in found.values())


def entries_of_feeds() -> Select[Any]:
    """Begin a question about entries, with the names of their feeds."""
    return select(entry, feed.c.name).join(feed, feed.c.id == entry.c.feed_id)


def entry_of(row: Row[Any]) -> Entry:
    """Make the entry of a row of `entries_of_feeds`."""
    values = {column.name: getattr(row, column.name) for column in entry.c if column.name not in _DERIVED}
    return Entry(**values, keys=(), feed=row.name)


def decision_of(row: Row[Any]) -> Decision:
    """Make the decision of a row of its table."""
    values = {
        name: getattr(row, name) for name in ("entry_id", "at", "verdict", "reason", "rule", "story_id", "channel")
    }
    return Decision(**values, stage=Stage(row.stage))


def delivery_of(row: Row[Any]) -> DeliveryRecord:
    """Make the record of a row of `delivery`."""
    return DeliveryRecord(
        key=row.key,
        channel=row.channel,
        kind=DeliveryKind(row.kind),
        state=DeliveryState(row.state),
        created_at=row.created_at,
        due_at=row.due_at,
        attempted_at=row.attempted_at,
        attempts=row.attempts,
        settled_at=row.settled_at,
        ref=row.ref,
        reason=row.reason,
        title=title_of(row.payload),
    )
