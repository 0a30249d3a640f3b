"""What one poll changes: which entries are fresh, which matter, which story they tell, and who hears of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from xxhash import xxh3_128_digest

from monitor.decide.backlog import backlog_reasons, is_silent
from monitor.decide.draft import Draft
from monitor.decide.holding import Restraints
from monitor.decide.identity import Recognised, page_size, recognise
from monitor.decide.parsing import after_parse
from monitor.decide.rhythm import after_page, after_unchanged, interval_of
from monitor.decide.schedule import asked_wait, hold_host_until, next_poll, poll_after_failure
from monitor.decide.sources import source_tags
from monitor.decide.thresholds import question
from monitor.decide.tripping import trip
from monitor.decide.updates import Change, change_of, describe
from monitor.decide.websub import slowed
from monitor.errors import FeedError, ParseError
from monitor.model import (
    MOVES,
    Entry,
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
    Question,
    Stage,
    Told,
    Validators,
)
from monitor.rules.match import MatchResult, Ruleset
from monitor.stories.index import StoryIndex
from monitor.stories.keys import story_keys
from monitor.stories.verdict import Kind


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


def page_keys(parsed: ParsedFeed) -> frozenset[bytes]:
    """Return all identity keys on a page: what to ask the store for."""
    return frozenset(key for entry in parsed.entries for key in entry.keys)


def page_story_keys(entries: Iterable[Entry]) -> frozenset[bytes]:
    """Return the story keys of entries: what to ask the store for."""
    return frozenset(key for entry in entries for key in story_keys(entry).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An entry that its feed has not shown before, or not with these words, and what the rules say of it."""

    entry: Entry
    result: MatchResult | None  # None = not asked: the feed's first poll is silent
    together: str = ""  # why it is told in a digest, "" = by itself
    change: Change | None = None  # of one that was known: what is new in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What is new on a page, the oldest first."""

    fresh: tuple[Fresh, ...]
    keys: tuple[bytes, ...]  # identity keys to remember
    detected: tuple[str, ...]  # for `FeedNotes.identity`


def sift_page(
    *, lease: FeedLease, feed: Feed, parsed: ParsedFeed, memory: Memory, ruleset: Ruleset, now: datetime
) -> Sifted:
    """Find what is new on a page, and the rules that match it.

    Entries of a first poll are not matched, unless the feed asks for it.
    """
    found = recognise(feed, lease.state.notes, parsed, memory, now)
    new = [item.entry for item in found.entries if not item.known]
    silent, tags = is_silent(feed, lease.state), source_tags(feed)
    reasons = {} if silent else backlog_reasons(feed, lease.state, new, page_size(parsed), now)
    fresh = []
    for item in found.entries:
        if not item.known:
            result = None if silent else ruleset.match(item.entry, tags)
            fresh.append(Fresh(entry=item.entry, result=result, together=reasons.get(item.entry.id, "")))
        elif item.stored is not None and (update := _updated(item, feed, ruleset, tags)):
            fresh.append(update)
    return Sifted(fresh=tuple(fresh), keys=found.keys, detected=found.detected)


def _updated(item: Recognised, feed: Feed, ruleset: Ruleset, tags: tuple[str, ...]) -> Fresh | None:
    """Ask the rules again about an entry that has changed; None = its changes are cosmetic."""
    stored, entry = item.stored, item.entry
    change = change_of(stored.entry, entry, bodies=not feed.fulltext) if stored else None
    if stored is None or change is None:
        return None
    result = ruleset.match(entry, tags)
    before = stored.rules | ruleset.hits(stored.entry, tags)
    new = frozenset(match.rule.id for match in result.matches if match.rule.id not in before)
    return Fresh(entry=entry, result=result, change=replace(change, new_rules=new))


def page_questions(fresh: Iterable[Fresh], now: datetime) -> tuple[Question, ...]:
    """Return what to ask the store about the rules' past: nothing, where no rule with a threshold matches."""
    rules = {match.rule.id: match.rule for item in fresh if item.result for match in item.result.matches}
    asked = (question(rule, now) for rule in rules.values() if rule.threshold is not None)
    return tuple(each for each in asked if each is not None)


def page_rules(fresh: Iterable[Fresh]) -> frozenset[str]:
    """Return the rules that match anything on a page."""
    return frozenset(match.rule.id for item in fresh if item.result for match in item.result.matches)


def page_matching(fresh: Iterable[Fresh]) -> tuple[Entry, ...]:
    """Return the entries that may join stories: those that rules match, and what they were before."""
    matching = [item for item in fresh if item.result and (item.result.matches or item.change)]
    return (*(item.entry for item in matching), *(item.change.before for item in matching if item.change))


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What to ask the store about a page: the stories that its entries may join, and the reports they may update."""

    stories: frozenset[str]
    reports: frozenset[str]


def page_near(entries: Collection[Entry], index: StoryIndex) -> Near:
    """Return what is near to the entries that rules match."""
    found = [neighbour for entry in entries for neighbour in index.nearest(entry)]
    return Near(
        stories=frozenset({neighbour.story_id for neighbour in found} | {entry.id for entry in entries}),
        reports=frozenset(neighbour.entry_id for neighbour in found if neighbour.kind is Kind.UPDATE),
    )


def page_told(memory: Memory) -> frozenset[str]:
    """Return the told stories that entries may join: what to ask the store about what was told."""
    stories = (*memory.stories.values(), *memory.near.values())
    return frozenset(story.id for story in stories if story.told)


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
    entries = tuple(item.entry for item in sifted.fresh if item.change is None)
    notes = replace(
        _noted(lease.state.notes, page.notes, now),
        ttl=parsed.ttl,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
        hub=page.notes.hub or parsed.hub,
        topic=page.notes.topic or parsed.topic,
    )
    state = after_parse(replace(lease.state, notes=notes), parsed, now)
    state = replace(
        state,
        polled_at=now,
        validators=page.validators,
        body_hash=body_hash(page),
        baseline_at=lease.state.baseline_at or now,
        notes=replace(state.notes, identity=sifted.detected),
    )
    state = after_page(
        feed,
        lease.state,
        state,
        entries=parsed.entries,
        fresh=len(entries),
        size=page_size(parsed),
        now=now,
    )
    return PollOutcome(
        lease=lease,
        state=state,
        due=_next_poll(feed, state, page, now),
        keys=sifted.keys,
        entries=entries,
        updates=tuple(item.entry for item in sifted.fresh if item.change is not None),
        stories=tuple(draft.stories[story_id] for story_id in draft.changed),
        stories_since=stories_since,
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
