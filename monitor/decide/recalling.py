"""What a page is to be compared with: what to ask the store, step by step."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.decide.sifting import Fresh
from monitor.decide.thresholds import question
from monitor.model import Entry, Memory, ParsedFeed, Question
from monitor.stories.index import StoryIndex
from monitor.stories.keys import story_keys
from monitor.stories.verdict import Kind


def page_keys(parsed: ParsedFeed) -> frozenset[bytes]:
    """Return all identity keys on a page: what to ask the store for."""
    return frozenset(key for entry in parsed.entries for key in entry.keys)


def page_story_keys(entries: Iterable[Entry]) -> frozenset[bytes]:
    """Return the story keys of entries: what to ask the store for."""
    return frozenset(key for entry in entries for key in story_keys(entry).values())


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
