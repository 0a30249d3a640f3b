"""A poll outcome in the making: what rules say of each fresh entry, which story it tells, and who hears of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from monitor.decide.spread import digest
from monitor.decide.telling import Joined, Telling
from monitor.decide.thresholds import hit_of, judge, with_hit
from monitor.decide.updates import Change, told_of_difference
from monitor.model import (
    Dedup,
    Entry,
    History,
    Hit,
    Joining,
    Match,
    Rule,
    Stage,
    Story,
    Tally,
)
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


@dataclass(slots=True, kw_only=True)
class Draft(Telling):
    """It grows by one entry at a time, so entries of one page see each other."""

    dedup: timedelta  # of rules that say nothing else
    stories: dict[str, Story]  # by id: remembered ones and those of this page
    story_of: dict[bytes, str]  # by story key
    histories: dict[str, History]  # by rule: of those with a threshold that this page's entries match
    index: StoryIndex  # of the window, and of this page as far as it goes
    reports: dict[str, Entry] = field(default_factory=dict)  # by id: what this page's entries may be updates of
    changed: dict[str, None] = field(default_factory=dict)  # ids of stories, in order of appearance
    new_keys: dict[bytes, str] = field(default_factory=dict)
    taken_keys: dict[bytes, str] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The tallies of all rules with a threshold that found something: two polls that count at once are told."""
        return tuple(history.tally for history in self.histories.values())

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
        for reach in self.reaches(worth):
            if reach.channel in story.told:
                self.tell_more(joined, reach, notes)
            elif self.tell(story, reach, notes, together=together):
                story = replace(story, told=story.told | {reach.channel})
        for reach in self.reaches(result.matches):  # held back or not: the story has grown
            self.count(story, reach.channel, entry)
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
        for reach in self.reaches(result.matches):
            worth = tuple(match for match in reach.matches if match.rule.id in notes)
            narrowed = replace(reach, matches=worth or reach.matches)
            if reach.channel in story.told:
                self.correct(story, narrowed, change)
            elif worth and self.tell(story, narrowed, notes):
                story = replace(story, told=story.told | {reach.channel})
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
        return replace(joined, independent=self.index.independent(joined.story.id))

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


def _why(match: Match) -> str:
    return "; ".join(f"{mention.name}: “{mention.surface}” in {mention.field}" for mention in match.mentions)
