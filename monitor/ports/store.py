"""The door to all state."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from monitor.model import (
    Action,
    Alert,
    Breaker,
    ChoreLease,
    ClaimedDelivery,
    Cutoffs,
    Delivery,
    Entry,
    Feed,
    Feedback,
    FeedLease,
    FeedState,
    HeldBack,
    HeldDelivery,
    History,
    Hold,
    HoldKind,
    Memory,
    Mute,
    PollOutcome,
    Priority,
    Pulse,
    Question,
    Report,
    Settlement,
    StoredEntry,
    Subscription,
    Told,
    Wanted,
)
from monitor.ports.records import (
    Activity,
    Cursor,
    DeadLetter,
    DeliveryRecord,
    EngineReport,
    EntryRecord,
    FeedFindings,
    FeedReport,
    HitRecord,
    NodeReport,
    Pruned,
    PrunePlace,
    RuleStats,
    Sighting,
    StateReport,
    StatusReport,
    Waiting,
)


class Store(Protocol):
    """Keep all state. Synchronous, whole transactions, called on a thread of its own; `now` is always passed in.

    Every method may raise StoreUnavailableError, after which nothing has been written.
    """

    shared: bool
    """Whether other daemons may work on it at the same time."""

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
            ConflictError: another poll has changed one of the tallies, or opened one of the breakers meanwhile.
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

    def dead_letters(self, *, since: datetime, limit: int = 1_000) -> tuple[DeadLetter, ...]:
        """Read the deliveries that were set aside since then, the latest first."""
        ...

    def held_deliveries(
        self,
        *,
        over: datetime | None = None,
        kind: HoldKind | None = None,
        by: str = "",
        channel: str = "",
        at_least: Priority | None = None,
        key: str = "",
        alert_id: str = "",
        limit: int = 1_000,
    ) -> tuple[HeldDelivery, ...]:
        """Read what is kept back, in order.

        Of everything, or of what no longer has to be at the time `over`; of one kind of hold, of one mute or breaker
        (`by`), of one channel; about alerts that matter so much by now, or about one alert; by the beginning of a key.
        """
        ...

    def holders(self) -> tuple[tuple[HoldKind, str], ...]:
        """Say what keeps anything back: each kind of hold, with the mutes and breakers by their ids."""
        ...

    def held_back(self, breakers: Collection[str]) -> tuple[HeldBack, ...]:
        """Say how many stories these breakers hold, in each channel."""
        ...

    def release_held(self, keys: Collection[str], now: datetime) -> int:
        """Send held deliveries after all, in their old order; return how many were still held."""
        ...

    def fold_held(self, digest: Delivery, keys: Collection[str], now: datetime) -> None:
        """Owe one message for held deliveries, all of its channel; they are settled, and their alerts name it.

        Raises:
            ConflictError: somebody else has released or dropped one of them; nothing was written.
        """
        ...

    def drop_held(self, keys: Collection[str], reason: str, now: datetime) -> int:
        """Give held deliveries up: they stay in the record, and are not sent; return how many were still held."""
        ...

    def hold_again(self, keys: Collection[str], hold: Hold) -> int:
        """Keep held deliveries for another reason or time; return how many were still held."""
        ...

    def add_mute(self, mute: Mute, action: Action) -> None:
        """Begin a mute, and note who did; one that is there already stays as it is."""
        ...

    def end_mute(self, mute_id: str, action: Action, *, tell: bool = False) -> bool:
        """End a mute before its time, at `action.at`; False = none such is running.

        With `tell`, what it held is to be told, whatever was said of that when it began.
        """
        ...

    def secret(self, name: str) -> bytes:
        """Return 32 random bytes that are kept under this name, the same for ever and for every daemon."""
        ...

    def mutes(self, *, at: datetime | None = None) -> tuple[Mute, ...]:
        """Read the mutes that are running at this time, None = all there ever were; the oldest first."""
        ...

    def open_breaker(self, breaker: Breaker) -> bool:
        """Open a breaker; False = one is open for that rule or feed."""
        ...

    def pulses(self, rules: Collection[str], feed: str, now: datetime) -> tuple[Pulse, ...]:
        """Say how many alerts these rules and this feed raise; those that raised none in 15 days have no pulse."""
        ...

    def close_breaker(self, breaker_id: str, ending: str, action: Action) -> bool:
        """Close a breaker, at `action.at`; False = none such is open."""
        ...

    def breakers(self, *, all_of_them: bool = False) -> tuple[Breaker, ...]:
        """Read the breakers that are open, or all there ever were; the oldest first."""
        ...

    def alert(self, alert_id: str) -> Alert | None:
        """Read one alert; None = there is none such."""
        ...

    def acknowledge(self, alert_id: str, action: Action) -> bool:
        """Note who takes care of an alert; False = there is none such, or somebody does already."""
        ...

    def add_feedback(self, feedback: Collection[Feedback], action: Action) -> None:
        """Note what somebody thinks of an alert; it replaces what he thought of the same rule in it before."""
        ...

    def feedback(self, *, since: datetime) -> tuple[Feedback, ...]:
        """Read what people think, the oldest first."""
        ...

    def note_action(self, action: Action) -> None:
        """Note what somebody did."""
        ...

    def actions(self, *, subjects: Collection[str] = (), limit: int = 100) -> tuple[Action, ...]:
        """Read what people did, the newest first; to these alerts, mutes and breakers, or to all."""
        ...

    def waiting(self, channels: Collection[str], now: datetime) -> Waiting:
        """Say since when feeds, and deliveries to these channels, are due that nobody has taken."""
        ...

    def activity(self, since: datetime) -> Activity:
        """Count what was done since then."""
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

    def find_stories(self, prefix: str) -> tuple[str, ...]:
        """Find stories by the beginning of their id. At most 20."""
        ...

    def find_alerts(self, prefix: str) -> tuple[Alert, ...]:
        """Find alerts by the beginning of their id; else of the key of a message about them. At most 20."""
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

    def find_wanted(
        self, wanted: Wanted | None, *, since: datetime, before: Cursor | None, limit: int
    ) -> tuple[Cursor, ...]:
        """Find the places of entries seen since then in which these words may stand, the newest first; None = any.

        All in which they stand are among them, indexed or not; those behind the place `before`. Fewer than `limit` =
        there are no more.
        """
        ...

    def index_words(self, limit: int) -> int:
        """Index the words of entries that are not yet, the newest first; return how many."""
        ...

    def read_hits(
        self, rule: str, *, since: datetime, after: Cursor | None, limit: int
    ) -> tuple[tuple[HitRecord, ...], Cursor | None]:
        """Read one page of what a rule has found and is stored, in the order of finding, and where to go on."""
        ...

    def rule_stats(self, now: datetime) -> Mapping[str, RuleStats]:
        """Count the hits of every rule that ever had one, by rule."""
        ...

    def claim_chore(self, name: str, *, now: datetime, lease: timedelta) -> ChoreLease | None:
        """Lease a chore, for one daemon of all; None = it is not due, or somebody does it."""
        ...

    def finish_chore(self, lease: ChoreLease, due: datetime) -> None:
        """Give a chore back; it is due next at this time.

        Raises:
            LeaseLostError: the lease ran out and somebody else took the chore.
        """
        ...

    def prune(self, cutoffs: Cutoffs, place: PrunePlace) -> Pruned:
        """Forget what is old of one page of one table, and say where to go on; the first place is `PrunePlace()`."""
        ...

    def count_old(self, cutoffs: Cutoffs) -> Mapping[str, int]:
        """Count what would be forgotten, by table."""
        ...

    def verify(self, now: datetime) -> StateReport:
        """Look for what is wrong with the state, and count its rows; it takes as long as reading all of it."""
        ...

    def nodes(self) -> tuple[NodeReport, ...]:
        """Read which daemons there are, by name, with their last signs of life."""
        ...

    def engine_report(self) -> EngineReport:
        """Say what the store is made of, and when its chores are due."""
        ...

    def close(self) -> None:
        """Checkpoint and let go."""
        ...
