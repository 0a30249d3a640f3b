"""What a poll asks the store before it decides: what is known of a page's entries, stories and rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.decide.holding import Restraints
from monitor.decide.identity import stored_ids, suspects
from monitor.decide.recalling import (
    page_keys,
    page_matching,
    page_near,
    page_questions,
    page_rules,
    page_story_keys,
    page_told,
)
from monitor.decide.sifting import Sifted
from monitor.model import Entry, Feed, FeedLease, History, Memory, ParsedFeed, Policies, Told
from monitor.pipeline.doors import Doors, Live
from monitor.ports import Store
from monitor.stories.index import StoryIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was before a page that has something new."""

    memory: Memory
    index: StoryIndex
    histories: Mapping[str, History]
    told: Mapping[str, Told]
    restraints: Restraints


async def recall_past(
    feed: Feed, sifted: Sifted, memory: Memory, live: Live, doors: Doors, *, since: datetime, now: datetime
) -> Past:
    """Ask for all that the new entries of a page are to be compared with; stories as far back as `since`."""
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
    return Past(memory=memory, index=index, histories=histories, told=told, restraints=restraints)


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


async def recall(lease: FeedLease, feed: Feed, parsed: ParsedFeed, doors: Doors, now: datetime) -> Memory:
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
