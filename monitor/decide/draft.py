"""A poll outcome in the making: what rules say of each fresh entry, which story it tells, and who hears of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.decide.spread import digest
from monitor.decide.thresholds import hit_of, judge, with_hit
from monitor.model import (
    Alert,
    Decision,
    Delivery,
    DeliveryKind,
    Entry,
    History,
    Hit,
    Match,
    Rule,
    Stage,
    Story,
    Tally,
)
from monitor.notify.render import render_message
from monitor.rules.match import MatchResult
from monitor.stories.keys import story_keys


def story_window(rules: Iterable[Rule], default: timedelta) -> timedelta:
    """Return how long a story is remembered for the sake of these rules: the longest that any of them asks for."""
    return max((default if rule.dedup is None else rule.dedup for rule in rules), default=default)


@dataclass(slots=True, kw_only=True)
class Draft:
    """It grows by one entry at a time, so entries of one page see each other."""

    now: datetime
    dedup: timedelta  # of rules that say nothing else
    stories: dict[str, Story]  # by id: remembered ones and those of this page
    story_of: dict[bytes, str]  # by story key
    histories: dict[str, History]  # by rule: of those with a threshold that this page's entries match
    entries: list[Entry] = field(default_factory=list)
    changed: dict[str, None] = field(default_factory=dict)  # ids of stories, in order of appearance
    new_keys: dict[bytes, str] = field(default_factory=dict)
    taken_keys: dict[bytes, str] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The tallies of all rules with a threshold that found something: two polls that count at once are told."""
        return tuple(history.tally for history in self.histories.values())

    def note(self, entry: Entry, stage: Stage, verdict: str, reason: str, **links: str) -> None:
        """Write down what was decided about an entry, and why."""
        self.decisions.append(
            Decision(entry_id=entry.id, at=self.now, stage=stage, verdict=verdict, reason=reason, **links)
        )

    def consider(self, entry: Entry, result: MatchResult) -> None:
        """Join a fresh entry that rules match to its story, and tell who has not heard of it."""
        for rule_id, failure in result.failures:
            self.note(entry, Stage.MATCH, "error", failure, rule=rule_id)
        if not result.matches:
            self.note(entry, Stage.MATCH, "no-match", "no rule matches")
            return
        for match in result.matches:
            self.note(entry, Stage.MATCH, "match", _why(match), rule=match.rule.id)
        story = self.join(entry, story_window((match.rule for match in result.matches), self.dedup))
        notes = self.weigh(result.matches)
        worth = [match for match in result.matches if match.rule.id in notes]
        for channel, matches in _by_channel(worth).items():
            story = self.tell(story, channel, matches, notes)
        self.stories[story.id] = story
        self.changed[story.id] = None

    def join(self, entry: Entry, window: timedelta) -> Story:
        """Return the story of an entry, changed by it: the one that has one of its keys, else a new one.

        A story whose last report is older than the window is over: its keys go to the new one.
        """
        keys = story_keys(entry)
        held = {
            kind: story
            for kind, key in keys.items()
            if key in self.story_of and self.now - (story := self.stories[self.story_of[key]]).last_at <= window
        }
        if held:
            kind, story = min(held.items(), key=lambda item: (item[1].first_at, item[1].id))
            self.note(entry, Stage.STORY, "same-story", f"same {kind} as a report told before", story_id=story.id)
            sources = story.sources if entry.feed in story.sources else (*story.sources, entry.feed)
            story = replace(story, last_at=max(story.last_at, self.now), entries=story.entries + 1, sources=sources)
        else:
            story = Story(id=entry.id, first_at=self.now, last_at=self.now, entries=1, sources=(entry.feed,))
            self.note(entry, Stage.STORY, "new-story", "nothing like it in the window", story_id=story.id)
        for kind, key in keys.items():
            if kind not in held:
                if key in self.story_of:
                    self.taken_keys.setdefault(key, self.story_of[key])
                self.story_of[key] = self.new_keys[key] = story.id
        return story

    def weigh(self, matches: Collection[Match]) -> dict[str, str]:
        """Count the matches, and return what is worth telling: by rule, what its threshold says of it, "" = none."""
        notes: dict[str, str] = {}
        for match in matches:
            rule, hit = match.rule, hit_of(match, self.now)
            self.hits.append(hit)
            history = self.histories.get(rule.id, History(tally=Tally(rule=rule.id)))
            judgement = judge(rule, hit, history)
            if rule.id in self.histories:
                self.histories[rule.id] = replace(with_hit(history, hit), tally=judgement.tally)
            if rule.threshold is not None:
                verdict = "reached" if judgement.tell else "held"
                self.note(match.entry, Stage.THRESHOLD, verdict, judgement.reason, rule=rule.id)
            if judgement.tell:
                notes[rule.id] = judgement.reason
        return notes

    def tell(self, story: Story, channel: str, matches: tuple[Match, ...], notes: Mapping[str, str]) -> Story:
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
            message=render_message(matches, notes=notes),
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
