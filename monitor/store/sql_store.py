"""The `Store` of the house, on a SQL database: each method is one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, Engine

from monitor.errors import NotFoundError, StoreUnavailableError
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
from monitor.ports import (
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
from monitor.store import (
    anatomy,
    chores,
    hits,
    holds,
    ledger,
    outbox,
    pauses,
    people,
    polls,
    prune,
    pulses,
    report,
    search,
    turns,
    verify,
    words,
)
from monitor.store import feeds as feed_queue
from monitor.store.engine import connect, forgetful, reading, state_file, writing
from monitor.store.failures import unavailable_as_store_error
from monitor.store.migrate import migrate, require_current

__all__ = ["SqlStore", "open_existing_store", "open_store", "state_file"]


def open_store(url: str, *, folder: Path | None = None) -> SqlStore:
    """Open the store that a `store:` URL names, and bring its tables up to date.

    A relative SQLite path is taken from `folder`, or else from the working folder.

    Raises:
        UserError: the URL names no store, or a database that a newer version of the program has written.
        StoreUnavailableError: it cannot be read or written now.
    """
    engine, where = connect(url, folder=folder)
    try:
        with unavailable_as_store_error(where):
            migrate(engine, where, file=state_file(url, folder=folder))
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, where)


def open_existing_store(url: str, *, folder: Path | None = None) -> SqlStore:
    """Open a store beside the daemon that works on it: nothing is created, nothing migrated.

    Raises:
        NotFoundError: no daemon has ever used it.
        UserError: the URL names no store, or its tables are those of another version.
        StoreUnavailableError: it cannot be read now.
    """
    file = state_file(url, folder=folder)
    if file is not None and not file.is_file():
        raise NotFoundError(f"there is no state in {file} yet: `monitor run` makes it")
    engine, where = connect(url, folder=folder)
    try:
        with unavailable_as_store_error(where):
            require_current(engine, where)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, where)


class SqlStore:
    """Keep all state in SQLite or PostgreSQL; use it from one thread at a time."""

    def __init__(self, engine: Engine, where: str) -> None:
        self.engine = engine
        self._forgetful = forgetful(engine)
        self.where = where  # for messages: file, or host and database
        self.shared = engine.dialect.name == "postgresql"  # a SQLite file is one daemon's: see `monitor.store.lock`

    @contextmanager
    def _writing(self, *, lasting: bool = True) -> Iterator[Connection]:
        engine = self.engine if lasting else self._forgetful
        with self._available(), writing(engine) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._available(), reading(self.engine) as connection:
            yield connection

    @contextmanager
    def _available(self) -> Iterator[None]:
        """Wrap failures; after one, connect anew: a server that still answers may be a standby by now."""
        try:
            with unavailable_as_store_error(self.where):
                yield
        except StoreUnavailableError:
            if self.shared:
                self.engine.dispose()
            raise

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

    def feed_reports(self, now: datetime) -> tuple[FeedReport, ...]:
        """Report each watched feed; see `Store.feed_reports`."""
        with self._reading() as connection:
            return report.feed_reports(connection, now)

    def feed_findings(self, url: str, now: datetime, *, limit: int) -> FeedFindings:
        """Say what a feed has brought; see `Store.feed_findings`."""
        with self._reading() as connection:
            return report.feed_findings(connection, url, now, limit=limit)

    def adopt(self, now: datetime, *, settle: timedelta) -> None:
        """End every lease; see `Store.adopt`."""
        with self._writing() as connection:
            feed_queue.adopt_feeds(connection, now)
            outbox.adopt_lanes(connection, now, settle=settle)
            chores.adopt_chores(connection, now)
            report.forget_nodes(connection)

    def recall(
        self, feed_id: int, *, keys: Collection[bytes], story_keys: Collection[bytes], since: datetime
    ) -> Memory:
        """Say what is known of these keys; see `Store.recall`."""
        with self._reading() as connection:
            return polls.recall(connection, feed_id, keys=keys, story_keys=story_keys, since=since)

    def recall_near(self, *, stories: Collection[str], entries: Collection[str]) -> Memory:
        """Read stories and entries by their ids; see `Store.recall_near`."""
        with self._reading() as connection:
            return Memory(near=polls.load_stories(connection, stories), reports=ledger.read_by_id(connection, entries))

    def read_reports(self, *, since: datetime, after: int | None, limit: int) -> tuple[Report, ...]:
        """Read the entries that joined stories, in the ledger's order; see `Store.read_reports`."""
        with self._reading() as connection:
            return ledger.read_reports(connection, since=since, after=after, limit=limit)

    def recall_entries(self, feed_id: int, *, ids: Collection[str], links: Collection[str]) -> tuple[StoredEntry, ...]:
        """Read a feed's entries; see `Store.recall_entries`."""
        with self._reading() as connection:
            return ledger.recall_entries(connection, feed_id, ids=ids, links=links)

    def recall_histories(self, questions: Collection[Question]) -> Mapping[str, History]:
        """Say what rules have found before; see `Store.recall_histories`."""
        with self._reading() as connection:
            return hits.recall_histories(connection, questions)

    def recall_told(self, stories: Collection[str]) -> Mapping[str, Told]:
        """Say what has been told about these stories; see `Store.recall_told`."""
        with self._reading() as connection:
            return polls.recall_told(connection, stories)

    def record(self, outcome: PollOutcome, now: datetime) -> None:
        """Write one poll, whole or not at all; see `Store.record`."""
        with self._writing() as connection:
            polls.record(connection, outcome, now)

    def record_quiet(self, outcomes: Sequence[PollOutcome]) -> None:
        """Write polls that changed nothing but their feeds, all or none; see `Store.record_quiet`."""
        with self._writing(lasting=False) as connection:  # a poll that brought nothing is made once more
            feed_queue.finish_polls(connection, outcomes)

    def watch_rules(self, rules: Collection[str], now: datetime) -> None:
        """Keep tallies of exactly these rules; see `Store.watch_rules`."""
        with self._writing() as connection:
            hits.watch_rules(connection, rules, now)

    def quiet_since(self, rules: Collection[str]) -> Mapping[str, datetime]:
        """Say since when rules have found nothing; see `Store.quiet_since`."""
        with self._reading() as connection:
            return hits.quiet_since(connection, rules)

    def announce(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Owe messages that are about no entry; see `Store.announce`."""
        with self._writing() as connection:
            outbox.announce(connection, deliveries, now)

    def claim_deliveries(
        self, channels: Collection[str], *, now: datetime, lease: timedelta, limit: int
    ) -> tuple[ClaimedDelivery, ...]:
        """Lease destinations and write what each is about to send; see `Store.claim_deliveries`."""
        with self._writing() as connection:
            return outbox.claim_deliveries(connection, channels, now=now, lease=lease, limit=limit)

    def settle(self, claimed: ClaimedDelivery, settlement: Settlement, *, now: datetime, pace: timedelta) -> None:
        """Write how an attempt ended; see `Store.settle`."""
        with self._writing() as connection:
            outbox.settle(connection, claimed, settlement, now=now, pace=pace)

    def resend(self, claimed: ClaimedDelivery, *, now: datetime, lease: timedelta) -> ClaimedDelivery:
        """Write a new intent for a delivery that is surely absent; see `Store.resend`."""
        with self._writing() as connection:
            return outbox.resend(connection, claimed, now=now, lease=lease)

    def replay(self, *, now: datetime, channel: str | None = None) -> int:
        """Make dead deliveries new again; see `Store.replay`."""
        with self._writing() as connection:
            return outbox.replay(connection, now=now, channel=channel)

    def dead_letters(self, *, since: datetime, limit: int = 1_000) -> tuple[DeadLetter, ...]:
        """Read what was set aside; see `Store.dead_letters`."""
        with self._reading() as connection:
            return report.dead_letters(connection, since=since, limit=limit)

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
        """Read what is kept back; see `Store.held_deliveries`."""
        with self._reading() as connection:
            return holds.held_deliveries(
                connection,
                over=over,
                kind=kind,
                by=by,
                channel=channel,
                at_least=at_least,
                key=key,
                alert_id=alert_id,
                limit=limit,
            )

    def holders(self) -> tuple[tuple[HoldKind, str], ...]:
        """Say what keeps anything back; see `Store.holders`."""
        with self._reading() as connection:
            return holds.holders(connection)

    def held_back(self, breakers: Collection[str]) -> tuple[HeldBack, ...]:
        """Say how many stories breakers hold; see `Store.held_back`."""
        with self._reading() as connection:
            return holds.held_back(connection, breakers)

    def release_held(self, keys: Collection[str], now: datetime) -> int:
        """Send held deliveries after all; see `Store.release_held`."""
        with self._writing() as connection:
            return holds.release_held(connection, keys, now)

    def fold_held(self, digest: Delivery, keys: Collection[str], now: datetime) -> None:
        """Owe one message for held deliveries; see `Store.fold_held`."""
        with self._writing() as connection:
            holds.fold_held(connection, digest, keys, now)

    def drop_held(self, keys: Collection[str], reason: str, now: datetime) -> int:
        """Give held deliveries up; see `Store.drop_held`."""
        with self._writing() as connection:
            return holds.drop_held(connection, keys, reason, now)

    def hold_again(self, keys: Collection[str], hold: Hold) -> int:
        """Keep held deliveries for another reason or time; see `Store.hold_again`."""
        with self._writing() as connection:
            return holds.hold_again(connection, keys, hold)

    def add_mute(self, mute: Mute, action: Action) -> None:
        """Begin a mute; see `Store.add_mute`."""
        with self._writing() as connection:
            people.add_mute(connection, mute, action)

    def end_mute(self, mute_id: str, action: Action, *, tell: bool = False) -> bool:
        """End a mute before its time; see `Store.end_mute`."""
        with self._writing() as connection:
            return people.end_mute(connection, mute_id, action, tell=tell)

    def mutes(self, *, at: datetime | None = None) -> tuple[Mute, ...]:
        """Read mutes; see `Store.mutes`."""
        with self._reading() as connection:
            return people.read_mutes(connection, at=at)

    def nodes(self) -> tuple[NodeReport, ...]:
        """Read the daemons; see `Store.nodes`."""
        with self._reading() as connection:
            return report.nodes(connection)

    def engine_report(self) -> EngineReport:
        """Say what the store is made of; see `Store.engine_report`."""
        with self._reading() as connection:
            return anatomy.engine_report(connection)

    def try_writing(self) -> None:
        """Write nothing, as if it were something.

        Raises:
            StoreUnavailableError: nothing can be written.
        """
        with self._writing() as connection:
            report.touch(connection)

    def secret(self, name: str) -> bytes:
        """Return random bytes that are kept; see `Store.secret`."""
        with self._writing() as connection:
            return people.keep_secret(connection, name, secrets.token_bytes(32))

    def open_breaker(self, breaker: Breaker) -> bool:
        """Open a breaker; see `Store.open_breaker`."""
        with self._writing() as connection:
            return pulses.open_breaker(connection, breaker)

    def pulses(self, rules: Collection[str], feed: str, now: datetime) -> tuple[Pulse, ...]:
        """Say how many alerts rules and a feed raise; see `Store.pulses`."""
        with self._reading() as connection:
            return pulses.read_pulses(connection, rules, feed, now)

    def close_breaker(self, breaker_id: str, ending: str, action: Action) -> bool:
        """Close a breaker; see `Store.close_breaker`."""
        with self._writing() as connection:
            return people.close_breaker(connection, breaker_id, ending, action)

    def breakers(self, *, all_of_them: bool = False) -> tuple[Breaker, ...]:
        """Read breakers; see `Store.breakers`."""
        with self._reading() as connection:
            return people.read_breakers(connection, all_of_them=all_of_them)

    def alert(self, alert_id: str) -> Alert | None:
        """Read one alert; see `Store.alert`."""
        with self._reading() as connection:
            return people.read_alert(connection, alert_id)

    def acknowledge(self, alert_id: str, action: Action) -> bool:
        """Note who takes care of an alert; see `Store.acknowledge`."""
        with self._writing() as connection:
            return people.acknowledge(connection, alert_id, action)

    def add_feedback(self, feedback: Collection[Feedback], action: Action) -> None:
        """Note what somebody thinks of an alert; see `Store.add_feedback`."""
        with self._writing() as connection:
            people.add_feedback(connection, feedback, action)

    def feedback(self, *, since: datetime) -> tuple[Feedback, ...]:
        """Read what people think; see `Store.feedback`."""
        with self._reading() as connection:
            return people.read_feedback(connection, since=since)

    def note_action(self, action: Action) -> None:
        """Note what somebody did; see `Store.note_action`."""
        with self._writing() as connection:
            people.add_action(connection, action)

    def actions(self, *, subjects: Collection[str] = (), limit: int = 100) -> tuple[Action, ...]:
        """Read what people did; see `Store.actions`."""
        with self._reading() as connection:
            return people.read_actions(connection, subjects=subjects, limit=limit)

    def waiting(self, channels: Collection[str], now: datetime) -> Waiting:
        """Say since when work waits; see `Store.waiting`."""
        with self._reading() as connection:
            return report.waiting(connection, channels, now)

    def activity(self, since: datetime) -> Activity:
        """Count what was done; see `Store.activity`."""
        with self._reading() as connection:
            return report.activity(connection, since)

    def beat(self, node: NodeReport) -> None:
        """Note that a daemon is alive; see `Store.beat`."""
        with self._writing() as connection:
            report.beat(connection, node)

    def leave(self, name: str) -> None:
        """Forget a daemon that ends in good order; see `Store.leave`."""
        with self._writing() as connection:
            report.leave(connection, name)

    def status(self) -> StatusReport:
        """Take one look at the whole state; see `Store.status`."""
        with self._reading() as connection:
            return report.status(connection)

    def find_entries(self, prefix: str) -> tuple[str, ...]:
        """Find entries by an id or key; see `Store.find_entries`."""
        with self._reading() as connection:
            return ledger.find_entries(connection, prefix)

    def find_stories(self, prefix: str) -> tuple[str, ...]:
        """Find stories by an id; see `Store.find_stories`."""
        with self._reading() as connection:
            return ledger.find_stories(connection, prefix)

    def find_alerts(self, prefix: str) -> tuple[Alert, ...]:
        """Find alerts by an id or key; see `Store.find_alerts`."""
        with self._reading() as connection:
            return ledger.find_alerts(connection, prefix)

    def find_link(self, canonical_url: str) -> tuple[str, ...]:
        """Find entries by their link; see `Store.find_link`."""
        with self._reading() as connection:
            return ledger.find_link(connection, canonical_url)

    def find_sightings(self, keys: Collection[bytes]) -> tuple[Sighting, ...]:
        """Say which feeds have shown a key; see `Store.find_sightings`."""
        with self._reading() as connection:
            return ledger.find_sightings(connection, keys)

    def find_announcements(self, prefix: str) -> tuple[DeliveryRecord, ...]:
        """Find deliveries that are about no entry; see `Store.find_announcements`."""
        with self._reading() as connection:
            return ledger.find_announcements(connection, prefix)

    def latest_deliveries(self, *, channel: str | None, edits: bool, limit: int) -> tuple[DeliveryRecord, ...]:
        """Read what was owed last; see `Store.latest_deliveries`."""
        with self._reading() as connection:
            return ledger.latest_deliveries(connection, channel=channel, edits=edits, limit=limit)

    def entry_record(self, entry_id: str) -> EntryRecord | None:
        """Read everything known of one entry; see `Store.entry_record`."""
        with self._reading() as connection:
            return ledger.entry_record(connection, entry_id)

    def read_entries(
        self, *, since: datetime, after: Cursor | None, limit: int
    ) -> tuple[tuple[Entry, ...], Cursor | None]:
        """Read one page of entries; see `Store.read_entries`."""
        with self._reading() as connection:
            return ledger.read_entries(connection, since=since, after=after, limit=limit)

    def count_entries(self, since: datetime) -> int:
        """Count entries; see `Store.count_entries`."""
        with self._reading() as connection:
            return ledger.count_entries(connection, since)

    def find_wanted(
        self, wanted: Wanted | None, *, since: datetime, before: Cursor | None, limit: int
    ) -> tuple[Cursor, ...]:
        """Find the places of entries in which words may stand; see `Store.find_wanted`."""
        with self._reading() as connection:
            return search.find_wanted(connection, wanted, since=since, before=before, limit=limit)

    def index_words(self, limit: int) -> int:
        """Index the words of entries that are not yet; see `Store.index_words`."""
        with self._writing() as connection:
            return words.index_words(connection, limit)

    def read_hits(
        self, rule: str, *, since: datetime, after: Cursor | None, limit: int
    ) -> tuple[tuple[HitRecord, ...], Cursor | None]:
        """Read one page of what a rule has found; see `Store.read_hits`."""
        with self._reading() as connection:
            return search.read_hits(connection, rule, since=since, after=after, limit=limit)

    def rule_stats(self, now: datetime) -> Mapping[str, RuleStats]:
        """Count the hits of rules; see `Store.rule_stats`."""
        with self._reading() as connection:
            return hits.rule_stats(connection, now)

    def claim_chore(self, name: str, *, now: datetime, lease: timedelta) -> ChoreLease | None:
        """Lease a chore that is due; see `Store.claim_chore`."""
        with self._writing() as connection:
            return chores.claim_chore(connection, name, now=now, lease=lease)

    def finish_chore(self, lease: ChoreLease, due: datetime) -> None:
        """Say when a chore is to be done next; see `Store.finish_chore`."""
        with self._writing() as connection:
            chores.finish_chore(connection, lease, due)

    def prune(self, cutoffs: Cutoffs, place: PrunePlace) -> Pruned:
        """Forget what is old of one page; see `Store.prune`."""
        with self._writing() as connection:
            return prune.prune(connection, cutoffs, place)

    def count_old(self, cutoffs: Cutoffs) -> Mapping[str, int]:
        """Count what would be forgotten; see `Store.count_old`."""
        with self._reading() as connection:
            return prune.count_old(connection, cutoffs)

    def verify(self, now: datetime) -> StateReport:
        """Look for what is wrong with the state; see `Store.verify`."""
        with self._reading() as connection:
            return verify.verify(connection, now)

    def close(self) -> None:
        """Let go. The last connection to an SQLite file brings its log home as it closes (sqlite.org/wal.html)."""
        self.engine.dispose()
