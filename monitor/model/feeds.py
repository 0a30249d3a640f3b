"""What we watch: feeds, what is remembered of them, and what they bring."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from monitor.errors import Cause
from monitor.secret import Secret


class Backlog(StrEnum):
    """What is done with entries that a feed did not bring one by one: see `monitor.decide.backlog`."""

    SILENT = "silent"  # those of a first poll are remembered, not told; any others are told in one digest
    DIGEST = "digest"  # all are told in one digest
    ALERT = "alert"  # all are told like any other


class Identity(StrEnum):
    """By what an entry is known within its feed."""

    AUTO = "auto"  # by whatever tells this feed's entries apart
    GUID = "guid"
    LINK = "link"  # the canonical one
    TITLE = "title"
    CONTENT = "content"  # title and text


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One feed as it is configured."""

    name: str
    url: str = field(repr=False)  # http, https or file; its query string may hold a secret
    poll: timedelta = timedelta(minutes=10)
    poll_min: timedelta | None = None  # sooner where entries would be missed, None = a quarter of `poll`
    poll_max: timedelta | None = None  # later where little is new, None = `poll`: never
    language: str = ""  # BCP 47, "" = as the feed says
    country: str = ""
    tags: tuple[str, ...] = ()
    headers: tuple[tuple[str, Secret], ...] = ()  # those of `cookies` and `auth` among them; for its own origin alone
    user_agent: str = ""  # "" = this program's own, with the contact
    proxy: Secret | None = None  # a URL, None = as the environment says
    timeout: timedelta | None = None  # of a whole fetch, None = the fetcher's
    backlog: Backlog = Backlog.SILENT
    identity: Identity = Identity.AUTO
    fulltext: bool = False  # read the articles whose title and summary leave a rule open


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedHost:
    """A place that feeds may be read from although it is not public: a network, or a name, and a port."""

    network: IPv4Network | IPv6Network | None = None
    name: str = ""  # in lower case; what it resolves to is allowed
    port: int = 0  # 0 = any


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next GET conditional: stored byte for byte as the server sent them (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""


MOVES = 3  # polls in a row that are sent to the same place for good, before it is believed


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One change in the life of a feed: its health, or what a person did with it."""

    at: datetime
    what: str  # "paused", "resumed", "works again", or the cause of a failure
    detail: str = ""
    by: str = ""  # who did it, "" = nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time of which a feed's page had lost the entries before it was polled again."""

    since: datetime
    until: datetime
    entries: int  # how many may have been missed at least, as the feed's usual rate has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What was agreed with a feed's hub, and what it is still asked for (W3C WebSub, 5)."""

    hub: str = field(repr=False)
    topic: str = field(repr=False)
    callback: str = field(repr=False)  # the URL that the hub was given
    secret: str = field(repr=False)  # 64 hex digits: what pushes are signed with
    asked_at: datetime  # when the hub was asked last
    ask_at: datetime  # when it is asked again: to renew, or because it has not verified what it was asked for
    pending: bool = True  # the hub may verify what it was asked for
    until: datetime | None = None  # the end of the lease that was verified, None = none is
    failures: int = 0  # requests in a row before the last one that were not verified
    detail: str = ""  # what went wrong last

    def is_alive(self, now: datetime) -> bool:
        """Say whether the hub has promised to push now."""
        return self.until is not None and now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedNotes:
    """What polls have learnt about a feed; stored as one document, in which what is missing has its default."""

    # fetching
    moved_to: str = field(default="", repr=False)  # where permanent redirects lead
    moves: int = 0  # how many polls in a row were sent there
    unconditional_at: datetime | None = None  # last good fetch without validators: false 304s exist
    answered: str = field(default="", repr=False)  # the URL that the validators are from, "" = the feed's own
    ttl: timedelta = timedelta()  # how long the feed asks to be left alone (`ttl`, `sy:updatePeriod`)
    skip_hours: tuple[int, ...] = ()  # of the day in UTC, in which it brings nothing (RSS 2.0, `skipHours`)
    skip_days: tuple[int, ...] = ()  # of the week, Monday = 0
    # parsing
    whole_at: datetime | None = None  # last parse of a whole page
    shortcut: bool = True  # may a page be parsed in part? False = a whole parse has shown that it may not
    # identity: the kinds that hold, as the last whole page has shown (see `Identity`); () = not known yet
    identity: tuple[str, ...] = ()
    # schedule
    interval: timedelta | None = None  # between polls, None = as configured
    usual: timedelta | None = None  # between two new entries, None = not known yet
    newest_at: datetime | None = None  # when something was new for the last time
    gap: Gap | None = None  # the last one
    gaps: int = 0  # how many there have been
    # health, and what people do; see `monitor.decide.health`
    paused_until: datetime | None = None  # of a paused feed: when it is polled again by itself, None = when told
    pause_reason: str = ""
    events: tuple[FeedEvent, ...] = ()  # the latest changes, the newest last
    # pushes; see `monitor.decide.websub`
    hub: str = field(default="", repr=False)  # that the feed names, "" = none
    topic: str = field(default="", repr=False)  # how the hub knows the feed: its `self` link
    subscription: Subscription | None = field(default=None, repr=False)

    @property
    def home(self) -> str:
        """Where a fetch begins: where three polls in a row were sent for good; "" = at the feed's own URL."""
        return self.moved_to if self.moves >= MOVES else ""


EVENTS_KEPT = 20  # of a feed's latest changes


def with_event(notes: FeedNotes, event: FeedEvent) -> FeedNotes:
    """Return the notes with one more change, and without the oldest beyond EVENTS_KEPT."""
    return replace(notes, events=(*notes.events, event)[-EVENTS_KEPT:])


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of a feed between two polls."""

    feed_id: int
    name: str
    url: str = field(repr=False)
    validators: Validators = field(default_factory=Validators)
    body_hash: bytes = b""  # of the last body that was parsed, b"" = none
    baseline_at: datetime | None = None  # first good poll
    polled_at: datetime | None = None  # last good poll
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    cause: Cause | None = None  # of the last failure, or what is odd about it; None = healthy
    detail: str = ""
    blocks: bytes = field(default=b"", repr=False)  # 8 bytes for each item of the last page that was parsed
    notes: FeedNotes = field(default_factory=FeedNotes)
    paused_at: datetime | None = None  # by a person; a paused feed is not polled


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLease:
    """The right to poll a feed once, until the lease runs out; `token` fences late finishers."""

    state: FeedState
    token: int
    strikes: int = 0  # leases before it in a row that nobody finished


_SKEW = timedelta(minutes=1)  # between the clocks of daemons
LATE = 1.2  # times the spacing lie between two turns: who is a tick late does not push the next one away


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTurn:
    """When a host may be asked again."""

    free_at: datetime  # the next request may begin
    turn_at: datetime  # the next that has to wait is put off to here

    def take(self, now: datetime, spacing: timedelta, *, busy: bool = False) -> tuple[datetime | None, HostTurn]:
        """Begin a request, where it is its turn and the host is not `busy`; else say when to try again.

        Return None or that time, and what holds from then on. Where the next request is further off than one can put
        it, a clock was ahead that is right by now: then it begins anew.
        """
        if self.free_at - now > spacing + _SKEW:
            return HostTurn(free_at=now, turn_at=now).take(now, spacing, busy=busy)
        if self.free_at <= now and not busy:
            return None, replace(self, free_at=now + spacing)
        turn = max(self.turn_at, self.free_at, now)
        return turn, replace(self, turn_at=turn + spacing * LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchNotes:
    """What a fetch has learnt beside the document."""

    moved_to: str = field(default="", repr=False)  # where permanent redirects lead, "" = there are none
    answered: str = field(default="", repr=False)  # the URL that answered, "" = the feed's own
    unconditional: bool = False  # nothing in the request allowed for a 304
    freshness: timedelta = timedelta()  # how long the answer is to be held for current (RFC 9111, 4.2)
    hub: str = field(default="", repr=False)  # of the header `Link`, as the next one; "" = it names none
    topic: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer with a body, before parsing. `body` is decoded from its content coding, not from its charset."""

    body: bytes
    content_type: str = ""  # the header as sent
    validators: Validators = field(default_factory=Validators)
    notes: FetchNotes = field(default_factory=FetchNotes)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server says that nothing changed (304)."""

    notes: FetchNotes = field(default_factory=FetchNotes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One news item as its feed told it, in plain text."""

    id: str  # 32 hex digits, the same in every poll: made of the feed's URL and the first of `keys`
    keys: tuple[bytes, ...]  # what it is known by within its feed, 16 bytes each, the best first
    key_kinds: tuple[Identity, ...] = ()  # of each of `keys`; () = they are all guids
    feed: str
    title: str
    summary: str = ""
    body: str = ""
    url: str = ""  # absolute http(s) link, "" = none
    canonical_url: str = ""  # for comparing, never shown
    guid: str = ""  # as the feed gave it, trimmed
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    published: datetime | None = None
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What one page says: the feed's own title and its entries, in the page's order."""

    title: str
    entries: tuple[Entry, ...]  # of a page that was parsed in part, only those whose blocks are new
    blocks: bytes = field(default=b"", repr=False)  # as `FeedState.blocks`: of all items, b"" = it cannot be cut
    whole: bool = True
    shortcut: bool | None = None  # may such pages be parsed in part? None = that was not looked at
    ttl: timedelta = timedelta()  # this and the next two as in `FeedNotes`
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    hub: str = field(default="", repr=False)  # this and the next one as in `FeedNotes`
    topic: str = field(default="", repr=False)
