"""What one poll changes: which entries are fresh, which matter, which story they tell, and who hears of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.decide.draft import Draft
from monitor.decide.parsing import after_parse
from monitor.decide.schedule import asked_wait, hold_host_until, next_poll, poll_after_failure
from monitor.decide.thresholds import question
from monitor.errors import FeedError, ParseError
from monitor.model import (
    MOVES,
    Entry,
    Feed,
    FeedLease,
    FeedNotes,
    FeedState,
    FetchNotes,
    FirstPoll,
    History,
    Memory,
    NotModified,
    Page,
    ParsedFeed,
    PollOutcome,
    Question,
    Stage,
    Told,
    Validators,
)
from monitor.rules.limits import host_of
from monitor.rules.match import MatchResult, Ruleset
from monitor.stories.keys import story_keys


def body_hash(page: Page) -> bytes:
    """Return what tells one body from another."""
    return hashlib.blake2b(page.body, digest_size=16).digest()


def decide_unchanged(
    lease: FeedLease, feed: Feed, fetched: Page | NotModified, now: datetime, *, blocks: bytes | None = None
) -> PollOutcome:
    """Decide a poll that brought nothing new.

    The server said so, or the body is the last one to the byte, or its `blocks` are all known.
    """
    state = replace(_healthy(lease.state, now), notes=_noted(lease.state.notes, fetched.notes, now))
    if isinstance(fetched, Page):
        state = replace(state, validators=fetched.validators)
        if blocks is not None:
            state = replace(state, body_hash=body_hash(fetched), blocks=blocks)
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
    due = next_poll(feed, now) if lease.state.notes.home else poll_after_failure(feed, error, failures, now)
    return PollOutcome(lease=lease, state=state, due=due, hold_host_until=hold_host_until(error, now))


def page_keys(parsed: ParsedFeed) -> frozenset[bytes]:
    """Return all identity keys on a page: what to ask the store for."""
    return frozenset(key for entry in parsed.entries for key in entry.keys)


def page_story_keys(parsed: ParsedFeed) -> frozenset[bytes]:
    """Return the story keys of all entries on a page: what to ask the store for."""
    return frozenset(key for entry in parsed.entries for key in story_keys(entry).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An entry that its feed has not shown before, and what the rules say of it."""

    entry: Entry
    result: MatchResult | None  # None = not asked: the feed's first poll is silent


def sift_page(
    *, lease: FeedLease, feed: Feed, parsed: ParsedFeed, memory: Memory, ruleset: Ruleset
) -> tuple[Fresh, ...]:
    """Return the fresh entries of a page, the oldest first, with the rules that match them.

    An entry is fresh if none of its keys is known. Those of a first poll are not matched, unless the feed asks for
    alerts.
    """
    silent = lease.state.baseline_at is None and feed.first_poll is FirstPoll.SILENT
    known, tags = set(memory.known), source_tags(feed)
    fresh = []
    for entry in _oldest_first(parsed.entries):
        if known.isdisjoint(entry.keys):
            fresh.append(Fresh(entry=entry, result=None if silent else ruleset.match(entry, tags)))
        known.update(entry.keys)
    return tuple(fresh)


def page_questions(fresh: Iterable[Fresh], now: datetime) -> tuple[Question, ...]:
    """Return what to ask the store about the rules' past: nothing, where no rule with a threshold matches."""
    rules = {match.rule.id: match.rule for item in fresh if item.result for match in item.result.matches}
    asked = (question(rule, now) for rule in rules.values() if rule.threshold is not None)
    return tuple(each for each in asked if each is not None)


def page_told(fresh: Iterable[Fresh], memory: Memory) -> frozenset[str]:
    """Return the told stories that matching entries may join: what to ask the store about what was told."""
    matching = (item.entry for item in fresh if item.result and item.result.matches)
    stories = (memory.stories.get(key) for entry in matching for key in story_keys(entry).values())
    return frozenset(story.id for story in stories if story and story.told)


def decide_page(
    *,
    lease: FeedLease,
    feed: Feed,
    page: Page,
    parsed: ParsedFeed,
    fresh: Sequence[Fresh],
    memory: Memory,
    histories: Mapping[str, History],
    told: Mapping[str, Told],
    dedup: timedelta,
    stories_since: datetime,
    now: datetime,
) -> PollOutcome:
    """Decide a poll that brought a page.

    Fresh entries that were matched are joined to stories, and told in each channel that has not heard of the story,
    where the rules' thresholds are reached. `memory` holds the stories last seen after `stories_since`, `histories`
    answers `page_questions`, `told` `page_told`; `dedup` is how long a story is remembered for rules that say nothing
    else.
    """
    draft = Draft(
        now=now,
        dedup=dedup,
        stories={story.id: story for story in memory.stories.values()},
        story_of={key: story.id for key, story in memory.stories.items()},
        histories=dict(histories),
        told=dict(told),
    )
    for item in fresh:
        draft.entries.append(item.entry)
        if item.result is None:
            draft.note(item.entry, Stage.FRESH, "baseline", "on the feed's first poll: remembered, not told")
        else:
            draft.consider(item.entry, item.result)
    draft.fold()
    notes = replace(
        _noted(lease.state.notes, page.notes, now),
        ttl=parsed.ttl,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )
    state = replace(
        after_parse(replace(_healthy(lease.state, now), notes=notes), parsed, now),
        validators=page.validators,
        body_hash=body_hash(page),
        baseline_at=lease.state.baseline_at or now,
    )
    return PollOutcome(
        lease=lease,
        state=state,
        due=_next_poll(feed, state, page, now),
        keys=tuple(page_keys(parsed)),
        entries=tuple(draft.entries),
        stories=tuple(draft.stories[story_id] for story_id in draft.changed),
        stories_since=stories_since,
        story_keys=draft.new_keys,
        taken_keys=draft.taken_keys,
        alerts=tuple(draft.alerts.values()),
        widened=tuple(draft.widened.values()),
        deliveries=draft.deliveries,
        decisions=tuple(draft.decisions),
        hits=tuple(draft.hits),
        tallies=draft.tallies,
    )


def source_tags(feed: Feed) -> tuple[str, ...]:
    """Return what a rule's `sources` may name a feed by, beside its name: its tags, and the host it is read from."""
    return (*feed.tags, host_of(feed.url))


def _oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """Put entries in the order of their dates; those without one stay where they stood, feeds give the newest first."""
    upwards = entries[::-1]
    return sorted(upwards, key=lambda entry: entry.published or entry.seen_at)


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
    )


def _next_poll(feed: Feed, state: FeedState, fetched: Page | NotModified, now: datetime) -> datetime:
    return next_poll(feed, now, asked_wait(feed.poll, fetched.notes.freshness, state.notes, now))


def _healthy(state: FeedState, now: datetime) -> FeedState:
    return replace(state, polled_at=now, failures=0, failing_since=None, cause=None, detail="")
