"""The feeds in a SQL database, a transaction a method."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from monitor.model import (
    Feed,
    FeedLease,
    FeedState,
    Subscription,
)
from monitor.ports import (
    FeedFindings,
    FeedReport,
)
from monitor.store import (
    chores,
    clock,
    lanes,
    pauses,
    report,
    turns,
)
from monitor.store import feeds as feed_queue
from monitor.store.parts.transactions import Transactions


class SqlFeeds(Transactions):
    """Watch feeds and lease them."""

    def sync_feeds(
        self,
        feeds: Sequence[Feed],
        now: datetime,
        *,
        hasten: Collection[str] = (),
        first: Mapping[str, datetime] = MappingProxyType({}),
    ) -> None:
        """Make exactly these feeds active; see `Store.sync_feeds`."""
        with self._writing() as connection:
            feed_queue.sync_feeds(connection, feeds, now, hasten=hasten, first=first)
            turns.forget_hosts(connection, now)

    def claim_feeds(self, *, now: datetime, lease: timedelta, limit: int) -> tuple[FeedLease, ...]:
        """Lease feeds that are due; see `Store.claim_feeds`."""
        with self._writing(lasting=False) as connection:  # a lease that is forgotten is taken once more
            return feed_queue.claim_feeds(connection, now=now, lease=lease, limit=limit)

    def next_due(self) -> datetime | None:
        """Say when a feed is due; see `Store.next_due`."""
        with self._reading() as connection:
            return feed_queue.next_due(connection)

    def claim_feed(self, url: str, *, now: datetime, lease: timedelta) -> tuple[FeedLease, datetime] | None:
        """Lease one feed, due or not; see `Store.claim_feed`."""
        with self._writing() as connection:
            return feed_queue.claim_feed(connection, url, now=now, lease=lease)

    def feeds_with_hubs(self) -> tuple[FeedState, ...]:
        """Read the feeds that name a hub or have a subscription; see `Store.feeds_with_hubs`."""
        with self._reading() as connection:
            return feed_queue.feeds_with_hubs(connection)

    def note_subscription(
        self, url: str, *, old: Subscription | None, new: Subscription | None, now: datetime, hasten: bool = False
    ) -> bool:
        """Put a subscription into the place of another; see `Store.note_subscription`."""
        with self._writing() as connection:
            return feed_queue.note_subscription(connection, url, old=old, new=new, now=now, hasten=hasten)

    def release_feeds(self, leases: Sequence[FeedLease], due: datetime) -> None:
        """Give leases back untouched; see `Store.release_feeds`."""
        self.put_off_feeds(dict.fromkeys(leases, due))

    def put_off_feeds(self, leases: Mapping[FeedLease, datetime]) -> None:
        """Give leases back untouched; see `Store.put_off_feeds`."""
        with self._writing() as connection:
            feed_queue.put_off_feeds(connection, leases)

    def take_turns(self, hosts: Collection[str], *, now: datetime, spacing: timedelta) -> Mapping[str, datetime]:
        """Begin a request to each of these hosts; see `Store.take_turns`."""
        with self._writing() as connection:
            return turns.take_turns(connection, hosts, now=now, spacing=spacing)

    def pause_feed(
        self, url: str, now: datetime, *, until: datetime | None = None, reason: str = "", by: str = ""
    ) -> bool:
        """Stop polling a feed; see `Store.pause_feed`."""
        with self._writing() as connection:
            return pauses.pause_feed(connection, url, now, until=until, reason=reason, by=by)

    def resume_feed(self, url: str, now: datetime, *, by: str = "") -> bool:
        """Make a paused feed due at once; see `Store.resume_feed`."""
        with self._writing() as connection:
            return pauses.resume_feed(connection, url, now, by=by)

    def end_pauses(self, now: datetime) -> tuple[str, ...]:
        """Resume the feeds whose pause is over; see `Store.end_pauses`."""
        with self._writing() as connection:
            return pauses.end_pauses(connection, now)

    def feed_reports(self, now: datetime, *, urls: Collection[str] | None = None) -> tuple[FeedReport, ...]:
        """Report watched feeds; see `Store.feed_reports`."""
        with self._reading() as connection:
            return report.feed_reports(connection, now, urls=urls)

    def feed_findings(self, url: str, now: datetime, *, limit: int) -> FeedFindings:
        """Say what a feed has brought; see `Store.feed_findings`."""
        with self._reading() as connection:
            return report.feed_findings(connection, url, now, limit=limit)

    def adopt(self, now: datetime, *, settle: timedelta) -> None:
        """End every lease; see `Store.adopt`."""
        with self._writing() as connection:
            if clock.was_ahead(connection, now):
                clock.set_back(connection, now, settle=settle)
            feed_queue.adopt_feeds(connection, now)
            lanes.adopt_lanes(connection, now, settle=settle)
            chores.adopt_chores(connection, now)
            report.forget_nodes(connection)

    def was_ahead(self, now: datetime) -> bool:
        """Say whether a clock was ahead; see `Store.was_ahead`."""
        with self._reading() as connection:
            return clock.was_ahead(connection, clock.right_by_now(connection, now))

    def set_back(self, now: datetime, *, settle: timedelta, leases: bool) -> None:
        """Have nothing wait for what a clock said that was ahead; see `Store.set_back`."""
        with self._writing() as connection:
            now = clock.right_by_now(connection, now)
            if leases:
                clock.end_lost_leases(connection, now, settle=settle)
            clock.set_back(connection, now, settle=settle)
