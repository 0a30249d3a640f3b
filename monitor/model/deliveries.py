"""What is owed to channels, what they answer, and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.model.messages import Digest, Message


class DeliveryKind(StrEnum):
    """What a delivery does at its destination."""

    POST = "post"
    REPLY = "reply"  # tells more about the story of an earlier message, in its thread where there are threads
    EDIT = "edit"  # changes an earlier message where it stands; worth nothing by itself
    DIGEST = "digest"


class DeliveryState(StrEnum):
    """The life of a delivery: new -> sending -> sent | new again (retry) | dead; one found sending is in doubt.

    One that is held becomes new when it is released, or is skipped where a digest tells it or nobody wants it.

    An edit ends as skipped where it is no longer needed, or cannot be made: nothing that it said is lost.
    """

    NEW = "new"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    SKIPPED = "skipped"
    HELD = "held"


class HoldKind(StrEnum):
    """What keeps messages back."""

    WAIT = "wait"  # a short while, for reports that come together
    QUIET = "quiet"  # the channel's quiet hours
    DIGEST = "digest"  # the channel's next digest
    MAINTENANCE = "maintenance"  # a window in which nobody is to be told
    MUTE = "mute"  # a person who does not want to hear of it
    BREAKER = "breaker"  # a rule or feed far above its baseline
    ENDED = "ended"  # nothing any more: it is decided anew when it is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a delivery is kept back, and how long."""

    kind: HoldKind
    reason: str  # one line for people
    until: datetime | None = None  # None = until a person decides
    by: str = ""  # id of the mute or breaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The message that a reply belongs to, or that an edit changes, as it stands at its destination."""

    key: str  # of its delivery
    ref: str  # how the destination names it, "" = it does not
    message: Message | Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message owed to one channel."""

    key: str  # 32 hex digits, made of story, channel, kind and number: unique for ever
    alert_id: str  # "" = it is about no entry: something that this program has to say itself
    channel: str
    kind: DeliveryKind
    message: Message | Digest  # of an edit: the whole message as it is to stand
    created_at: datetime
    attempts: int = 0  # this one included, once it is claimed
    parent: Parent | None = None  # of a reply or edit, once it is claimed; None = a reply has to stand alone
    hold: Hold | None = None  # it is kept back
    follows: str = ""  # of an edit that is about no entry: key of the message that it changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """The right and the duty to send one delivery; its intent stands in the store, so a crash leaves it in doubt."""

    delivery: Delivery
    token: int  # of the destination's lease
    until: datetime  # of the lease
    in_doubt_since: datetime | None = None  # an earlier attempt whose end nobody knows; None = send
    was_held: bool = False  # it was kept back before: how long it took says nothing of this program


# -- what a notifier answers, and what it means ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The destination has the message; `ref` is how it names it (Slack ts, Message-ID), "" = it does not."""

    ref: str = ""
    but: str = ""  # who has not got it, and why; "" = everybody has


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The destination surely does not have the message."""

    reason: str  # one line, no secret
    retry: bool  # can the same message go through later?
    after: timedelta | None = None  # what the destination asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The message left and no answer came: the destination may or may not have it."""

    reason: str


SendResult = Accepted | Rejected | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Settled: done."""

    ref: str
    but: str = ""  # as `Accepted` says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Settled: surely not sent, to be tried again."""

    at: datetime
    reason: str
    hold_lane_until: datetime | None = None  # later messages of the channel wait as well, to keep order


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """Not settled: look it up at the destination at this time, or send it again where it cannot be looked up."""

    look_up_at: datetime
    reason: str
    hold_lane: bool = True  # later messages of the channel wait for the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """Settled: will never go through as it is; kept, shown, can be replayed."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Settled: there is nothing left to do, and nothing was lost; see `DeliveryState`."""

    reason: str


Settlement = Sent | Retry | InDoubt | Dead | Skipped
