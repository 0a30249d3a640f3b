"""What the API takes: what is asked for in queries, and said in bodies."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticKnownError

from monitor.console.api.shapes import PriorityName, Shape
from monitor.console.place import PATTERN
from monitor.text.duration import parse_duration

Name = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Place = Annotated[str, StringConstraints(pattern=f"^({PATTERN})?$")]
DurationText = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,2}[mhd]$", "examples": ["90m", "24h", "7d"]}),
]
Query = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Field(ge=1, le=200)]
StateName = Literal["waiting", "dead", "held", "sent", "skipped"]


def _truth(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


Truth = Annotated[bool, BeforeValidator(_truth)]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _written_time(value: object) -> object:
    """Let pass what RFC 3339 calls a time: of a bare number nobody knows whether it is a year or seconds."""
    if isinstance(value, str) and not _TIME.fullmatch(value):
        raise PydanticKnownError("datetime_parsing", {"error": "not of RFC 3339"})
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_written_time)]


class AlertsQuery(Shape):
    """Which alerts."""

    rule: Name = Field(default="", description="A rule's id.")
    channel: Name = ""
    source: Name = Field(default="", description="A feed's name.")
    priority: PriorityName | None = Field(default=None, description="At least this.")
    since: Time | None = Field(default=None, description="Told at this time, with its offset, or later.")
    until: Time | None = Field(default=None, description="Told before this time.")
    unacknowledged: Truth = False
    limit: Limit = 50
    before: Place = Field(default="", description="`next` of the page before.")


class SearchQuery(Shape):
    """Which stored entries."""

    q: Query = Field(description="A query as rules have it: words, phrases, AND, OR, NOT, NEAR/n, actor:.")
    source: Name = Field(default="", description="A feed's name, a tag or a host.")
    since: Time | None = Field(
        default=None, description="Seen at this time, with its offset, or later; 30 days ago where it is left out."
    )
    until: Time | None = Field(default=None, description="Seen before this time.")
    before: Place = Field(default="", description="`next` of the page before.")


class StoryQuery(Shape):
    """Which of a story's entries."""

    limit: Limit = 50
    after: Annotated[int, Field(ge=0, le=2**62)] | None = Field(default=None, description="`next` of the page before.")


class OutboxQuery(Shape):
    """Which messages."""

    state: StateName = "waiting"
    channel: Name = ""
    limit: Limit = 50
    before: Annotated[int, Field(ge=0, le=2**62)] | None = Field(default=None, description="`next` of the page before.")


class FeedsQuery(Shape):
    """Which feeds."""

    tag: Name = ""
    failing: Truth = False
    limit: Limit = 50
    after: Name = Field(default="", description="`next` of the page before.")


class RulesQuery(Shape):
    """Which rules."""

    limit: Limit = 50
    after: Name = Field(default="", description="`next` of the page before.")


class MutesQuery(Shape):
    """Which mutes."""

    past: Truth = Field(default=False, description="Those that are over, too.")
    limit: Limit = 50
    before: Place = Field(default="", description="`next` of the page before.")


class Nothing(Shape):
    """Takes nothing."""


class PauseBody(Shape):
    """How long a feed is not polled."""

    duration: DurationText | None = Field(default=None, description="Such as `2h`; null = until it is resumed.")
    reason: Name = ""


class MuteBody(Shape):
    """What is muted: of what is given, all must fit."""

    story: Name = ""
    rule: Name = ""
    feed: Name = ""
    channel: Name = ""
    duration: DurationText
    reason: Name = ""
    tell: bool = Field(default=False, description="Tell at its end, in one message, what it held.")


class EndBody(Shape):
    """How a mute ends."""

    tell: bool = Field(default=False, description="Tell now, in one message, what it held.")


class ReplayBody(Shape):
    """What is sent again: one message, or all of a channel."""

    key: Name = ""
    channel: Name = ""


class JudgeBody(Shape):
    """Whether rules were right to fire."""

    relevant: bool
    rules: list[Name] = Field(default_factory=list, max_length=100, description="Only these; [] = all of the alert.")
