"""What is said of an entry: whether its story is known, and why; see `monitor.stories.index`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an entry is to the stories of the window."""

    SAME_TEXT = "same-text"  # a reprint, a syndicated copy, a moved page: nothing new in it
    SAME_STORY = "same-story"  # another report of an event that is known
    UPDATE = "update"  # the known story, with something that differs and matters
    NEW = "new-story"


class Guard(StrEnum):
    """What keeps apart two entries that look alike."""

    NUMBERS = "numbers"  # "kills 10" and "kills 50"
    NEGATION = "negation"  # "confirms" and "denies"
    CORRECTION = "correction"  # the entry says that it corrects
    NAMES = "names"  # the same sentence about somebody or somewhere else
    SERIES = "series"  # one source's template: weather, quotes, weekly columns
    SOURCE = "source"  # one source does not copy itself: what is alike there is an update


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A story that an entry was compared with, by its report that is nearest."""

    story_id: str
    entry_id: str  # that report
    feed: str
    kind: Kind  # what the entry would be if there were no other story
    score: float  # of story and entry, 0 to 1
    likeness: str = ""  # what is the same: "link", "title", "text", "" = nothing as a whole
    guard: Guard | None = None
    detail: str = ""  # what the guard saw: "10 / 50"
    shared: tuple[str, ...] = ()  # words that both have, the rarest first
    features: Mapping[str, float] = field(default_factory=dict)  # of that report, as weighed

    @property
    def reason(self) -> str:
        """Say in one line why it is what it is."""
        said = {
            Kind.SAME_TEXT: f"the same {self.likeness} as a report of {self.feed}",
            Kind.SAME_STORY: f"tells of the same event as {self.feed}",
            Kind.UPDATE: f"an update of what {self.feed} told",
            Kind.NEW: f"not the story that {self.feed} told",
        }[self.kind]
        guard = f"; guard {self.guard}" if self.guard else ""
        detail = f" ({self.detail})" if self.detail else ""
        words = f"; shared: {', '.join(self.shared)}" if self.shared else ""
        return f"{said}, score {self.score:.2f}{guard}{detail}{words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which story an entry tells, and why."""

    kind: Kind
    story_id: str = ""  # "" = a new one
    reason: str  # one line for people
    guard: Guard | None = None
    neighbours: tuple[Neighbour, ...] = ()  # the nearest first
