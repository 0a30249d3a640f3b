"""The feeds: which are watched, whose turn it is, who polls them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from monitor.model import (
    Feed,
    FeedLease,
    FeedState,
    Subscription,
)
from monitor.ports.records import (
    FeedFindings,
    FeedReport,
)


class Feeds(Protocol):
    """Watch feeds and lease them."""

    def sync_feeds(
        self,
        feeds: Sequence[Feed],
        now: datetime,
        *,
        hasten: Collection[str] = (),
        first: Mapping[str, datetime] = MappingProxyType({}),
    ) -> None:
        """Make exactly these feeds active; the state of those that are known is kept.

        New ones are due at once, or where `first` has their URL at that time. Those with a URL in `hasten` are due at
        once as well: somebody has changed how they are to be polled.
        """
        ...

    def claim_feeds(self, *, now: datetime, lease: timedelta, limit: int) -> tuple[FeedLease, ...]:
        """Lease up to `limit` active feeds that are due, the longest due first."""
        ...

    def next_due(self) -> datetime | None:
        """Say when the feed that is due first can be leased, which may be past; None = no feed is watched."""
        ...

    def claim_feed(self, url: str, *, now: datetime, lease: timedelta) -> tuple[FeedLease, datetime] | None:
        """Lease one watched feed, due or not, and say when it was due; None = it is paused, or somebody polls it."""
        ...

    def feeds_with_hubs(self) -> tuple[FeedState, ...]:
        """Read the watched feeds that name a hub, or have a subscription, by name."""
        ...

    def note_subscription(
        self, url: str, *, old: Subscription | None, new: Subscription | None, now: datetime, hasten: bool = False
    ) -> bool:
        """Put a feed's subscription into the place of the `old` one, if that still stands there; say whether it did.

        A poll of the feed that is under way is dropped, and the feed due at once; so it is when that is to `hasten` it.
        """
        ...

    def release_feeds(self, leases: Sequence[FeedLease], due: datetime) -> None:
        """Give leases back untouched: the feeds are due again at this time."""
        ...

    def put_off_feeds(self, leases: Mapping[FeedLease, datetime]) -> None:
        """Give leases back untouched: each feed is due again at its own time."""
        ...

    def take_turns(self, hosts: Collection[str], *, now: datetime, spacing: timedelta) -> Mapping[str, datetime]:
        """Begin a request to each of these hosts, among all daemons; return those whose turn it is not, and when it is.

        Between two turns of a host lies `spacing`; those that wait are given one time each.
        """
        ...

    def pause_feed(
        self, url: str, now: datetime, *, until: datetime | None = None, reason: str = "", by: str = ""
    ) -> bool:
        """Stop polling a watched feed, and drop a poll of it that is under way; False = no such feed is watched."""
        ...

    def resume_feed(self, url: str, now: datetime, *, by: str = "") -> bool:
        """Make a paused feed due at once; False = no such feed is watched and paused."""
        ...

    def end_pauses(self, now: datetime) -> tuple[str, ...]:
        """Resume the feeds whose pause was to last until now; return their names."""
        ...

    def feed_reports(self, now: datetime, *, urls: Collection[str] | None = None) -> tuple[FeedReport, ...]:
        """Report each watched feed, or those of some `urls`, by name."""
        ...

    def feed_findings(self, url: str, now: datetime, *, limit: int) -> FeedFindings:
        """Say what a feed has brought in 30 days: its latest entries, at most `limit`, and the rules that they hit."""
        ...

    def adopt(self, now: datetime, *, settle: timedelta) -> None:
        """End every lease: for the one process that holds the store for itself and finds what a dead one left.

        Feeds are due at once, those too that were polled in what is now the future: the clock was wrong, and nothing
        waits for what it said (`set_back`). A delivery whose attempt was cut short is looked up no sooner than `settle`
        from now, and holds its channel till then.
        """
        ...

    def was_ahead(self, now: datetime) -> bool:
        """Say whether feeds were polled in what is the future now: the clock of some daemon was ahead, or still is.

        What is now is said by the later one of this clock and the database's: who is late is not right.
        """
        ...

    def set_back(self, now: datetime, *, settle: timedelta, leases: bool) -> None:
        """Have nothing wait for times that a clock has set which was ahead.

        Feeds that were polled in the future are due at once, and so are chores and all that is owed; a delivery in
        doubt is looked up `settle` from now at the latest. With `leases`, those end that no right clock can have begun.
        """
        ...
