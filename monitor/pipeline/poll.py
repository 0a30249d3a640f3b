"""One poll: fetch, parse, recall, decide, record."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor.articles import read_articles
from monitor.decide.fulltext import choose_articles
from monitor.decide.health import with_history
from monitor.decide.parsing import known_blocks, wants_whole
from monitor.decide.poll import body_hash, decide_failure, decide_page, decide_unchanged
from monitor.decide.recalling import page_keys, page_matching
from monitor.decide.sifting import Sifted, sift_page
from monitor.decide.sources import source_tags
from monitor.decide.websub import after_push, poll_after_bad_push
from monitor.errors import Cause, ConflictError, FeedError, LeaseLostError
from monitor.feeds.split import Plan, plan_parse
from monitor.model import (
    Decision,
    Feed,
    FeedLease,
    Memory,
    NotModified,
    Page,
    ParsedFeed,
    PollOutcome,
)
from monitor.pipeline.doors import Doors, Live
from monitor.pipeline.recall import recall, recall_past
from monitor.pipeline.report import report
from monitor.ports import Parser

log = structlog.get_logger()
POLL_LEASE = timedelta(minutes=5)
CONFLICTS = 10  # times a poll decides anew because others recorded stories meanwhile


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
    report(feed, outcome)
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
    report(feed, outcome)
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
        memory = await recall(lease, feed, parsed, doors, now)
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
    past = await recall_past(feed, sifted, memory, live, doors, since=since, now=now)
    return await doors.work(
        decide_page,
        lease=lease,
        feed=feed,
        page=page,
        parsed=parsed,
        sifted=sifted,
        memory=past.memory,
        histories=past.histories,
        told=past.told,
        index=past.index,
        dedup=live.dedup,
        stories_since=since,
        now=now,
        restraints=past.restraints,
    )


async def _record(outcome: PollOutcome, doors: Doors) -> PollOutcome:
    now = doors.clock()
    outcome = with_history(outcome, now)
    if outcome.quiet:
        await doors.quiet.record(outcome)
    else:
        await doors.in_store(doors.store.record, outcome, now)
    return outcome
