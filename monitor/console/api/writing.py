"""Write the nouns of the house in the shapes of the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from monitor.console.api import shapes
from monitor.console.finding import Finding
from monitor.console.place import read_place, write_place
from monitor.decide.health import Standing
from monitor.model import Alert, Decision, DeliveryKind, DeliveryState, Entry, Mute, Rule, Story
from monitor.notify.excerpts import safe_link
from monitor.ports import (
    DeliveryRecord,
    EntryRecord,
    MutePlace,
    NodeReport,
    RuleStats,
    StoryAccount,
    ToldPlace,
    ToldStory,
    Totals,
)
from monitor.rules.spell_query import spell_query
from monitor.rules.tree import AllOf, Definition, Limit
from monitor.watched import WatchedFeed


def told(each: ToldStory) -> shapes.ToldStory:
    """Write a story that was told."""
    return shapes.ToldStory(
        story=story(each.story),
        entry=entry(each.entry) if each.entry else None,
        alerts=[alert(one, each.states.get(one.channel)) for one in each.alerts],
    )


def story(each: Story) -> shapes.Story:
    """Write a story."""
    return shapes.Story(
        id=each.id, first_at=each.first_at, last_at=each.last_at, entries=each.entries, sources=list(each.sources)
    )


def alert(each: Alert, state: DeliveryState | None) -> shapes.Alert:
    """Write an alert."""
    return shapes.Alert(
        id=each.id,
        story=each.story_id,
        channel=each.channel,
        rules=list(each.rules),
        priority=_priority(each),
        created_at=each.created_at,
        state=state,
        acknowledged_at=each.acknowledged_at,
        acknowledged_by=each.acknowledged_by,
    )


def entry(each: Entry) -> shapes.Entry:
    """Write an entry; a link that a browser should not follow is left out."""
    return shapes.Entry(
        id=each.id,
        feed=each.feed,
        title=each.title,
        summary=each.summary,
        url=safe_link(each.url),
        language=each.language,
        authors=list(each.authors),
        tags=list(each.tags),
        published=each.published,
        seen_at=each.seen_at,
    )


def account(record: EntryRecord) -> shapes.EntryAccount:
    """Write everything that is known of an entry."""
    return shapes.EntryAccount(
        entry=entry(record.entry),
        decisions=[decision(each) for each in record.decisions],
        story=story(record.story) if record.story else None,
        others=[entry(each) for each in record.others],
        messages=[message(each, one.alert.story_id) for one in record.alerts for each in one.deliveries],
    )


def story_account(each: StoryAccount, following: int | None) -> shapes.StoryAccount:
    """Write a story with a page of its entries."""
    states = {one.key: one.state for record in each.alerts for one in record.deliveries if one.kind in _FIRST}
    return shapes.StoryAccount(
        story=story(each.story),
        entries=[
            shapes.StoryEntry(entry=entry(one.entry), decisions=[decision(row) for row in one.decisions])
            for one in each.entries
        ],
        alerts=[
            alert(record.alert, next((states[one.key] for one in record.deliveries if one.key in states), None))
            for record in each.alerts
        ],
        messages=[message(one, each.story.id) for record in each.alerts for one in record.deliveries],
        next=following,
    )


_FIRST = (DeliveryKind.POST, DeliveryKind.DIGEST)


def finding(found: Finding) -> shapes.Entries:
    """Write what a query has found."""
    return shapes.Entries(
        items=[
            shapes.Found(entry=entry(each.entry), story=each.story.id if each.story else None) for each in found.found
        ],
        read=found.read,
        next=write_place(found.then) if found.then else None,
    )


def mute_place(last: Mute) -> str:
    """Write where a page of mutes ended."""
    return write_place(ToldPlace(at=last.since, alert_id=last.id))


def read_mute_place(written: str) -> MutePlace | None:
    """Read where a page of mutes ended; "" = there was none before."""
    read = read_place(written)
    return MutePlace(since=read.at, mute_id=read.alert_id) if read else None


def decision(each: Decision) -> shapes.Decision:
    """Write one row of the ledger."""
    return shapes.Decision(
        at=each.at,
        stage=each.stage.value,
        verdict=each.verdict,
        reason=each.reason,
        rule=each.rule,
        channel=each.channel,
    )


def message(each: DeliveryRecord, story_id: str) -> shapes.Message:
    """Write a message."""
    return shapes.Message(
        key=each.key,
        channel=each.channel,
        kind=each.kind.value,
        state=each.state,
        title=each.title,
        attempts=each.attempts,
        created_at=each.created_at,
        due_at=each.due_at,
        settled_at=each.settled_at,
        reason=each.reason,
        ref=each.ref,
        story=story_id,
    )


def feed(each: WatchedFeed) -> shapes.Feed:
    """Write a feed, and how it is."""
    report = each.report
    return shapes.Feed(
        name=each.feed.name,
        url=each.shown_url,
        tags=list(each.feed.tags),
        health=each.health.words,
        standing=_STANDINGS[each.health.standing],
        since=each.health.since,
        poll_seconds=int(each.interval.total_seconds()),
        polled_at=report.state.polled_at if report else None,
        next_poll=report.due if report and not each.is_paused else None,
        entries_24h=report.day if report else 0,
        entries_7d=report.week if report else 0,
        detail=report.state.detail if report else "",
    )


_STANDINGS: dict[Standing, shapes.StandingName] = {
    Standing.FAILING: "failing",
    Standing.ODD: "odd",
    Standing.WAITING: "waiting",
    Standing.PAUSED: "paused",
    Standing.WELL: "well",
}


def rule(definition: Definition, stats: RuleStats | None) -> shapes.Rule:
    """Write a rule, and what it has found."""
    each = definition.rule
    node = AllOf(parts=tuple(clause.node for clause in definition.clauses if not isinstance(clause.node, Limit)))
    return shapes.Rule(
        id=each.id,
        title=each.title,
        priority=_priority(each),
        channels=list(each.notify),
        owner=each.owner,
        tags=list(each.tags),
        note=each.note,
        query=spell_query(node),
        hits_7d=stats.week if stats else 0,
        hits_30d=stats.month if stats else 0,
        last_hit=stats.last_at if stats else None,
    )


def mute(each: Mute) -> shapes.Mute:
    """Write a mute."""
    return shapes.Mute(
        id=each.id,
        by=each.by,
        reason=each.reason,
        since=each.since,
        until=each.until,
        story=each.story,
        rule=each.rule,
        feed=each.feed,
        channel=each.channel,
        tell=each.tell,
        ended_at=each.ended_at,
        ended_by=each.ended_by,
    )


def status(
    totals: Totals, nodes: Iterable[NodeReport], messages: Mapping[DeliveryState, int], *, rules: int, now: datetime
) -> shapes.Status:
    """Write one look at the whole state."""
    return shapes.Status(
        now=now,
        nodes=[_node(each) for each in nodes],
        feeds=totals.feeds,
        failing_feeds=totals.failing,
        rules=rules,
        entries=totals.entries,
        alerts=totals.alerts,
        messages={state.value: messages.get(state, 0) for state in DeliveryState},
    )


def _node(each: NodeReport) -> shapes.Node:
    return shapes.Node(
        name=each.name,
        version=each.version,
        started_at=each.started_at,
        beat_at=each.beat_at,
        rules_hash=each.rules_hash,
    )


def _priority(each: Alert | Rule) -> shapes.PriorityName:
    return _PRIORITIES[each.priority.word]


_PRIORITIES: dict[str, shapes.PriorityName] = {"low": "low", "normal": "normal", "high": "high", "urgent": "urgent"}
