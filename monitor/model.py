"""The nouns of the house: immutable, without I/O, without a clock, shaped like neither YAML nor rows.

Times are aware UTC datetimes. Text that came from outside is plain text: no markup, but nothing is escaped; whoever
shows it escapes it for the place where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from ipaddress import IPv4Network, IPv6Network

from monitor.errors import Cause
from monitor.secret import Secret

# -- what we watch ----------------------------------------------------------------------------------------------------


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


# -- what matters -----------------------------------------------------------------------------------------------------


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


# -- what is told -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Entries about one event."""

    id: str  # 32 hex digits: the id of its first entry
    first_at: datetime
    last_at: datetime
    entries: int
    sources: tuple[str, ...]  # feed names, in order of appearance
    told: frozenset[str] = frozenset()  # channels that have an alert about it
    version: int = 0  # as the store counts its changes, 0 = not stored yet; carried along unchanged


class Joining(StrEnum):
    """How an entry came to its story: what decides whether anybody hears of it again (`monitor.decide.draft`)."""

    NEW_STORY = "new-story"  # nothing like it was known: an alert
    SAME_TEXT = "same-text"  # a reprint, a copy, a moved address: counted
    NEW_REPORT = "new-report"  # the same event in other words, or more of it: a reply
    UPDATE = "update"  # the same event, and something that was told differs: a reply that says what


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as the store has it, and what is known of it."""

    entry: Entry  # without its keys
    rules: frozenset[str] = frozenset()  # that have matched it so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An entry that tells a story, as the ledger has it."""

    place: int  # in the ledger; later ones are greater
    entry: Entry  # without its keys
    story_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the store remembers that bears on one page."""

    known: Mapping[bytes, date] = field(default_factory=dict)  # identity keys shown before, and the day of last sight
    stored: tuple[StoredEntry, ...] = ()  # that entries of the page may be: see `Store.recall_entries`
    stories: Mapping[bytes, Story] = field(default_factory=dict)  # by story key
    near: Mapping[str, Story] = field(default_factory=dict)  # by id: of those that were asked for
    reports: Mapping[str, Entry] = field(default_factory=dict)  # by id: what was told of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story worth telling in one channel; unique by (story, channel)."""

    id: str  # 32 hex digits, made of story and channel
    story_id: str
    entry_id: str
    channel: str
    rules: tuple[str, ...]
    priority: Priority
    created_at: datetime
    digest: str = ""  # key of the digest that tells it, "" = a message of its own does


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A piece of an entry's text with the hits marked: `marks` are (start, end) offsets into `text`, in order."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one rule fired: the rule, and each name watched for with the spellings found, e.g. ("shoygu", ("Шойгу",))."""

    rule: str  # id
    title: str
    found: tuple[tuple[str, tuple[str, ...]], ...]
    note: str = ""  # what made it worth telling beyond one match


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How widely a story is reported so far."""

    sources: int
    entries: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert, ready to be shown by any channel; frozen in the outbox, so a later reload changes nothing owed."""

    title: Excerpt
    url: str  # http(s) or ""
    feed: str
    published: datetime | None
    seen_at: datetime
    language: str
    priority: Priority
    reasons: tuple[Reason, ...]
    excerpts: tuple[Excerpt, ...]  # sentences with hits, from summary and body
    note: str = ""  # of a reply: why the story is told again, e.g. "later report", "update: kills 10 -> kills 50"
    broadcast: bool = False  # of a reply: for the whole channel, not only for those who follow the story
    coverage: Coverage | None = None  # None = one report so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Many alerts in one message."""

    title: Excerpt  # e.g. "23 alerts of Sergei Shoygu"; without marks
    reason: str  # why they are told together, e.g. "more than 20 alerts of one rule in one poll"
    priority: Priority  # the highest of all its alerts
    items: tuple[Message, ...]  # the first of them, by priority, without excerpts
    count: int  # of all its alerts, those that are not among `items` too


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a channel has heard of a story, or is about to hear."""

    alert: Alert
    message: Message | None  # as it stands there after all edits; None = it cannot be changed: a digest tells it


class DeliveryKind(StrEnum):
    """What a delivery does at its destination."""

    POST = "post"
    REPLY = "reply"  # tells more about the story of an earlier message, in its thread where there are threads
    EDIT = "edit"  # changes an earlier message where it stands; worth nothing by itself
    DIGEST = "digest"


class DeliveryState(StrEnum):
    """The life of a delivery: new -> sending -> sent | new again (retry) | dead; one found sending is in doubt.

    An edit ends as skipped where it is no longer needed, or cannot be made: nothing that it said is lost.
    """

    NEW = "new"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    SKIPPED = "skipped"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """The right and the duty to send one delivery; its intent stands in the store, so a crash leaves it in doubt."""

    delivery: Delivery
    token: int  # of the destination's lease
    until: datetime  # of the lease
    in_doubt_since: datetime | None = None  # an earlier attempt whose end nobody knows; None = send


# -- what a notifier answers, and what it means ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The destination has the message; `ref` is how it names it (Slack ts, Message-ID), "" = it does not."""

    ref: str = ""


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


# -- what one poll changes --------------------------------------------------------------------------------------------


class Stage(StrEnum):
    """Where on its way an entry was when something was decided about it."""

    FRESH = "fresh"
    FULLTEXT = "fulltext"
    MATCH = "match"
    STORY = "story"
    THRESHOLD = "threshold"
    ROUTE = "route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One row of the ledger: what was decided about an entry, and why."""

    entry_id: str
    at: datetime
    stage: Stage
    verdict: str  # one word or two: see `monitor.decide.poll` and `monitor.decide.draft`
    reason: str
    rule: str = ""
    story_id: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """Everything one poll changes; recorded whole or not at all."""

    lease: FeedLease
    state: FeedState  # the new one
    due: datetime  # next poll
    hold_host_until: datetime | None = None  # no feed of this host is polled sooner
    keys: tuple[bytes, ...] = ()  # identity keys that are new, or were not seen today yet
    entries: tuple[Entry, ...] = ()  # the fresh ones
    updates: tuple[Entry, ...] = ()  # known ones whose text has changed
    stories: tuple[Story, ...] = ()  # new and changed
    story_keys: Mapping[bytes, str] = field(default_factory=dict)  # new keys to story ids
    taken_keys: Mapping[bytes, str] = field(default_factory=dict)  # of them: which story held it
    stories_since: datetime | None = None  # start of the window that `Memory.stories` came from
    hits: tuple[Hit, ...] = ()
    tallies: tuple[Tally, ...] = ()  # changed ones
    alerts: tuple[Alert, ...] = ()
    widened: tuple[Alert, ...] = ()  # recorded before; more rules have hit the story since
    deliveries: tuple[Delivery, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def quiet(self) -> bool:
        """Whether the poll changed nothing but what is remembered of its feed."""
        written = (self.keys, self.entries, self.updates, self.stories, self.story_keys, self.hits, self.tallies)
        return not any(written) and not (self.alerts or self.deliveries or self.decisions)
