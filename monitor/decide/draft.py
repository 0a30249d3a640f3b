"""A poll outcome in the making: what rules say of each fresh entry, which story it tells, and who hears of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.decide.flood import fold_floods
from monitor.decide.owed import alert_id, coverage_of, edit, post, reply
from monitor.decide.spread import digest
from monitor.decide.thresholds import hit_of, judge, with_hit
from monitor.decide.updates import Change, told_of_difference
from monitor.model import (
    Alert,
    Decision,
    Dedup,
    Delivery,
    Entry,
    History,
    Hit,
    Joining,
    Match,
    Message,
    Rule,
    Stage,
    Story,
    Tally,
    Told,
)
from monitor.notify.render import render_message
from monitor.rules.match import MatchResult
from monitor.stories.index import StoryIndex, judge_neighbours
from monitor.stories.keys import story_keys
from monitor.stories.verdict import Guard, Kind, Neighbour

_JOINING = {Kind.SAME_TEXT: Joining.SAME_TEXT, Kind.SAME_STORY: Joining.NEW_REPORT, Kind.UPDATE: Joining.UPDATE}
_SWEEPING = tuple(Dedup)  # the first joins the most


def story_window(rules: Iterable[Rule], default: timedelta) -> timedelta:
    """Return how long a story is remembered for the sake of these rules: the longest that any of them asks for."""
    return max((default if rule.dedup is None else rule.dedup for rule in rules), default=default)


def dedup_by(rules: Iterable[Rule]) -> Dedup:
    """Return which entries tell one story for the sake of these rules: the most that any of them takes together."""
    return min((rule.dedup_by for rule in rules), key=_SWEEPING.index, default=Dedup.STORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A fresh entry in its story."""

    story: Story  # with the entry
    how: Joining
    new_source: bool = True  # no entry of this feed was in it before
    difference: str = ""  # of an update: what it says that was not told


@dataclass(slots=True, kw_only=True)
class Draft:
    """It grows by one entry at a time, so entries of one page see each other."""

    now: datetime
    dedup: timedelta  # of rules that say nothing else
    stories: dict[str, Story]  # by id: remembered ones and those of this page
    story_of: dict[bytes, str]  # by story key
    histories: dict[str, History]  # by rule: of those with a threshold that this page's entries match
    told: dict[str, Told]  # by alert: about remembered stories, and what this page adds
    index: StoryIndex  # of the window, and of this page as far as it goes
    reports: dict[str, Entry] = field(default_factory=dict)  # by id: what this page's entries may be updates of
    changed: dict[str, None] = field(default_factory=dict)  # ids of stories, in order of appearance
    new_keys: dict[bytes, str] = field(default_factory=dict)
    taken_keys: dict[bytes, str] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)  # new ones by id
    widened: dict[str, Alert] = field(default_factory=dict)  # old ones by id
    posts: dict[str, Delivery] = field(default_factory=dict)  # by alert
    together: dict[str, str] = field(default_factory=dict)  # by alert that goes into a digest: why
    digests: list[Delivery] = field(default_factory=list)
    replies: list[Delivery] = field(default_factory=list)
    edits: dict[str, Delivery] = field(default_factory=dict)  # by alert
    hits: list[Hit] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The tallies of all rules with a threshold that found something: two polls that count at once are told."""
        return tuple(history.tally for history in self.histories.values())

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """All that is owed, in the order in which it is to arrive."""
        return (*self.posts.values(), *self.digests, *self.replies, *self.edits.values())

    def note(self, entry: Entry | str, stage: Stage, verdict: str, reason: str, **links: str) -> None:
        """Write down what was decided about an entry, or the one with this id, and why."""
        entry_id = entry if isinstance(entry, str) else entry.id
        self.decisions.append(
            Decision(entry_id=entry_id, at=self.now, stage=stage, verdict=verdict, reason=reason, **links)
        )

    def consider(self, entry: Entry, result: MatchResult, *, together: str = "") -> None:
        """Join a fresh entry that rules match to its story, and tell who has not heard of it.

        `together` says why it is told in a digest; "" = by itself.
        """
        for rule_id, failure in result.failures:
            self.note(entry, Stage.MATCH, "error", failure, rule=rule_id)
        if not result.matches:
            self.note(entry, Stage.MATCH, "no-match", "no rule matches")
            return
        for match in result.matches:
            self.note(entry, Stage.MATCH, "match", _why(match), rule=match.rule.id)
        joined = self.join(entry, [match.rule for match in result.matches])
        story = joined.story
        notes = self.weigh(result.matches)
        worth = [match for match in result.matches if match.rule.id in notes]
        for channel, matches in _by_channel(worth).items():
            if channel in story.told:
                self.tell_more(joined, channel, matches, notes)
            else:
                self.tell(story, channel, matches, notes, together=together)
                story = replace(story, told=story.told | {channel})
        for channel in _by_channel(result.matches):  # held back or not: the story has grown
            self.count(story, channel, entry)
        self.stories[story.id] = story
        self.changed[story.id] = None

    def reconsider(self, entry: Entry, result: MatchResult, change: Change) -> None:
        """Tell what is new in an entry that was known: in reply where its story was told, else as a story.

        That is what makes a rule match that did not before, and numbers that differ from those that were told.
        """
        new = [match for match in result.matches if match.rule.id in change.new_rules]
        for match in new:
            self.note(entry, Stage.MATCH, "match", f"{_why(match)}; it appeared later", rule=match.rule.id)
        story = self._story_before(entry, change) or (self._story_of_change(entry, change) if new else None)
        if story is None:
            return
        if story.id not in self.new_keys.values():
            self.note(entry, Stage.STORY, "same-story", "an earlier version of it tells this story", story_id=story.id)
        self.index.add(entry, story.id)  # copies of what it says now are no updates
        notes = dict.fromkeys(self.weigh(new), change.summary)
        for channel, matches in _by_channel(result.matches).items():
            worth = tuple(match for match in matches if match.rule.id in notes)
            if channel in story.told:
                self.correct(story, channel, worth or matches, change)
            elif worth:
                self.tell(story, channel, worth, notes)
                story = replace(story, told=story.told | {channel})
        self.stories[story.id] = story
        self.changed[story.id] = None

    def _story_before(self, entry: Entry, change: Change) -> Story | None:
        """Return the story of an entry, by its keys as they are now and as they were."""
        keys = (*story_keys(entry).values(), *story_keys(change.before).values())
        by_key = (self.stories[self.story_of[key]] for key in keys if key in self.story_of)
        return self.stories.get(entry.id) or next(by_key, None)

    def _story_of_change(self, entry: Entry, change: Change) -> Story:
        """Begin a story with an entry whose earlier words began none, or one that is over: under an id of its own."""
        story_id = digest("story", entry.id, *change.appeared)
        self.note(entry, Stage.STORY, "new-story", "its earlier words told none in the window", story_id=story_id)
        for key in story_keys(entry).values():
            self.story_of[key] = self.new_keys[key] = story_id
        return Story(id=story_id, first_at=self.now, last_at=self.now, entries=1, sources=(entry.feed,))

    def correct(self, story: Story, channel: str, matches: tuple[Match, ...], change: Change) -> None:
        """Reply to what the channel was told of a story: a word appeared later, or a number is another one."""
        entry, links = matches[0].entry, {"story_id": story.id, "channel": channel}
        new = [match for match in matches if match.rule.id in change.new_rules]
        told = self.told.get(alert_id(story.id, channel))
        if told is None or not (new or all(change.numbers)):
            self.note(entry, Stage.ROUTE, "told", f"{channel} has an alert about this story", **links)
            return
        note = f"appeared later: {_found(new)}" if new else change.summary
        message = render_message(matches)
        event = digest(entry.id, *change.appeared, "", *change.gone)
        self.replies.append(reply(told.alert, message, note=note, event=event, now=self.now, broadcast=bool(new)))
        self.note(entry, Stage.ROUTE, "reply", f"{note}: a reply in {channel}", **links)
        if more := [match for match in new if match.rule.id not in told.alert.rules]:
            self.widen(told, more, message)

    def join(self, entry: Entry, rules: Collection[Rule]) -> Joined:
        """Put an entry into the story that has one of its keys, else into the one that it tells, else into a new one.

        A story whose last report is older than the rules' window is over: its keys go to the new one.
        """
        window, by = story_window(rules, self.dedup), dedup_by(rules)
        keys = {} if by is Dedup.ENTRY else story_keys(entry)
        held = {
            kind: story
            for kind, key in keys.items()
            if key in self.story_of and self._goes_on(story := self.stories[self.story_of[key]], window)
        }
        near = self._neighbours(entry, window) if by is Dedup.STORY else ()
        joined = self._joined(entry, held, near)
        for neighbour in near[1:] if joined.how is not Joining.SAME_TEXT else ():
            self.note(entry, Stage.STORY, "near", neighbour.reason)
        for kind, key in keys.items():
            if kind not in held:
                if key in self.story_of:
                    self.taken_keys.setdefault(key, self.story_of[key])
                self.story_of[key] = self.new_keys[key] = joined.story.id
        self.index.add(entry, joined.story.id)
        self.reports[entry.id] = entry
        return joined

    def _goes_on(self, story: Story, window: timedelta) -> bool:
        return self.now - story.last_at <= window

    def _neighbours(self, entry: Entry, window: timedelta) -> tuple[Neighbour, ...]:
        """Return the stories of the window that are nearest to an entry, the likeliest first."""
        stories = ((self.stories.get(neighbour.story_id), neighbour) for neighbour in self.index.nearest(entry))
        return tuple(neighbour for story, neighbour in stories if story and self._goes_on(story, window))

    def _joined(self, entry: Entry, held: Mapping[str, Story], near: Sequence[Neighbour]) -> Joined:
        """Say which story an entry tells, and write down why."""
        verdict = judge_neighbours(near)
        story = min(held.values(), key=lambda story: (story.first_at, story.id), default=None)
        if story is not None and not (verdict.kind is Kind.UPDATE and verdict.story_id == story.id):
            kind = next(kind for kind in held if held[kind] is story)
            self.note(entry, Stage.STORY, "same-story", f"same {kind} as a report told before", story_id=story.id)
            return self._grown(entry, story, Joining.SAME_TEXT)
        if verdict.kind is Kind.NEW:
            story = Story(id=entry.id, first_at=self.now, last_at=self.now, entries=1, sources=(entry.feed,))
            self.note(entry, Stage.STORY, "new-story", verdict.reason, story_id=story.id)
            return Joined(story=story, how=Joining.NEW_STORY)
        self.note(entry, Stage.STORY, "same-story", verdict.reason, story_id=verdict.story_id)
        difference = self._difference(entry, near[0]) if verdict.kind is Kind.UPDATE else ""
        return self._grown(entry, self.stories[verdict.story_id], _JOINING[verdict.kind], difference)

    def _grown(self, entry: Entry, story: Story, how: Joining, difference: str = "") -> Joined:
        new_source = entry.feed not in story.sources
        sources = (*story.sources, entry.feed) if new_source else story.sources
        story = replace(story, last_at=max(story.last_at, self.now), entries=story.entries + 1, sources=sources)
        return Joined(story=story, how=how, new_source=new_source, difference=difference)

    def _difference(self, entry: Entry, told: Neighbour) -> str:
        before = self.reports.get(told.entry_id)
        return told_of_difference(before, entry, corrects=told.guard is Guard.CORRECTION)

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

    def tell(
        self, story: Story, channel: str, matches: tuple[Match, ...], notes: Mapping[str, str], *, together: str = ""
    ) -> None:
        """Owe the channel its first message about the story."""
        entry = matches[0].entry
        rules = tuple(match.rule.id for match in matches)
        alert = Alert(
            id=alert_id(story.id, channel),
            story_id=story.id,
            entry_id=entry.id,
            channel=channel,
            rules=rules,
            priority=max(match.rule.priority for match in matches),
            created_at=self.now,
        )
        message = render_message(matches, notes=notes)
        self.alerts[alert.id] = alert
        self.posts[alert.id] = post(alert, message, self.now)
        self.told[alert.id] = Told(alert=alert, message=message)
        if together:
            self.together[alert.id] = together
        reason = f"rules {', '.join(rules)} notify {channel}"
        self.note(entry, Stage.ROUTE, "alert", reason, story_id=story.id, channel=channel)

    def tell_more(self, joined: Joined, channel: str, matches: tuple[Match, ...], notes: Mapping[str, str]) -> None:
        """Owe the channel a reply, if the entry adds to what was told: a new report, or a rule that had not hit."""
        entry, links = matches[0].entry, {"story_id": joined.story.id, "channel": channel}
        told = self.told.get(alert_id(joined.story.id, channel))
        more = [match for match in matches if told and match.rule.id not in told.alert.rules]
        if told is None or not (more or joined.how in {Joining.NEW_REPORT, Joining.UPDATE}):
            self.note(entry, Stage.ROUTE, "told", f"{channel} has an alert about this story", **links)
            return
        message = render_message(matches, notes=notes)
        note = _what_is_new(joined, entry, more)
        self.replies.append(reply(told.alert, message, note=note, event=entry.id, now=self.now, broadcast=bool(more)))
        self.note(entry, Stage.ROUTE, "reply", f"{note}: a reply in {channel}", **links)
        if more:
            self.widen(told, more, message)

    def widen(self, told: Told, more: Collection[Match], message: Message) -> None:
        """Add rules to an alert, and to the message that told it."""
        rules = tuple(match.rule.id for match in more)
        priority = max(told.alert.priority, *(match.rule.priority for match in more))
        alert = replace(told.alert, rules=(*told.alert.rules, *rules), priority=priority)
        (self.alerts if alert.id in self.alerts else self.widened)[alert.id] = alert
        reasons = tuple(reason for reason in message.reasons if reason.rule in rules)
        shown = told.message and replace(told.message, priority=priority, reasons=(*told.message.reasons, *reasons))
        self.told[alert.id] = Told(alert=alert, message=shown)

    def count(self, story: Story, channel: str, entry: Entry) -> None:
        """Change the first message about a story: by how many it is reported now, and by which rules."""
        told, coverage = self.told.get(alert_id(story.id, channel)), coverage_of(story)
        if told is None or told.message is None or coverage is None:
            return
        alert, message = told.alert, replace(told.message, coverage=coverage)
        self.told[alert.id] = replace(told, message=message)
        if alert.id in self.posts:  # of this very page: nobody has seen it yet
            self.posts[alert.id] = post(alert, message, self.now)
        else:
            self.edits[alert.id] = edit(alert, message, event=entry.id, now=self.now)

    def fold(self) -> None:
        """Make one digest of the posts that are told together, and of very many in one channel."""
        messages = {each: told.message for each, told in self.told.items() if told.message}
        for folded in fold_floods(self.alerts, messages, self.now, together=self.together):
            self.digests.append(folded.delivery)
            for alert in folded.alerts:
                self.alerts[alert.id] = alert
                del self.posts[alert.id]
                self.replies = [each for each in self.replies if each.alert_id != alert.id]  # the digest is news enough
                links = {"story_id": alert.story_id, "channel": alert.channel}
                self.note(alert.entry_id, Stage.ROUTE, "digest", folded.reason, **links)


def _what_is_new(joined: Joined, entry: Entry, more: Collection[Match]) -> str:
    """Say in a few words why a story is told again: `also reported by tass; new rule: Sergei Shoygu`."""
    said = [joined.difference] if joined.difference else []
    if joined.how in {Joining.NEW_REPORT, Joining.UPDATE} and (joined.new_source or not said):
        said.append(f"also reported by {entry.feed}" if joined.new_source else "later report")
    if more:
        names = ", ".join(match.rule.title or match.rule.id for match in more)
        said.append(f"new rule{'s' if len(more) > 1 else ''}: {names}")
    return "; ".join(said)


def _by_channel(matches: Iterable[Match]) -> Mapping[str, tuple[Match, ...]]:
    channels: dict[str, tuple[Match, ...]] = {}
    for match in matches:
        for channel in match.rule.notify:
            channels[channel] = (*channels.get(channel, ()), match)
    return channels


def _found(matches: Iterable[Match]) -> str:
    return ", ".join(dict.fromkeys(f"“{mention.surface}”" for match in matches for mention in match.mentions))


def _why(match: Match) -> str:
    return "; ".join(f"{mention.name}: “{mention.surface}” in {mention.field}" for mention in match.mentions)
