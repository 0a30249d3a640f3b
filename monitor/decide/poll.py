"""What one poll changes: which entries are fresh, which matter, which story they tell, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from xxhash import xxh3_128_digest

from monitor.decide.draft import Draft
from monitor.decide.holding import Restraints
from monitor.decide.identity import page_size
from monitor.decide.parsing import after_parse
from monitor.decide.rhythm import after_page, after_unchanged, interval_of
from monitor.decide.schedule import asked_wait, hold_host_until, next_poll, poll_after_failure
from monitor.decide.sifting import Fresh, Sifted
from monitor.decide.sources import source_tags
from monitor.decide.tripping import Tripped, trip
from monitor.decide.updates import describe
from monitor.decide.websub import slowed
from monitor.errors import FeedError, ParseError
from monitor.model import (
    MOVES,
    Feed,
    FeedLease,
    FeedNotes,
    FeedState,
    FetchNotes,
    History,
    Memory,
    NotModified,
    Page,
    ParsedFeed,
    PollOutcome,
    Stage,
    Told,
    Validators,
)
from monitor.stories.index import StoryIndex


def body_hash(page: Page) -> bytes:
    """Return what tells one body from another."""
    return xxh3_128_digest(page.body)


def decide_unchanged(
    lease: FeedLease, feed: Feed, fetched: Page | NotModified, now: datetime, *, blocks: bytes | None = None
) -> PollOutcome:
    """Decide a poll that brought nothing new.

    The server said so, or the body is the last one to the byte, or its `blocks` are all known.
    """
    state = replace(lease.state, notes=_noted(lease.state.notes, fetched.notes, now))
    if isinstance(fetched, Page):
        state = replace(state, validators=fetched.validators)
        if blocks is not None:
            state = replace(state, body_hash=body_hash(fetched), blocks=blocks)
    state = after_unchanged(feed, replace(state, polled_at=now), now, same_page=blocks is None)
    return PollOutcome(lease=lease, state=state, due=_next_poll(feed, state, fetched, now))


def decide_failure(lease: FeedLease, feed: Feed, error: FeedError, now: datetime) -> PollOutcome:
    """Decide a poll that failed.

    A place that a feed is said to have moved to is forgotten: the feed's own URL is asked next. What a page that is no
    feed came with says nothing about the entries that are known, and what came before it is another kind of answer's.
    """
    failures = lease.state.failures + 1
    state = replace(
        lease.state,
        validators=Validators() if isinstance(error, ParseError) else lease.state.validators,
        notes=replace(lease.state.notes, moved_to="", moves=0),
        failures=failures,
        failing_since=lease.state.failing_since or now,
        cause=error.cause,
        detail=error.detail,
    )
    if lease.state.notes.home:  # not where it has moved to: ask at its own URL, and soon
        due = next_poll(feed, now, interval_of(feed, state.notes))
    else:
        due = poll_after_failure(feed, error, failures, now)
    return PollOutcome(lease=lease, state=state, due=due, hold_host_until=hold_host_until(error, now))


def decide_page(
    *,
    lease: FeedLease,
    feed: Feed,
    page: Page,
    parsed: ParsedFeed,
    sifted: Sifted,
    memory: Memory,
    histories: Mapping[str, History],
    told: Mapping[str, Told],
    index: StoryIndex,
    dedup: timedelta,
    stories_since: datetime,
    now: datetime,
    restraints: Restraints | None = None,
) -> PollOutcome:
    """Decide a poll that brought a page.

    Fresh entries that were matched are joined to stories, and told in each channel that has not heard of the story,
    where the rules' thresholds are reached; a backlog and a flood are told in one digest a channel. `memory` holds the
    stories last seen after `stories_since`, `histories` answers `page_questions`, `told` `page_told`; `index` has
    the stories of the window, and learns what this page adds; `dedup` is how long a story is remembered for rules that
    say nothing else; `restraints` says what may keep messages back, None = nothing.
    """
    draft = Draft(
        now=now,
        dedup=dedup,
        stories={**memory.near, **{story.id: story for story in memory.stories.values()}},
        story_of={key: story.id for key, story in memory.stories.items()},
        histories=dict(histories),
        told=dict(told),
        index=index,
        reports=dict(memory.reports),
        restraints=restraints or Restraints(),
        source_tags=source_tags(feed),
    )
    for item in sifted.fresh:
        _consider(draft, item)
    draft.fold()
    tripped = trip(draft, feed.name)
    state = _state_after(lease.state, feed, page, parsed, sifted, now=now)
    outcome = PollOutcome(lease=lease, state=state, due=_next_poll(feed, state, page, now), stories_since=stories_since)
    return _with_draft(outcome, sifted, draft, tripped)


def _state_after(
    before: FeedState, feed: Feed, page: Page, parsed: ParsedFeed, sifted: Sifted, *, now: datetime
) -> FeedState:
    """Return what to remember of a feed after a page."""
    notes = replace(
        _noted(before.notes, page.notes, now),
        ttl=parsed.ttl,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
        hub=page.notes.hub or parsed.hub,
        topic=page.notes.topic or parsed.topic,
    )
    state = after_parse(replace(before, notes=notes), parsed, now)
    state = replace(
        state,
        polled_at=now,
        validators=page.validators,
        body_hash=body_hash(page),
        baseline_at=before.baseline_at or now,
        notes=replace(state.notes, identity=sifted.detected),
    )
    fresh, size = len(sifted.entries), page_size(parsed)
    return after_page(feed, before, state, entries=parsed.entries, fresh=fresh, size=size, now=now)


def _with_draft(outcome: PollOutcome, sifted: Sifted, draft: Draft, tripped: Tripped) -> PollOutcome:
    """Add to an outcome what became of the page's entries."""
    return replace(
        outcome,
        keys=sifted.keys,
        entries=sifted.entries,
        updates=tuple(item.entry for item in sifted.fresh if item.change is not None),
        stories=tuple(draft.stories[story_id] for story_id in draft.changed),
        story_keys=draft.new_keys,
        taken_keys=draft.taken_keys,
        alerts=tuple(draft.alerts.values()),
        widened=tuple(draft.widened.values()),
        deliveries=(*draft.deliveries, *tripped.notices),
        decisions=tuple(draft.decisions),
        hits=tuple(draft.hits),
        tallies=draft.tallies,
        raised=tripped.raised,
        breakers=tripped.breakers,
    )


def _consider(draft: Draft, item: Fresh) -> None:
    if item.result is None:
        draft.note(item.entry, Stage.FRESH, "baseline", "on the feed's first poll: remembered, not told")
    elif item.change is not None:
        draft.note(item.entry, Stage.FRESH, "updated", describe(item.change, item.entry))
        draft.reconsider(item.entry, item.result, item.change)
    else:
        if item.together:
            draft.note(item.entry, Stage.FRESH, "backlog", item.together)
        draft.consider(item.entry, item.result, together=item.together)


def _noted(notes: FeedNotes, fetched: FetchNotes, now: datetime) -> FeedNotes:
    """Add to a feed's notes what a good fetch has learnt."""
    again = fetched.moved_to == notes.moved_to
    moves = min(notes.moves + 1, MOVES) if again else 1
    return replace(
        notes,
        moved_to=fetched.moved_to,
        moves=moves if fetched.moved_to else 0,
        answered=fetched.answered,
        unconditional_at=now if fetched.unconditional else notes.unconditional_at,
        hub=fetched.hub or notes.hub,
        topic=fetched.topic or notes.topic,
    )


def _next_poll(feed: Feed, state: FeedState, fetched: Page | NotModified, now: datetime) -> datetime:
    interval = slowed(feed, state.notes, now)
    return next_poll(feed, now, interval, asked_wait(interval, fetched.notes.freshness, state.notes, now))
