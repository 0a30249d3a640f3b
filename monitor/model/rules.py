"""What matters: rules as they describe themselves, what they find, and what they have found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from monitor.model.feeds import Entry


class Field(StrEnum):
    """The parts of an entry in which a rule looks."""

    TITLE = "title"
    SUMMARY = "summary"
    BODY = "body"


class Priority(IntEnum):
    """How much an alert matters; ordered."""

    LOW = 10
    NORMAL = 20
    HIGH = 30
    URGENT = 40

    @property
    def word(self) -> str:
        """The word used in YAML and in messages: `low`, `normal`, `high`, `urgent`."""
        return self.name.lower()

    @classmethod
    def named(cls, word: object) -> Priority:
        """Return the priority of this word.

        Raises:
            ValueError: there is none such.
        """
        words = {priority.word: priority for priority in cls}
        if isinstance(word, str) and word in words:
            return words[word]
        shown = f"`{word}`" if isinstance(word, str) else "this"
        raise ValueError(f"{shown} is not one of {', '.join(f'`{each}`' for each in words)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """Tell only what enough entries, of enough independent sources, say within a time; copies of a text count once."""

    entries: int = 1
    sources: int = 1
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Tell when nothing has matched for this long."""

    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """Tell when matches within `over` are at least `factor` times what `baseline` before it leads to expect."""

    factor: float
    over: timedelta
    baseline: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """Tell only what was watched for and has not been seen in this time."""

    within: timedelta


Threshold = AtLeast | Absent | Spike | New


class Dedup(StrEnum):
    """Which entries tell a story that is told already; of the rules that match an entry, the most sweeping one says."""

    STORY = "story"  # those of the same event
    URL = "url"  # those with the same link, or the same words
    ENTRY = "entry"  # none: each is told by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a rule says about itself; how it matches is the business of `monitor.rules`."""

    id: str
    title: str
    priority: Priority = Priority.NORMAL
    notify: tuple[str, ...] = ()  # channel names
    threshold: Threshold | None = None  # what it takes beyond one match
    dedup: timedelta | None = None  # how long a story is remembered, None = as configured
    dedup_by: Dedup = Dedup.STORY
    expires: date | None = None  # the first day, in UTC, on which the rule is silent
    owner: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place where a rule's words stand: `entry.<field>[start:end] == surface`."""

    name: str  # what was watched for: the actor's name, or the term as it is written in the rule
    surface: str  # what stands in the text
    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that an entry satisfies, and why."""

    rule: Rule
    entry: Entry
    mentions: tuple[Mention, ...]  # by field, then place


# -- what rules have found --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One match as it is remembered, after its entry has been forgotten too: what thresholds and statistics count."""

    rule: str  # id
    at: datetime
    entry_id: str
    source: str  # feed name
    text_key: bytes  # 16 bytes, the same for copies of one text
    names: tuple[str, ...]  # what was watched for and found, each once
    title: str = ""  # the entry's, "" = forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is remembered of a rule with a threshold besides its hits."""

    rule: str
    since: datetime | None = None  # watched from then on
    told_at: datetime | None = None  # when the threshold was last reached; see `monitor.decide.thresholds`
    version: int = 0  # as the store counts its changes, 0 = not stored yet; carried along unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which part of a rule's history bears on its threshold."""

    rule: str
    since: datetime  # the hits from here on
    baseline_since: datetime | None = None  # and how many there were from here to `since`


MOST_RECALLED = 1_000
"""Hits of one rule that a history lists at most: no threshold asks for so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The answer to a `Question`."""

    tally: Tally
    hits: tuple[Hit, ...] = ()  # since `since`, the oldest first; of more than `MOST_RECALLED` the newest
    count: int = 0  # of all hits since `since`
    before: int = 0  # hits from `baseline_since` to `since`
    names: frozenset[str] = frozenset()  # found since `since`
