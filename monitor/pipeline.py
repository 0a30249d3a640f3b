"""The way of one entry: `poll` brings it from its feed into the store, `deliver` brings its message to a channel.

All awaits live here. Between two steps of the way nothing is held but a lease: a poll that dies leaves a lease that
runs out; a delivery that dies is in doubt and is looked up.

    claim -> fetch -> parse -> recall -> decide -> record ==> claim -> (look up) -> send -> settle
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Any, ParamSpec, TypeVar

import structlog
from yarl import URL

from monitor.articles import read_articles
from monitor.decide.delivery import is_patient, settle
from monitor.decide.fulltext import choose_articles
from monitor.decide.health import with_history
from monitor.decide.holding import Restraints
from monitor.decide.identity import stored_ids, suspects
from monitor.decide.parsing import known_blocks, wants_whole
from monitor.decide.poll import (
    Sifted,
    body_hash,
    decide_failure,
    decide_page,
    decide_unchanged,
    page_keys,
    page_matching,
    page_near,
    page_questions,
    page_rules,
    page_story_keys,
    page_told,
    sift_page,
)
from monitor.decide.rhythm import describe_gap
from monitor.decide.sources import source_tags
from monitor.decide.websub import after_push, poll_after_bad_push
from monitor.errors import Cause, ConflictError, FeedError, LeaseLostError, StoreUnavailableError
from monitor.feeds.reasons import shown
from monitor.feeds.split import Plan, plan_parse
from monitor.model import (
    ClaimedDelivery,
    Decision,
    Entry,
    Feed,
    FeedLease,
    Memory,
    NotModified,
    Page,
    ParsedFeed,
    Policies,
    PollOutcome,
    Rejected,
    Report,
    SendResult,
    Settlement,
    Unknown,
)
from monitor.ports import (
    ArticleFetcher,
    Clock,
    Fetcher,
    HubClient,
    Listener,
    Meter,
    Notifier,
    Parser,
    Pinger,
    Store,
    Tracer,
    Untraced,
)
from monitor.recorder import Recorder
from monitor.rules.match import Ruleset
from monitor.stories.index import StoryIndex
from monitor.window import StoryWindow

log = structlog.get_logger()

POLL_LEASE = timedelta(minutes=5)
SEND_LEASE = timedelta(minutes=3)
SEND_DEADLINE = timedelta(seconds=60)  # a notifier's own is shorter; look-up and sending together stay under the lease
CRASHES = 3  # so often a message may make its notifier fail before it is set aside
CONFLICTS = 10  # times a poll decides anew because others recorded stories meanwhile

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a reload replaces, whole: what is watched, what matters, and where it is told."""

    feeds: Mapping[str, Feed]  # by URL
    fetcher: Fetcher
    ruleset: Ruleset
    notifiers: Mapping[str, Notifier]  # by channel
    dedup: timedelta  # how long a story is remembered after its last report, where a rule says nothing else
    story_window: timedelta  # the longest that any rule wants a story remembered
    articles: ArticleFetcher | None = None  # None = articles are not read
    hubs: HubClient | None = None  # None = no hub is asked
    pinger: Pinger | None = None  # None = nobody is told that we live
    listeners: tuple[Listener, ...] = ()  # to the people who read the channels
    policies: Policies = field(default_factory=Policies)  # how channels want to be told, and what goes where


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an attempt to send ended."""

    claimed: ClaimedDelivery
    settlement: Settlement
    pace: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What stays while the daemon runs: the store, the clock, and the threads for what would block the loop."""

    store: Store
    parser: Parser
    clock: Clock
    store_thread: Executor  # one thread: transactions follow each other
    work_threads: Executor  # cutting and matching; never the loop's default ones, names are resolved there
    patience: timedelta = timedelta()  # of a poll that found nothing, for others to be recorded with
    unwritten: list[Ended] = field(default_factory=list)  # what the store could not take; see `write_ends`
    under_way: set[asyncio.Future[Any]] = field(default_factory=set)  # calls of the store
    meter: Meter = field(default_factory=Meter)
    tracer: Tracer = field(default_factory=Untraced)
    quiet: Recorder = field(init=False)
    stories: StoryWindow = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "quiet", Recorder(self._record_quiet, patience=self.patience))
        object.__setattr__(self, "stories", StoryWindow(self._read_reports, self.work, shared=self.store.shared))

    async def _record_quiet(self, outcomes: Sequence[PollOutcome]) -> None:
        await self.in_store(self.store.record_quiet, outcomes)

    async def _read_reports(self, *, since: datetime, after: int | None, limit: int) -> tuple[Report, ...]:
        return await self.in_store(self.store.read_reports, since=since, after=after, limit=limit)

    async def in_store(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one store method on the store's thread."""
        name = getattr(call, "__name__", "other").strip("_<>")
        work = partial(self._time, name, perf_counter(), partial(call, *args, **kwargs))
        with self.tracer.part(f"store {name}"):
            running = asyncio.get_running_loop().run_in_executor(self.store_thread, work)
            self.under_way.add(running)
            running.add_done_callback(self.under_way.discard)
            return await running

    async def let_pass(self, patience: float) -> None:
        """Wait until nothing is asked of the store, so many seconds at most."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while self.under_way and loop.time() < until:
            await asyncio.wait(self.under_way, timeout=until - loop.time())

    def _time(self, name: str, asked: float, call: Callable[[], R]) -> R:
        began, failed = perf_counter(), False
        try:
            return call()
        except StoreUnavailableError:
            failed = True
            raise
        finally:
            self.meter.stored(name, waited=began - asked, took=perf_counter() - began, failed=failed)

    async def work(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that takes CPU time off the loop.

        Raises:
            FeedError: as the call raises it, and in place of whatever nobody foresaw in a hostile document: that is
                one feed's failure, not the daemon's.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self.work_threads, partial(call, *args, **kwargs))
        except FeedError:
            raise
        except Exception as error:
            log.exception("a feed's document was too much for this program: please report it")
            raise FeedError(Cause.BROKEN, f"processing it failed: {type(error).__name__}") from error


# -- one poll ----------------------------------------------------------------------------------------------------------


async def poll(lease: FeedLease, live: Live, doors: Doors) -> PollOutcome | None:
    """Poll one leased feed and record what it brought; return that, or None where there was nothing to record.

    Raises:
        StoreUnavailableError: nothing was recorded; the lease runs out and the feed is polled again.
    """
    feed = live.feeds.get(lease.state.url)
    if feed is None:  # a reload took it away between claim and poll
        await doors.in_store(doors.store.release_feeds, [lease], doors.clock())
        return None
    try:
        try:
            outcome = await _read_and_record(lease, feed, live, doors)
        except FeedError as error:
            outcome = await _record(decide_failure(lease, feed, error, doors.clock()), doors)
    except LeaseLostError:
        log.info("lease lost, poll dropped", feed=feed.name)
        return None
    _report(feed, outcome)
    return outcome


async def take_push(lease: FeedLease, due: datetime, page: Page, live: Live, doors: Doors) -> PollOutcome | None:
    """Record what a hub has pushed of one leased feed, as a poll would; the feed is polled when it was `due` before.

    Return that, or None where there was nothing to record; what cannot be read is polled instead.

    Raises:
        StoreUnavailableError: as `poll`.
    """
    feed, now = live.feeds.get(lease.state.url), doors.clock()
    if feed is None:  # a reload took it away
        await doors.in_store(doors.store.put_off_feeds, {lease: due})
        return None
    try:
        parsed = replace(await doors.parser.parse(page, feed, now), whole=False)
        parsed, readings = await _read_articles(lease, feed, parsed, live, doors)
        outcome = await _decide_and_record(
            lease=lease, feed=feed, page=page, parsed=parsed, readings=readings, live=live, doors=doors, pushed_due=due
        )
    except LeaseLostError:
        log.info("lease lost, push dropped: the feed is polled", feed=feed.name)
        return None
    except FeedError as error:
        log.warning("a push cannot be read: the feed is polled", feed=feed.name, reason=error.detail)
        soon = poll_after_bad_push(feed, lease.state, due, now)
        await doors.in_store(doors.store.put_off_feeds, {lease: soon})
        return None
    _report(feed, outcome)
    return outcome


async def _read_and_record(lease: FeedLease, feed: Feed, live: Live, doors: Doors) -> PollOutcome:
    with doors.tracer.part("fetch"):
        fetched = await live.fetcher.fetch(feed, lease.state)
    now = doors.clock()
    whole = wants_whole(lease.state, now)
    if isinstance(fetched, NotModified) or (body_hash(fetched) == lease.state.body_hash and not whole):
        return await _record(decide_unchanged(lease, feed, fetched, now), doors)
    plan, parsed = await doors.work(_cut_and_parse, doors.parser, fetched, lease, feed, now=now, whole=whole)
    if plan.page is None:
        return await _record(decide_unchanged(lease, feed, fetched, now, blocks=plan.blocks), doors)
    parsed = parsed or await doors.parser.parse(plan.page, feed, now)
    shortcut = await _shortcut_holds(plan.page, parsed, feed, doors, now) if whole and plan.blocks else None
    parsed = replace(parsed, blocks=plan.blocks, whole=plan.whole, shortcut=shortcut)
    parsed, readings = await _read_articles(lease, feed, parsed, live, doors)
    return await _decide_and_record(
        lease=lease, feed=feed, page=fetched, parsed=parsed, readings=readings, live=live, doors=doors
    )


def _cut_and_parse(
    parser: Parser, fetched: Page, lease: FeedLease, feed: Feed, *, now: datetime, whole: bool
) -> tuple[Plan, ParsedFeed | None]:
    """Find out what of a page is new, and parse that at once if it is little and nothing about it is unusual."""
    plan = plan_parse(fetched, known_blocks(lease.state), whole=whole)
    return plan, None if plan.page is None or plan.whole else parser.parse_small(plan.page, feed, now)


async def _read_articles(
    lease: FeedLease, feed: Feed, parsed: ParsedFeed, live: Live, doors: Doors
) -> tuple[ParsedFeed, tuple[Decision, ...]]:
    """Read the articles behind new entries, where the feed asks for it and that may make a rule match."""
    if live.articles is None or not feed.fulltext or lease.state.baseline_at is None:
        return parsed, ()
    now, recall = doors.clock(), doors.store.recall
    memory = await doors.in_store(recall, lease.state.feed_id, keys=page_keys(parsed), story_keys=(), since=now)
    chosen = await doors.work(
        choose_articles, parsed, memory.known, ruleset=live.ruleset, source_tags=source_tags(feed)
    )
    return await read_articles(parsed, chosen, live.articles, doors.parser, now)


async def _shortcut_holds(page: Page, whole: ParsedFeed, feed: Feed, doors: Doors, now: datetime) -> bool:
    """Say whether this feed's next pages may be parsed in part."""
    try:
        holds = await doors.parser.shortcut_holds(page, whole, feed, now)
    except FeedError:
        holds = False
    if not holds:
        log.warning("in parts this feed would give other entries than whole: it is parsed whole", feed=feed.name)
    return holds


async def _decide_and_record(
    *,
    lease: FeedLease,
    feed: Feed,
    page: Page,
    parsed: ParsedFeed,
    readings: tuple[Decision, ...],
    live: Live,
    doors: Doors,
    pushed_due: datetime | None = None,
) -> PollOutcome:
    """Decide and record a page; `pushed_due` says that a hub has pushed it, and when the feed is polled next."""
    for _ in range(CONFLICTS):
        now = doors.clock()
        memory = await _recall(lease, feed, parsed, doors, now)
        sifted = await doors.work(
            sift_page, lease=lease, feed=feed, parsed=parsed, memory=memory, ruleset=live.ruleset, now=now
        )
        # in turn: two polls that decide about one story, or count hits of one rule, would collide
        async with doors.stories.turn if page_matching(sifted.fresh) else nullcontext():
            outcome = await _decide(
                lease=lease, feed=feed, page=page, parsed=parsed, memory=memory, sifted=sifted, live=live, doors=doors
            )
            outcome = replace(outcome, decisions=(*readings, *outcome.decisions)) if readings else outcome
            outcome = after_push(outcome, pushed_due) if pushed_due else outcome
            try:
                return await _record(outcome, doors)
            except ConflictError:
                log.debug("another node recorded the same story or rule meanwhile, deciding anew", feed=feed.name)
    raise FeedError(Cause.BROKEN, f"its stories kept changing under {CONFLICTS} attempts to record them")


async def _decide(
    *,
    lease: FeedLease,
    feed: Feed,
    page: Page,
    parsed: ParsedFeed,
    memory: Memory,
    sifted: Sifted,
    live: Live,
    doors: Doors,
) -> PollOutcome:
    now = doors.clock()
    since = now - live.story_window
    index, restraints = StoryIndex(), Restraints(policies=live.policies)
    if matching := page_matching(sifted.fresh):
        index = await doors.stories.up_to_date(since)
        memory = await _recall_stories(memory, matching, index, doors, since)
        rules = page_rules(sifted.fresh)
        restraints = await doors.in_store(_kept_back, doors.store, live.policies, rules, feed.name, now)
    questions = page_questions(sifted.fresh, now)
    histories = await doors.in_store(doors.store.recall_histories, questions) if questions else {}
    stories = page_told(memory)
    told = await doors.in_store(doors.store.recall_told, stories) if stories else {}
    return await doors.work(
        decide_page,
        lease=lease,
        feed=feed,
        page=page,
        parsed=parsed,
        sifted=sifted,
        memory=memory,
        histories=histories,
        told=told,
        index=index,
        dedup=live.dedup,
        stories_since=since,
        now=now,
        restraints=restraints,
    )


def _kept_back(store: Store, policies: Policies, rules: Collection[str], feed: str, now: datetime) -> Restraints:
    """Read what keeps messages back: the mutes that are running, the breakers that are open, and what trips them."""
    breakers = store.breakers()
    return Restraints(
        policies=policies,
        mutes=store.mutes(at=now),
        breakers=breakers,
        pulses=store.pulses(rules, feed, now) if policies.breaker else (),
        held=store.held_back([each.id for each in breakers]) if breakers else (),
    )


async def _recall(lease: FeedLease, feed: Feed, parsed: ParsedFeed, doors: Doors, now: datetime) -> Memory:
    """Ask the store what is known of a page's entries, and what they were before."""
    recall, feed_id = doors.store.recall, lease.state.feed_id
    memory = await doors.in_store(recall, feed_id, keys=page_keys(parsed), story_keys=(), since=now)
    doubtful = suspects(parsed, memory)
    if not doubtful:
        return memory
    links = [entry.canonical_url for entry in doubtful if entry.canonical_url]
    ids = stored_ids(feed, doubtful)
    stored = await doors.in_store(doors.store.recall_entries, feed_id, ids=ids, links=links)
    return replace(memory, stored=stored)


async def _recall_stories(
    memory: Memory, matching: Sequence[Entry], index: StoryIndex, doors: Doors, since: datetime
) -> Memory:
    """Ask the store which stories entries may join, and what they may be updates of."""
    keys = page_story_keys(matching)
    by_key = await doors.in_store(doors.store.recall, 0, keys=(), story_keys=keys, since=since)
    near = await doors.work(page_near, matching, index)
    by_id = await doors.in_store(doors.store.recall_near, stories=near.stories, entries=near.reports)
    return replace(memory, stories=by_key.stories, near=by_id.near, reports=by_id.reports)


async def _record(outcome: PollOutcome, doors: Doors) -> PollOutcome:
    now = doors.clock()
    outcome = with_history(outcome, now)
    if outcome.quiet:
        await doors.quiet.record(outcome)
    else:
        await doors.in_store(doors.store.record, outcome, now)
    return outcome


def _report(feed: Feed, outcome: PollOutcome) -> None:
    notes = outcome.state.notes
    if notes.gap is not None and notes.gaps != outcome.lease.state.notes.gaps:
        log.warning("coverage gap, polling it more often", feed=feed.name, gap=describe_gap(notes.gap))
    if outcome.entries:
        log.debug("new entries", feed=feed.name, entries=len(outcome.entries), alerts=len(outcome.alerts))
    for alert in outcome.alerts:
        ids = {"alert": alert.id, "story": alert.story_id, "entry": alert.entry_id}
        told = {"rules": list(alert.rules), "channel": alert.channel, "priority": alert.priority.name.lower()}
        log.info("alert", feed=feed.name, **told, **ids)
    home = outcome.state.notes.home
    if home and home != outcome.lease.state.notes.home:
        hint = "it is read there; write down its new address"
        log.info("a feed has moved for good", feed=feed.name, new=shown(URL(home)), hint=hint)
    for breaker in outcome.breakers:
        hint = f"`monitor held release {breaker.id}` tells them, `discard` leaves them untold"
        log.warning(
            "too many alerts, held until somebody decides",
            about=f"{breaker.subject} {breaker.name}",
            reason=breaker.reason,
            hint=hint,
        )
    for decision in outcome.decisions:
        if decision.verdict == "error":
            log.error("rule failed on an entry", rule=decision.rule, entry=decision.entry_id, error=decision.reason)


# -- one delivery ------------------------------------------------------------------------------------------------------


async def deliver(claimed: ClaimedDelivery, notifier: Notifier, doors: Doors) -> Settlement | None:
    """Bring one claimed delivery to its end, or to its next attempt; return which, None where another took it over.

    Raises:
        StoreUnavailableError: the message may have been sent and this could not be written: it is when `write_ends` is
            called, and until then it is in doubt.
    """
    try:
        if claimed.in_doubt_since is not None:
            result = await _attempt(notifier.look_up(claimed.delivery, claimed.in_doubt_since), claimed)
            absent = isinstance(result, Rejected) and result.retry
            if absent and is_patient(claimed.delivery):
                claimed = await doors.in_store(doors.store.resend, claimed, now=doors.clock(), lease=SEND_LEASE)
                result = await _send(claimed, notifier, doors)
        else:
            result = await _send(claimed, notifier, doors)
        now = doors.clock()
        settlement = settle(claimed.delivery, result, now, in_doubt_since=claimed.in_doubt_since)
        await _write_end(Ended(claimed=claimed, settlement=settlement, pace=notifier.pace), doors)
    except LeaseLostError:
        log.warning("lease lost, another worker looks this message up", channel=claimed.delivery.channel)
        return None
    return settlement


async def _send(claimed: ClaimedDelivery, notifier: Notifier, doors: Doors) -> SendResult:
    """Send, unless so little of the lease is left that somebody may look the message up before it is there.

    A process that was stopped, or a machine that slept, goes on here as if no time had passed.
    """
    if doors.clock() + SEND_DEADLINE > claimed.until:
        return Rejected(reason="this daemon was held up for too long before sending", retry=True)
    return await _attempt(notifier.send(claimed.delivery), claimed)


async def write_ends(doors: Doors) -> list[Ended]:
    """Write how attempts ended, where the store could not take that at the time; return those it has taken now.

    Raises:
        StoreUnavailableError: it cannot yet.
    """
    written = []
    while doors.unwritten:
        ended = doors.unwritten.pop(0)
        try:
            await _write_end(ended, doors)
        except LeaseLostError:
            log.warning("lease lost, another worker looks this message up", channel=ended.claimed.delivery.channel)
            continue
        written.append(ended)
    return written


async def _write_end(ended: Ended, doors: Doors) -> None:
    store = doors.store
    try:
        await doors.in_store(store.settle, ended.claimed, ended.settlement, now=doors.clock(), pace=ended.pace)
    except StoreUnavailableError:
        doors.unwritten.append(ended)
        raise


async def _attempt(attempt: Awaitable[SendResult], claimed: ClaimedDelivery) -> SendResult:
    """Await what a notifier does; whatever else happens there, nobody knows whether the message arrived."""
    delivery = claimed.delivery
    try:
        async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
            return await attempt
    except TimeoutError:
        return Unknown(reason=f"no answer within {SEND_DEADLINE.seconds} s")
    except Exception as error:
        log.exception("a notifier failed: please report this", channel=delivery.channel, delivery=delivery.key)
        reason = f"internal error: {type(error).__name__}"
        return Rejected(reason=reason, retry=False) if delivery.attempts >= CRASHES else Unknown(reason=reason)
