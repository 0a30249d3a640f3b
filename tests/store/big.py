"""A state as years of use leave it, written straight into the tables: the store would take hours for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.sql.schema import Table

from monitor.model import DeliveryKind, DeliveryState, Excerpt, Feed, Message, Priority
from monitor.store import SqlStore
from monitor.store.payload import freeze
from monitor.store.tables import (
    action,
    alert,
    alert_label,
    decision,
    delivery,
    destination,
    entry,
    feed,
    hit,
    mute,
    story,
)

DAYS = 30
_WORDS = [
    "ministers",
    "talks",
    "harbour",
    "strike",
    "budget",
    "court",
    "river",
    "election",
    "report",
    "ferry",
    "school",
    "summit",
    "bridge",
]
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Big:
    """How much of everything; `rules` are names."""

    feeds: int
    entries: int
    alerts: int
    rules: tuple[str, ...]
    mutes: int = 500
    now: datetime

    def feed(self, number: int) -> Feed:
        return Feed(name=f"feed-{number}", url=f"https://feed-{number}.example/rss", tags=(f"t{number % 9}",))

    def seen_at(self, number: int) -> datetime:
        """The entries came evenly over thirty days, the last one just now."""
        return self.now - timedelta(days=DAYS) * (self.entries - number) / self.entries

    def source(self, number: int) -> str:
        """The first feed is in one story of 5,000; the others share the rest."""
        return f"feed-{0 if number % 5_000 == 0 else 1 + number % (self.feeds - 1)}"

    def rule(self, number: int) -> str:
        """The first rule is in one alert of 5,000."""
        return self.rules[0 if number % 5_000 == 7 else 1 + number % (len(self.rules) - 1)]


def fill_big(store: SqlStore, big: Big) -> None:
    """Write it all; every alert was delivered, and some feeds fail or are paused."""
    store.sync_feeds([big.feed(number) for number in range(big.feeds)], big.now)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE feed SET polled_at = due, baseline_at = due"))
        connection.execute(
            text("UPDATE feed SET cause = 'TIMEOUT', failing_since = due, failures = 3 WHERE id % 20 = 3")
        )
        connection.execute(text("UPDATE feed SET paused_at = due WHERE id % 100 = 1"))
        ids = {row.name: row.id for row in connection.execute(select(feed.c.id, feed.c.name))}
        connection.execute(insert(destination), [{"name": "desk", "leased": False, "token": 0, "strikes": 0}])
        tables: dict[Table, Callable[[], Iterator[Row]]] = {
            entry: lambda: _entries(big, ids),
            story: lambda: _stories(big),
            alert: lambda: _alerts(big),
            alert_label: lambda: _labels(big),
            delivery: lambda: _deliveries(big),
            decision: lambda: _decisions(big),
            hit: lambda: _hits(big),
            mute: lambda: _mutes(big),
            action: lambda: _actions(big),
        }
        for table, rows in tables.items():
            left = rows()
            while some := list(islice(left, 5_000)):
                connection.execute(insert(table), some)
    while store.index_words(2_000):
        pass
    if store.shared:  # as the server does by itself; nobody asks that of SQLite
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _title(number: int) -> str:
    rng = random.Random(number)
    return f"{' '.join(rng.choices(_WORDS, k=7))} {number}"


def _entries(big: Big, ids: dict[str, int]) -> Iterator[Row]:
    alike = {"guid": "", "body": "", "canonical_url": "", "authors": (), "tags": (), "language": "en"}
    for number in range(big.entries):
        source, title = big.source(number), _title(number)
        url = f"https://{source}.example/{number}"
        summary = f"{_title(-number)}. {_title(number + 10**6)}. {_title(number + 10**7)}"
        row = {"id": _id("e", number), "feed_id": ids[source], "title": title, "summary": summary, "url": url}
        yield row | {"seen_at": big.seen_at(number)} | alike


def _id(kind: str, number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}{ord(kind):04x}{number:012x}"


def _told(big: Big) -> Iterator[tuple[int, datetime]]:
    """Return which of the entries were told, and when."""
    step = big.entries // big.alerts
    for number in range(big.alerts):
        yield number * step, big.seen_at(number * step)


def _stories(big: Big) -> Iterator[Row]:
    for number, at in _told(big):
        sources = (big.source(number), f"feed-{1 + number * 31 % (big.feeds - 1)}")
        yield {"id": _id("e", number), "first_at": at, "last_at": at, "entries": 2, "sources": sources, "version": 1}


def _alerts(big: Big) -> Iterator[Row]:
    for place, (number, at) in enumerate(_told(big)):
        entry_id = _id("e", number)
        rules, priority = (big.rule(place), big.rules[-1]), int(list(Priority)[place % 3])
        row = {"id": _id("a", number), "story_id": entry_id, "entry_id": entry_id, "channel": "desk", "rules": rules}
        yield row | {"priority": priority, "created_at": at}


def _labels(big: Big) -> Iterator[Row]:
    sources = {row["id"]: row["sources"] for row in _stories(big)}
    for row in _alerts(big):
        for kind, names in (("rule", row["rules"]), ("source", sources[row["story_id"]])):
            for name in dict.fromkeys(names):
                yield {
                    "kind": kind,
                    "name": name,
                    "at": row["created_at"],
                    "alert_id": row["id"],
                    "priority": row["priority"],
                }


def _deliveries(big: Big) -> Iterator[Row]:
    for number, at in _told(big):
        title = Excerpt(text=_title(number), marks=())
        message = Message(
            title=title,
            url="https://news.example/",
            feed=big.source(number),
            published=None,
            seen_at=at,
            language="en",
            priority=Priority.NORMAL,
            reasons=(),
            excerpts=(),
        )
        row: Row = {"key": _id("d", number), "alert_id": _id("a", number), "channel": "desk", "kind": DeliveryKind.POST}
        row |= {"state": DeliveryState.SENT, "payload": freeze(message), "due_at": at, "created_at": at}
        yield row | {"attempted_at": at, "attempts": 1, "settled_at": at, "ref": "1.0", "reason": ""}


def _decisions(big: Big) -> Iterator[Row]:
    for number, at in _told(big):
        entry_id = _id("e", number)
        row = {"entry_id": entry_id, "at": at, "stage": "story", "verdict": "new-story", "reason": ""}
        yield row | {"rule": "", "story_id": entry_id, "channel": ""}


def _hits(big: Big) -> Iterator[Row]:
    for place, (number, at) in enumerate(_told(big)):
        for rule in {big.rule(place), big.rules[-1]}:
            row: Row = {"rule": rule, "at": at, "entry_id": _id("e", number), "source": big.source(number)}
            yield row | {"text_key": number.to_bytes(8), "names": ("talks",)}


def _mutes(big: Big) -> Iterator[Row]:
    until = big.now + timedelta(days=1)
    alike: Row = {"by": "anna", "reason": "drill", "until": until, "story": "", "rule": "", "channel": ""}
    alike |= {"recipient": "", "tell": False, "ended_by": ""}
    for number in range(big.mutes):
        since = big.now - timedelta(minutes=number)
        yield {"id": f"{number:08x}", "since": since, "feed": f"feed-{number}"} | alike


def _actions(big: Big) -> Iterator[Row]:
    for number in range(big.mutes):
        row: Row = {"at": big.now, "by": "anna", "via": "cli", "verb": "mute", "subject": f"{number:08x}", "detail": ""}
        yield row
