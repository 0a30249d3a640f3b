"""What one poll changes: which entries are fresh, which matter, which story they tell, and who hears of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.decide.schedule import next_poll, poll_after_failure
from monitor.decide.spread import digest
from monitor.errors import FeedError
from monitor.model import (
    Alert,
    Decision,
    Delivery,
    DeliveryKind,
    Entry,
    Feed,
    FeedLease,
    FeedState,
    FirstPoll,
    Match,
    Memory,
    Page,
    ParsedFeed,
    PollOutcome,
    Stage,
    Story,
)
from monitor.notify.render import render_message
from monitor.rules.limits import host_of
from monitor.rules.match import Ruleset
from monitor.stories.keys import story_keys


def body_hash(page: Page) -> bytes:
    """Return what tells one body from another."""
    return hashlib.blake2b(page.body, digest_size=16).digest()


def decide_unchanged(lease: FeedLease, feed: Feed, now: datetime) -> PollOutcome:
    """Decide a poll that brought nothing: the server said so, or the body is the last one to the byte."""
    return PollOutcome(lease=lease, state=_healthy(lease.state, now), due=next_poll(feed, now))


def decide_failure(lease: FeedLease, feed: Feed, error: FeedError, now: datetime) -> PollOutcome:
    """Decide a poll that failed."""
    failures = lease.state.failures + 1
    state = replace(
        lease.state,
        failures=failures,
        failing_since=lease.state.failing_since or now,
        cause=error.cause,
        detail=error.detail,
    )
    return PollOutcome(lease=lease, state=state, due=poll_after_failure(feed, error, failures, now))


def page_keys(parsed: ParsedFeed) -> frozenset[bytes]:
    """Return all identity keys on a page: what to ask the store for."""
    return frozenset(key for entry in parsed.entries for key in entry.keys)


def page_story_keys(parsed: ParsedFeed) -> frozenset[bytes]:
    """Return the story keys of all entries on a page: what to ask the store for."""
    return frozenset(key for entry in parsed.entries for key in story_keys(entry).values())


def decide_page(
    *,
    lease: FeedLease,
    feed: Feed,
    page: Page,
    parsed: ParsedFeed,
    memory: Memory,
    ruleset: Ruleset,
    stories_since: datetime,
    now: datetime,
) -> PollOutcome:
    """Decide a poll that brought a page.

    An entry is fresh if none of its keys is known. Fresh entries of a first poll are remembered in silence, unless the
    feed asks for alerts; the others are matched, joined to stories, and told in each channel that has not heard of the
    story. `memory` holds the stories last seen after `stories_since`.
    """
    draft = _Draft(
        now=now,
        ruleset=ruleset,
        source_tags=source_tags(feed),
        stories={story.id: story for story in memory.stories.values()},
        story_of={key: story.id for key, story in memory.stories.items()},
    )
    silent = lease.state.baseline_at is None and feed.first_poll is FirstPoll.SILENT
    known = set(memory.known)
    for entry in _oldest_first(parsed.entries):
        if not known.isdisjoint(entry.keys):
            continue
        known.update(entry.keys)
        draft.entries.append(entry)
        if silent:
            draft.note(entry, Stage.FRESH, "baseline", "on the feed's first poll: remembered, not told")
        else:
            draft.consider(entry)
    state = replace(
        _healthy(lease.state, now),
        validators=page.validators,
        body_hash=body_hash(page),
        baseline_at=lease.state.baseline_at or now,
    )
    return PollOutcome(
        lease=lease,
        state=state,
        due=next_poll(feed, now),
        keys=tuple(page_keys(parsed)),
        entries=tuple(draft.entries),
        stories=tuple(draft.stories[story_id] for story_id in draft.changed),
        stories_since=stories_since,
        story_keys=draft.new_keys,
        alerts=tuple(draft.alerts),
        deliveries=tuple(draft.deliveries),
        decisions=tuple(draft.decisions),
    )


def source_tags(feed: Feed) -> tuple[str, ...]:
    """Return what a rule's `sources` may name a feed by, beside its name: its tags, and the host it is read from."""
    return (*feed.tags, host_of(feed.url))


def _oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """Put entries in the order of their dates; those without one stay where they stood, feeds give the newest first."""
    upwards = entries[::-1]
    return sorted(upwards, key=lambda entry: entry.published or entry.seen_at)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A poll outcome in the making; it grows by one entry at a time, so entries of one page see each other."""

    now: datetime
    ruleset: Ruleset
    source_tags: tuple[str, ...]
    stories: dict[str, Story]  # by id: remembered ones and those of this page
    story_of: dict[bytes, str]  # by story key
    entries: list[Entry] = field(default_factory=list)
    changed: dict[str, None] = field(default_factory=dict)  # ids of stories, in order of appearance
    new_keys: dict[bytes, str] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def note(self, entry: Entry, stage: Stage, verdict: str, reason: str, **links: str) -> None:
        self.decisions.append(
            Decision(entry_id=entry.id, at=self.now, stage=stage, verdict=verdict, reason=reason, **links)
        )

    def consider(self, entry: Entry) -> None:
        """Match one fresh entry and, where a rule hits, join it to its story and tell who has not heard of it."""
        result = self.ruleset.match(entry, self.source_tags)
        for rule_id, failure in result.failures:
            self.note(entry, Stage.MATCH, "error", failure, rule=rule_id)
        if not result.matches:
            self.note(entry, Stage.MATCH, "no-match", "no rule matches")
            return
        for match in result.matches:
            self.note(entry, Stage.MATCH, "match", _why(match), rule=match.rule.id)
        story = self.join(entry)
        for channel, matches in _by_channel(result.matches).items():
            story = self.tell(story, channel, matches)
        self.stories[story.id] = story
        self.changed[story.id] = None

    def join(self, entry: Entry) -> Story:
        """Return the story of an entry, changed by it: the one that has one of its keys, else a new one."""
        keys = story_keys(entry)
        held = {kind: self.stories[self.story_of[key]] for kind, key in keys.items() if key in self.story_of}
        if held:
            kind, story = min(held.items(), key=lambda item: (item[1].first_at, item[1].id))
            self.note(entry, Stage.STORY, "same-story", f"same {kind} as a report told before", story_id=story.id)
            sources = story.sources if entry.feed in story.sources else (*story.sources, entry.feed)
            story = replace(story, last_at=self.now, entries=story.entries + 1, sources=sources)
        else:
            story = Story(id=entry.id, first_at=self.now, last_at=self.now, entries=1, sources=(entry.feed,))
            self.note(entry, Stage.STORY, "new-story", "nothing like it in the window", story_id=story.id)
        for key in keys.values():
            if key not in self.story_of:
                self.story_of[key] = self.new_keys[key] = story.id
        return story

    def tell(self, story: Story, channel: str, matches: tuple[Match, ...]) -> Story:
        """Owe the channel a message about the story, unless it has one."""
        entry = matches[0].entry
        links = {"story_id": story.id, "channel": channel}
        if channel in story.told:
            self.note(entry, Stage.ROUTE, "told", f"{channel} has an alert about this story", **links)
            return story
        rules = tuple(match.rule.id for match in matches)
        alert = Alert(
            id=digest("alert", story.id, channel),
            story_id=story.id,
            entry_id=entry.id,
            channel=channel,
            rules=rules,
            priority=max(match.rule.priority for match in matches),
            created_at=self.now,
        )
        delivery = Delivery(
            key=digest("delivery", story.id, channel, DeliveryKind.POST, "0"),
            alert_id=alert.id,
            channel=channel,
            kind=DeliveryKind.POST,
            message=render_message(matches),
            created_at=self.now,
        )
        self.alerts.append(alert)
        self.deliveries.append(delivery)
        self.note(entry, Stage.ROUTE, "alert", f"rules {', '.join(rules)} notify {channel}", **links)
        return replace(story, told=story.told | {channel})


def _by_channel(matches: Iterable[Match]) -> Mapping[str, tuple[Match, ...]]:
    channels: dict[str, tuple[Match, ...]] = {}
    for match in matches:
        for channel in match.rule.notify:
            channels[channel] = (*channels.get(channel, ()), match)
    return channels


def _why(match: Match) -> str:
    return "; ".join(f"{mention.name}: “{mention.surface}” in {mention.field}" for mention in match.mentions)


def _healthy(state: FeedState, now: datetime) -> FeedState:
    return replace(state, polled_at=now, failures=0, failing_since=None, cause=None, detail="")
