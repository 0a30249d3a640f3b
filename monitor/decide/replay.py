"""Decide anew about entries of the past, in their order: what a backtest asks.

The deciding itself is what the daemon does, `Draft` and `thresholds`; here only its memory is played, which the store
keeps for the daemon.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import final

from monitor.decide.draft import Draft, story_window
from monitor.decide.thresholds import is_silent, memory_of, question
from monitor.model import MOST_RECALLED, Absent, Entry, History, Hit, Match, Question, Rule, Stage, Story, Tally
from monitor.rules.match import Ruleset
from monitor.stories.index import StoryIndex

_FEW_STORIES = 1_000  # so many are kept without looking for those that are over


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One match, and what would have become of it."""

    match: Match
    reached: bool  # the rule's threshold, if it has one
    told: bool  # in at least one channel; else the threshold is not reached, or the story was told before
    note: str  # what the threshold says, "" = the rule has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A time without a match that would have been told."""

    rule: str
    since: datetime
    at: datetime  # when it would have been told


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What would have become of one entry."""

    story_id: str = ""  # "" = no rule matches
    findings: tuple[Finding, ...] = ()


def lookback(rules: Collection[Rule], dedup: timedelta) -> timedelta:
    """Return how long before a time entries must be read, so that from then on all is decided as the daemon would."""
    return max(story_window(rules, dedup), *(memory_of(rule.threshold) for rule in rules), timedelta())


@final
class Replay:
    """Be shown entries one by one, in the order in which they were seen; the rules are watched from the first on.

    `dedup` is how long a story is remembered for rules that say nothing else; `source_tags` are, by feed, what rules
    may call a source beside that name.
    """

    def __init__(
        self, ruleset: Ruleset, *, dedup: timedelta, source_tags: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._ruleset = ruleset
        self._dedup = dedup
        self._source_tags = source_tags or {}
        self._window = story_window(ruleset.rules.values(), dedup)
        self._stories: dict[str, Story] = {}
        self._index = StoryIndex()
        self._story_of: dict[bytes, str] = {}
        self._most_stories = _FEW_STORIES
        self._pasts: dict[str, _Past] = {}
        self._began: datetime | None = None
        self._now: datetime | None = None
        self._quiet_since: dict[str, datetime] = {}
        self._silences: list[Silence] = []

    def show(self, entry: Entry) -> Replayed:
        """Decide about an entry, and remember it."""
        self._began, self._now = self._began or entry.seen_at, entry.seen_at
        result = self._ruleset.match(entry, self._source_tags.get(entry.feed, ()))
        if not result.matches:
            return Replayed()
        rules = [match.rule for match in result.matches]
        draft = Draft(
            now=entry.seen_at,
            dedup=self._dedup,
            stories=self._stories,
            story_of=self._story_of,
            histories=dict(self._histories(rules, entry.seen_at)),
            told={},
            index=self._index,
        )
        draft.consider(entry, result)
        self._learn(draft)
        self._forget_stories()
        notes = {each.rule: each for each in draft.decisions if each.stage is Stage.THRESHOLD}
        told = {rule for alert in draft.alerts.values() for rule in alert.rules}
        (story_id,) = draft.changed
        return Replayed(
            story_id=story_id,
            findings=tuple(
                Finding(
                    match=match,
                    reached=match.rule.id not in notes or notes[match.rule.id].verdict == "reached",
                    told=match.rule.id in told,
                    note=notes[match.rule.id].reason if match.rule.id in notes else "",
                )
                for match in result.matches
            ),
        )

    def silences(self) -> tuple[Silence, ...]:
        """Return the silences up to the last entry: whether anything came after it is not known."""
        if self._now is not None:
            for rule in self._ruleset.rules.values():
                self._end_silence(rule, self._now)
        return tuple(sorted(self._silences, key=lambda silence: (silence.at, silence.rule)))

    def _histories(self, rules: Iterable[Rule], now: datetime) -> Iterator[tuple[str, History]]:
        for rule in rules:
            asked = question(rule, now)
            if asked is not None:
                yield rule.id, self._past(rule.id).answer(asked)

    def _past(self, rule_id: str) -> _Past:
        if rule_id not in self._pasts:
            self._pasts[rule_id] = _Past(Tally(rule=rule_id, since=self._began))
        return self._pasts[rule_id]

    def _learn(self, draft: Draft) -> None:
        for hit in draft.hits:
            self._end_silence(self._ruleset.rules[hit.rule], hit.at)
            if hit.rule in draft.histories:
                self._pasts[hit.rule].learn(hit, draft.histories[hit.rule].tally)

    def _end_silence(self, rule: Rule, now: datetime) -> None:
        if not isinstance(rule.threshold, Absent) or self._began is None:
            return
        since = self._quiet_since.get(rule.id, self._began)
        self._quiet_since[rule.id] = now
        if is_silent(rule.threshold, since, now):
            self._silences.append(Silence(rule=rule.id, since=since, at=since + rule.threshold.within))

    def _forget_stories(self) -> None:
        """Let go of stories that are over, each time that they have doubled."""
        if len(self._stories) <= self._most_stories or self._now is None:
            return
        oldest = self._now - self._window
        self._index.forget(oldest)
        self._stories = {key: story for key, story in self._stories.items() if story.last_at >= oldest}
        self._story_of = {key: story for key, story in self._story_of.items() if story in self._stories}
        self._most_stories = max(_FEW_STORIES, 2 * len(self._stories))


@final
class _Past:
    """What a rule with a threshold has found, as the store remembers it: in the time that bears on the next answer."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._recent: deque[tuple[datetime, tuple[str, ...]]] = deque()  # time and names of each hit
        self._newest: deque[Hit] = deque(maxlen=MOST_RECALLED)
        self._before: deque[datetime] = deque()
        self._names: Counter[str] = Counter()  # of the recent hits

    def learn(self, hit: Hit, tally: Tally) -> None:
        self._recent.append((hit.at, hit.names))
        self._newest.append(hit)
        self._names.update(hit.names)
        self._tally = tally

    def answer(self, question: Question) -> History:
        while self._recent and self._recent[0][0] < question.since:
            at, names = self._recent.popleft()
            self._before.append(at)
            self._names.subtract(names)
            for name in names:
                if not self._names[name]:
                    del self._names[name]
        while self._newest and self._newest[0].at < question.since:
            self._newest.popleft()
        while self._before and (question.baseline_since is None or self._before[0] < question.baseline_since):
            self._before.popleft()
        return History(
            tally=self._tally,
            hits=tuple(self._newest),
            count=len(self._recent),
            before=len(self._before),
            names=frozenset(self._names),
        )
