"""The doors of the house: what the pipeline asks of the world outside, in its own words.

`monitor.testing` has a fake for each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from monitor.model import (
    Alert,
    ClaimedDelivery,
    Decision,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Entry,
    Feed,
    FeedLease,
    FeedState,
    History,
    Memory,
    NotModified,
    Page,
    ParsedFeed,
    PollOutcome,
    Question,
    Report,
    SendResult,
    Settlement,
    StoredEntry,
    Story,
    Subscription,
    Told,
)


class Clock(Protocol):
    """Tell the time: aware, UTC."""

    def __call__(self) -> datetime:
        """Return the time now."""
        ...


class Fetcher(Protocol):
    """Get a feed's document."""

    async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:
        """Fetch once, conditionally where `state` has validators.

        Raises:
            FetchError: no usable answer came.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class ArticleFetcher(Protocol):
    """Get the web page behind a link of an entry, where its host allows that."""

    async def fetch_article(self, url: str) -> Page:
        """Fetch once.

        Raises:
            FetchError: no usable answer came, or robots.txt forbids to ask.
        """
        ...


class HubClient(Protocol):
    """Ask the hubs that push feeds (W3C WebSub)."""

    async def post_form(self, url: str, form: Mapping[str, str]) -> None:
        """Send a form, once.

        Raises:
            FetchError: the hub did not take it, or nobody knows whether it did.
        """
        ...


class Parser(Protocol):
    """Look into documents of strangers, where neither what they cost nor what they break harms anybody else."""

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        """Make entries of a page.

        Raises:
            ParseError: no feed could be made of it, or that took too much time or memory.
        """
        ...

    def parse_small(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed | None:
        """Make entries of a page at once, on whatever thread this is, where that is cheap and sure to be harmless.

        None = it is not, and `parse` has to do it.
        """
        ...

    async def shortcut_holds(self, page: Page, whole: ParsedFeed, feed: Feed, now: datetime) -> bool:
        """Say whether a page gives in two parts what it gave as a whole.

        Raises:
            ParseError: that took too much time or memory.
        """
        ...

    async def extract(self, page: Page, url: str) -> str:
        """Return the text of the article on a web page, "" where there seems to be none.

        Raises:
            ParseError: that took too much time or memory, or cannot be done here.
        """
        ...

    async def close(self) -> None:
        """End what works in the background."""
        ...


class Notifier(Protocol):
    """Deliver messages to one channel."""

    pace: timedelta
    """Least time between two messages."""

    guarantee: str
    """What the channel promises after a crash, one line for people: "effectively once", "at least once" and why."""

    async def send(self, delivery: Delivery) -> SendResult:
        """Send one message, once; never retry, never raise for what a destination answers.

        `delivery.kind` says what to do. A reply without a parent, or where there are no threads, is a message of its
        own. An edit that cannot be made is refused for good (`Rejected(retry=False)`), and nothing is posted.
        """
        ...

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:
        """Say whether an earlier attempt, begun at `since`, reached the destination.

        `Accepted`: it did. `Rejected(retry=True)`: it surely did not, or a second copy does no harm: send it again.
        `Unknown`: ask again later.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReport:
    """One daemon as the store knows it."""

    name: str
    version: str
    started_at: datetime
    beat_at: datetime
    rules_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedReport:
    """What one channel is owed."""

    channel: str
    count: int
    since: datetime  # the oldest
    reason: str  # why the last attempt failed, "" = none has


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadReport:
    """One delivery that will not go through by itself."""

    key: str
    channel: str
    title: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """One look at the whole state."""

    nodes: tuple[NodeReport, ...]
    feeds: tuple[FeedState, ...]  # active ones, by name
    entries: int
    alerts: int
    deliveries: Mapping[str, int]  # by state
    owed: tuple[OwedReport, ...]  # by channel
    dead: tuple[DeadReport, ...]  # the latest 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """What became of one delivery."""

    key: str
    channel: str
    kind: DeliveryKind
    state: DeliveryState
    created_at: datetime
    due_at: datetime  # of one that is owed: when it is sent or looked up
    attempted_at: datetime | None
    attempts: int
    settled_at: datetime | None
    ref: str
    reason: str  # why it was not sent the last time
    title: str  # of its message


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """One alert and what it owes."""

    alert: Alert
    deliveries: tuple[DeliveryRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord:
    """Everything that is known of one entry."""

    entry: Entry  # without its keys
    decisions: tuple[Decision, ...]  # in the order in which they fell
    story: Story | None  # that it joined
    others: tuple[Entry, ...]  # that joined the same story, the first 50
    alerts: tuple[AlertRecord, ...]  # about that story, by channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A feed that has shown an identity key."""

    feed: str
    last_at: datetime  # the day


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """One watched feed as the store knows it."""

    state: FeedState
    due: datetime  # when it is polled next
    day: int  # entries seen in 24 hours
    week: int  # entries seen in 7 days


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFindings:
    """What a feed has brought of late."""

    entries: tuple[str, ...]  # ids, the newest first
    hits: tuple[tuple[str, int], ...]  # rules and their hits of 30 days, the most first


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStats:
    """What a rule has found."""

    rule: str
    week: int  # hits in 7 days
    month: int  # hits in 30 days
    last_at: datetime
    noisiest: tuple[str, int]  # the name found in most hits of 30 days, and in how many; ("", 0) = none


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page of entries ended."""

    seen_at: datetime
    entry_id: str


class Store(Protocol):
    """Keep all state. Synchronous, whole transactions, called on a thread of its own; `now` is always passed in.

    Every method may raise StoreUnavailableError, after which nothing has been written.
    """

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

    def feed_reports(self, now: datetime) -> tuple[FeedReport, ...]:
        """Report each watched feed, by name."""
        ...

    def feed_findings(self, url: str, now: datetime, *, limit: int) -> FeedFindings:
        """Say what a feed has brought in 30 days: its latest entries, at most `limit`, and the rules that they hit."""
        ...

    def put_off_feeds(self, leases: Mapping[FeedLease, datetime]) -> None:
        """Give leases back untouched: each feed is due again at its own time."""
        ...

    def adopt(self, now: datetime, *, settle: timedelta) -> None:
        """End every lease: for the one process that holds the store for itself and finds what a dead one left.

        Feeds are due at once, those too that were polled in what is now the future: the clock was wrong. A delivery
        whose attempt was cut short is looked up no sooner than `settle` from now, and holds its channel till then.
        """
        ...

    def recall(
        self, feed_id: int, *, keys: Collection[bytes], story_keys: Collection[bytes], since: datetime
    ) -> Memory:
        """Say which identity keys the feed has shown, and when last; and which stories seen after `since` have keys."""
        ...

    def recall_near(self, *, stories: Collection[str], entries: Collection[str]) -> Memory:
        """Read stories and entries by their ids: `Memory.near` and `Memory.reports`."""
        ...

    def read_reports(self, *, since: datetime, after: int | None, limit: int) -> tuple[Report, ...]:
        """Read the entries that joined stories, in the ledger's order: those behind the place `after`, None = all.

        Only entries seen since `since`; fewer than `limit` = there are no more by now.
        """
        ...

    def recall_entries(self, feed_id: int, *, ids: Collection[str], links: Collection[str]) -> tuple[StoredEntry, ...]:
        """Read a feed's entries that have one of these ids or canonical links, as they were stored."""
        ...

    def recall_histories(self, questions: Collection[Question]) -> Mapping[str, History]:
        """Say what rules have found before, by rule."""
        ...

    def recall_told(self, stories: Collection[str]) -> Mapping[str, Told]:
        """Say what has been told about these stories, by the alert's id."""
        ...

    def record(self, outcome: PollOutcome, now: datetime) -> None:
        """Write one poll, whole or not at all.

        Raises:
            LeaseLostError: the lease ran out and somebody else took the feed.
            StoryConflictError: one of the new story keys belongs to another story by now.
            ConflictError: another poll has changed one of the tallies meanwhile.
        """
        ...

    def record_quiet(self, outcomes: Sequence[PollOutcome]) -> None:
        """Write polls that are quiet (see `PollOutcome.quiet`), each of another feed: all of them or none.

        Raises:
            LeaseLostError: one of the leases ran out and somebody else took the feed.
        """
        ...

    def watch_rules(self, rules: Collection[str], now: datetime) -> None:
        """Keep tallies of exactly these rules; those of new ones begin now, those of the others are kept."""
        ...

    def quiet_since(self, rules: Collection[str]) -> Mapping[str, datetime]:
        """Say since when these rules, if they are watched, have found nothing: the last hit, or the first watch."""
        ...

    def announce(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Owe messages that are about no entry; one whose key was owed before stays as it is."""
        ...

    def claim_deliveries(
        self, channels: Collection[str], *, now: datetime, lease: timedelta, limit: int
    ) -> tuple[ClaimedDelivery, ...]:
        """Lease up to `limit` due destinations among `channels`; write the intent to send each one's next delivery.

        At most one delivery a channel, the oldest first. A delivery that an earlier attempt left in doubt comes back
        with `in_doubt_since`, and holds its channel until it is settled. A reply or edit comes with its parent, after
        it; a reply whose parent never arrived comes without, an edit is skipped. Edits wait for everything else.
        """
        ...

    def settle(self, claimed: ClaimedDelivery, settlement: Settlement, *, now: datetime, pace: timedelta) -> None:
        """Write how an attempt ended and give the destination back, not to be used again before `now + pace`.

        Raises:
            LeaseLostError: the lease ran out and somebody else took the destination; nothing was written.
        """
        ...

    def resend(self, claimed: ClaimedDelivery, *, now: datetime, lease: timedelta) -> ClaimedDelivery:
        """Write a new intent for a delivery that was in doubt and is surely absent, under the same lease, prolonged.

        Raises:
            LeaseLostError: the lease ran out and somebody else took the destination; nothing was written.
        """
        ...

    def replay(self, *, now: datetime, channel: str | None = None) -> int:
        """Make dead deliveries (of one channel, or all) new again, in their old order; return how many."""
        ...

    def beat(self, node: NodeReport) -> None:
        """Note that a daemon is alive, and forget those silent for a day."""
        ...

    def leave(self, name: str) -> None:
        """Forget a daemon that ends in good order."""
        ...

    def status(self) -> StatusReport:
        """Take one look at the whole state."""
        ...

    def find_entries(self, prefix: str) -> tuple[str, ...]:
        """Find entries by the beginning of their id; else of an alert's id; else of a delivery's key. At most 20."""
        ...

    def find_link(self, canonical_url: str) -> tuple[str, ...]:
        """Find the entries that have this link, the first seen first. At most 20."""
        ...

    def find_sightings(self, keys: Collection[bytes]) -> tuple[Sighting, ...]:
        """Say which feeds have shown one of these identity keys, by name."""
        ...

    def find_announcements(self, prefix: str) -> tuple[DeliveryRecord, ...]:
        """Find deliveries that are about no entry by the beginning of their key. At most 20."""
        ...

    def latest_deliveries(self, *, channel: str | None, edits: bool, limit: int) -> tuple[DeliveryRecord, ...]:
        """Read what was owed last, the newest first: to one channel, or to all; edits only where they are asked for."""
        ...

    def entry_record(self, entry_id: str) -> EntryRecord | None:
        """Read everything known of one entry; None = it is not stored."""
        ...

    def read_entries(
        self, *, since: datetime, after: Cursor | None, limit: int
    ) -> tuple[tuple[Entry, ...], Cursor | None]:
        """Read one page of entries, without their keys, in the order in which they were seen, and where to go on."""
        ...

    def count_entries(self, since: datetime) -> int:
        """Count the entries seen since then."""
        ...

    def rule_stats(self, now: datetime) -> Mapping[str, RuleStats]:
        """Count the hits of every rule that ever had one, by rule."""
        ...

    def close(self) -> None:
        """Checkpoint and let go."""
        ...
