"""Who keeps messages back, and what people do about alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.model.deliveries import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A person's wish not to hear of something; of its conditions that are given, all must fit."""

    id: str  # 8 hex digits
    by: str  # who muted it
    reason: str
    since: datetime
    until: datetime | None  # None = until somebody ends it
    story: str = ""  # id
    rule: str = ""  # id
    feed: str = ""  # name
    channel: str = ""
    recipient: str = ""  # of that channel: only this address hears nothing more, the others do
    tell: bool = False  # what it held is told in one message at its end; else it is not told at all
    ended_at: datetime | None = None  # before its time
    ended_by: str = ""


class Subject(StrEnum):
    """What can be far above its baseline."""

    RULE = "rule"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """What is far above the baseline: more alerts in an hour than both allow."""

    alerts: int = 20
    factor: float = 10.0  # times the usual number


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How many alerts a rule or feed raises that are told at once: of late, and before."""

    subject: Subject
    name: str
    hour: int = 0  # of the last hour, or since its last breaker was ended, if that is less
    earlier: int = 0  # of the 14 days before that hour
    since: datetime | None = None  # the first of these, None = there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What one poll adds to a pulse."""

    subject: Subject
    name: str
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """A rule or feed whose alerts are held, because there are far more than usual; open until a person decides."""

    id: str  # 8 hex digits
    subject: Subject
    name: str  # the rule's id or the feed's name
    since: datetime
    reason: str  # e.g. "143 alerts in an hour, usually 4"
    ended_at: datetime | None = None
    ended_by: str = ""
    ending: str = ""  # "release", "discard" or "mute"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """What a breaker holds in one channel."""

    breaker: str  # id
    channel: str
    count: int  # stories
    urgent: tuple[str, ...] = ()  # titles of those that cannot wait, the first ones


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTotal:
    """How much one mute or breaker holds in one channel."""

    channel: str
    messages: int = 0
    alerts: int = 0  # that they are about
    last: int = 0  # the place in the outbox of the last of them


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDelivery:
    """A delivery that is kept back: `delivery.hold` says by what."""

    delivery: Delivery
    seq: int  # in the outbox; later ones are greater
    story_id: str  # "" = it is about no entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What somebody did about alerts: one row that stays."""

    at: datetime
    by: str  # who: a Slack user, a login, "unsubscribe link"
    via: str  # "slack", "command line", "mail", "console"
    verb: str  # "acknowledge", "mute", "unmute", "relevant", "not relevant", "release", "discard", "replay", "why" ...
    subject: str  # what it was done to: an alert's, mute's or breaker's id
    detail: str = ""  # one line for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody thinks of an alert: whether one rule was right to fire; the last word of each person counts."""

    alert_id: str
    rule: str  # id
    by: str
    at: datetime
    relevant: bool
    spellings: tuple[str, ...]  # that the rule found
    text: str  # the message's title, and in a line of their own its sentences: what a `misses` example is made of
