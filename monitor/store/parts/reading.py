"""What people look at, in a SQL database, a transaction a method."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from monitor.model import DeliveryState, Mute, Story
from monitor.ports import (
    Attention,
    MutePlace,
    OwedMessage,
    StoryAccount,
    ToldCount,
    ToldFilter,
    ToldPlace,
    ToldStory,
    Totals,
    Unwell,
)
from monitor.store import accounts, hits, people, report, told
from monitor.store.parts.transactions import Transactions


class SqlReader(Transactions):
    """Read the state beside whoever changes it."""

    def outbox(
        self, states: Collection[DeliveryState], *, channel: str = "", before: int | None, limit: int
    ) -> tuple[OwedMessage, ...]:
        """Read messages in these states; see `Reader.outbox`."""
        with self._reading() as connection:
            return told.outbox(connection, states, channel=channel, before=before, limit=limit)

    def message_counts(self) -> Mapping[DeliveryState, int]:
        """Count the messages by state; see `Reader.message_counts`."""
        with self._reading() as connection:
            return told.message_counts(connection)

    def entry_counts(self, names: Collection[str], *, since: datetime, days: int) -> Mapping[str, tuple[int, ...]]:
        """Count the entries of feeds, by day; see `Reader.entry_counts`."""
        with self._reading() as connection:
            return told.entry_counts(connection, names, since=since, days=days)

    def unwell_feeds(self) -> Unwell:
        """Read the feeds that are not simply well; see `Reader.unwell_feeds`."""
        with self._reading() as connection:
            return report.unwell_feeds(connection)

    def totals(self) -> Totals:
        """Count what there is; see `Reader.totals`."""
        with self._reading() as connection:
            return report.totals(connection)

    def watched_urls(self) -> frozenset[str]:
        """Read the URLs of the watched feeds; see `Reader.watched_urls`."""
        with self._reading() as connection:
            return report.watched_urls(connection)

    def mute_page(self, *, at: datetime | None, before: MutePlace | None, limit: int) -> tuple[Mute, ...]:
        """Read a page of mutes; see `Reader.mute_page`."""
        with self._reading() as connection:
            return people.mute_page(connection, at=at, before=before, limit=limit)

    def told_stories(self, wanted: ToldFilter, *, before: ToldPlace | None, limit: int) -> tuple[ToldStory, ...]:
        """Read stories that were told; see `Reader.told_stories`."""
        with self._reading() as connection:
            return told.told_stories(connection, wanted, before=before, limit=limit)

    def told_since(self, since: datetime, *, limit: int) -> tuple[ToldPlace, ...]:
        """Read the places of new alerts; see `Reader.told_since`."""
        with self._reading() as connection:
            return told.told_since(connection, since, limit=limit)

    def told_counts(self, wanted: ToldFilter, *, step: timedelta) -> tuple[ToldCount, ...]:
        """Count alerts; see `Reader.told_counts`."""
        with self._reading() as connection:
            return told.told_counts(connection, wanted, step=step)

    def hits_by_day(self, rules: Collection[str], *, since: datetime) -> Mapping[str, Mapping[date, int]]:
        """Count hits by rule and day; see `Reader.hits_by_day`."""
        with self._reading() as connection:
            return hits.hits_by_day(connection, rules, since)

    def hits_by_name(self, rule: str, *, since: datetime) -> Mapping[str, int]:
        """Count the hits of a rule by name; see `Reader.hits_by_name`."""
        with self._reading() as connection:
            return hits.hits_by_name(connection, rule, since)

    def stories_of(self, entries: Collection[str]) -> Mapping[str, Story]:
        """Read the stories of entries; see `Reader.stories_of`."""
        with self._reading() as connection:
            return accounts.stories_of(connection, entries)

    def story_account(self, story_id: str, *, after: int | None, limit: int) -> StoryAccount | None:
        """Read one story; see `Reader.story_account`."""
        with self._reading() as connection:
            return accounts.story_account(connection, story_id, after=after, limit=limit)

    def attention(self, *, sent_before: datetime) -> Attention:
        """Count what somebody should look at; see `Reader.attention`."""
        with self._reading() as connection:
            return accounts.attention(connection, sent_before=sent_before)
