"""Try a rule on an entry: clause by clause, the way of a match, the story it would join; for terminals and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.decide.holding import Occasion, Restraints, hold_of
from monitor.decide.reach import Reach, below, reaches_of
from monitor.decide.thresholds import describe_threshold
from monitor.model import Entry, Match, Policies, Rule
from monitor.ports import Store
from monitor.rules.explain import Explanation, explain
from monitor.rules.find import find_definition
from monitor.rules.lint.terms import complain_of_phrase
from monitor.rules.match import Ruleset
from monitor.rules.nearest import nearest_to
from monitor.rules.tree import Definition, Term, walk
from monitor.stories.keys import story_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One channel that a match would reach."""

    channel: str
    when: str  # why it would not hear of it at once, or not at all; "" = at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way of a match: what it takes beyond one match, its priority, the routes that fit; then the channels."""

    steps: tuple[str, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a rule says about an entry, and what would become of it."""

    rule_id: str
    entry: Entry
    explanation: Explanation
    near: str = ""  # what nearly matched, or cannot have been meant, and what to do; "" = none, or nobody looked
    way: Way | None = None  # None = no match
    story: str = ""  # that a match would join; "" = no match, or no store to ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Where an entry came from, and what would become of a match now."""

    store: Store | None  # None = no daemon has run
    dedup: timedelta  # where a rule says nothing else
    source_tags: Mapping[str, tuple[str, ...]]  # by feed
    restraints: Restraints  # what keeps messages back
    now: datetime

    def attempt(self, ruleset: Ruleset, rule_id: str, entry: Entry, *, look_near: bool) -> Attempt:
        """Try one rule on one entry; `look_near` where there is time to look for the words that nearly match.

        Raises:
            NotFoundError: there is no such rule.
        """
        explanation = explain(ruleset, rule_id, entry, self.source_tags.get(entry.feed, ()))
        if explanation.held:
            match = Match(rule=explanation.rule, entry=entry, mentions=explanation.mentions)
            story = self._story(explanation.rule, entry)
            return Attempt(rule_id=rule_id, entry=entry, explanation=explanation, way=self._way(match), story=story)
        near = ""
        if look_near:
            definition = find_definition(ruleset, rule_id)
            near = _misread(definition, explanation) or str(nearest_to(definition, explanation, entry) or "")
        return Attempt(rule_id=rule_id, entry=entry, explanation=explanation, near=near)

    def _way(self, match: Match) -> Way:
        rule = match.rule
        tags = self.source_tags.get(match.entry.feed, ())
        reaches = reaches_of([match], tuple(tags), self.restraints.policies)
        routes = ", ".join(dict.fromkeys(name for reach in reaches for name in reach.routes))
        steps = (describe_threshold(rule.threshold) if rule.threshold else "", f"{rule.priority.word} priority", routes)
        branches = tuple(Branch(channel=reach.channel, when=self._when(reach)) for reach in reaches)
        return Way(steps=tuple(filter(None, steps)), branches=branches)

    def _when(self, reach: Reach) -> str:
        entry = reach.matches[0].entry
        occasion = Occasion(
            channel=reach.channel,
            priority=reach.priority,
            rules=tuple(match.rule.id for match in reach.matches),
            sources=(entry.feed, *self.source_tags.get(entry.feed, ())),
            way=reach.way,
            first=True,
        )
        hold = hold_of(occasion, self.restraints, self.now)
        return below(reach, self.restraints.policies) or (hold.reason if hold else "")

    def _story(self, rule: Rule, entry: Entry) -> str:
        if self.store is None:
            return ""
        since = self.now - (self.dedup if rule.dedup is None else rule.dedup)
        keys = story_keys(entry)
        stories = self.store.recall(0, keys=(), story_keys=keys.values(), since=since).stories
        for kind, key in keys.items():
            if story := stories.get(key):
                told = f", told in {', '.join(sorted(story.told))}" if story.told else ", told nowhere yet"
                entries = f"{story.entries:,} {'entry' if story.entries == 1 else 'entries'}"
                return f"joins story {story.id} by the same {kind}: {entries}{told}"
        return "a new story by link and wording; reports in other words are compared when an entry comes"


def _misread(definition: Definition, explanation: Explanation) -> str:
    """Say of what is missing that it is a phrase although it looks like a search or a list; "" = it does not."""
    asked = zip(definition.clauses, explanation.clauses, strict=True)
    parts = (part for clause, answer in asked if not answer.held for part in walk(clause.node))
    said = (complaint for part in parts if isinstance(part, Term) and (complaint := complain_of_phrase(part)))
    return next((f"{message}; {hint}" for _, message, hint in said), "")


def restraints_now(policies: Policies, store: Store | None, now: datetime) -> Restraints:
    """Say what keeps messages back now: what the files say, and where there is a store, mutes and breakers."""
    mutes, breakers = (store.mutes(at=now), store.breakers()) if store else ((), ())
    return Restraints(policies=policies, mutes=mutes, breakers=breakers)
