"""The shapes of the configuration as people write it; `monitor.config.load` turns them into the house's own nouns."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from monitor.config.store import DEFAULT_STORE
from monitor.document.times import one_or_many
from monitor.model import Backlog, Identity, Priority, Retention
from monitor.text.duration import parse_duration
from monitor.text.hours import parse_zone

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
LISTEN = re.compile(
    r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})"
    r":(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]?\d{1,4})",
    re.ASCII,
)
SHORTEST_TIMEOUT, LONGEST_TIMEOUT = timedelta(seconds=1), timedelta(seconds=120)  # a feed's lease is longer
SHORTEST_KEPT, LONGEST_KEPT = timedelta(days=1), timedelta(days=3660)
SHORTEST_POLL = timedelta(seconds=10)


def _poll(text: object) -> timedelta:
    poll = parse_duration(text)
    if poll < SHORTEST_POLL:
        raise ValueError(f"`{text}` is too often: a feed is polled every {SHORTEST_POLL.seconds}s at most")
    return poll


def _language(value: object) -> object:
    if isinstance(value, str) and not LANGUAGE.fullmatch(value):
        raise ValueError(f"`{value}` is not a language code: write it like `en`, `ru` or `pt-BR`")
    return value


def _timeout(text: object) -> timedelta:
    timeout = parse_duration(text)
    if not SHORTEST_TIMEOUT <= timeout <= LONGEST_TIMEOUT:
        raise ValueError(f"`{text}` is not between {SHORTEST_TIMEOUT.seconds}s and {LONGEST_TIMEOUT.seconds}s")
    return timeout


def _kept(text: object) -> timedelta:
    kept = parse_duration(text, longest=LONGEST_KEPT)
    if kept < SHORTEST_KEPT:
        raise ValueError(f"`{text}` is too short: what is stored is kept for a day at least")
    return kept


def _one_line(value: object) -> object:
    if isinstance(value, str) and not value.isprintable():
        raise ValueError("this should be one line of text")
    return value


def _public_url(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    parts = urlsplit(value)
    plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    if not plain or parts.query or parts.fragment or not value.isprintable() or " " in value:
        raise ValueError("write it like `https://monitor.example.org`: http or https, without login and query")
    return value.rstrip("/")


def read_listen(value: object) -> object:
    """Check an address and a port, as they are written."""
    if isinstance(value, str) and not LISTEN.fullmatch(value):
        raise ValueError(f"`{value}` is no address and port: write it like `127.0.0.1:8080` or `[::]:8080`")
    return value


def _breaker(value: object) -> object:
    if value == "false":
        return None
    if not isinstance(value, dict):
        raise ValueError("write `breaker: false`, or a mapping such as {alerts: 20, factor: 10}")  # noqa: TRY004 - pydantic reports ValueError alone
    return value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Poll = Annotated[timedelta, BeforeValidator(_poll)]
Kept = Annotated[timedelta, BeforeValidator(_kept)]
Texts = Annotated[list[str], BeforeValidator(one_or_many)]
PriorityWord = Annotated[Priority, BeforeValidator(Priority.named)]
Language = Annotated[str, BeforeValidator(_language)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PollSettings(_Shape):
    """How often a feed is polled: a duration, or a mapping with bounds."""

    every: Poll
    """How often, about; a tenth more or less. Example: `10m`."""
    min: Poll | None = None
    """How often at most, for a feed whose pages are mostly new. Default: a quarter of `every`, a minute at least.
    Example: `2m`."""
    max: Poll | None = None
    """How seldom at most: with it a quiet feed is asked less and less often. Example: `2h`."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"every": value}

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min is not None and self.min > self.every:
            raise ValueError("`min` is longer than `every`")
        if self.max is not None and self.max < self.every:
            raise ValueError("`max` is shorter than `every`")
        return self


class DefaultSettings(_Shape):
    """`defaults:`, what holds wherever a rule or feed says nothing else."""

    former: ClassVar[dict[str, str]] = {"first_poll": "backlog"}  # keys of earlier versions

    notify: Texts = Field(default_factory=list)
    """The channels of rules that name none. Default: the only channel. Example: `[desk, chief]`."""
    priority: PriorityWord = Priority.NORMAL
    """The priority of rules that say none. Example: `high`."""
    dedup: Duration = timedelta(days=4)
    """How long a story is remembered after its last report: one story, one message. Example: `24h`."""
    poll: PollSettings = PollSettings.model_validate("10m")
    """How often a feed is asked for news, `10s` at least. Example: `5m`."""
    backlog: Backlog = Backlog.SILENT
    """What is done with what a feed did not bring one by one. Example: `alert`."""
    zone: Annotated[str, BeforeValidator(parse_zone)] = "UTC"
    """The time zone of times of day that name none. Example: `Europe/Paris`."""


class AuthSettings(_Shape):
    """`auth:`, a login that is sent with every request (RFC 7617)."""

    user: str
    """Who logs in. Example: `desk`."""
    password: str
    """The password, by reference. Example: `"${TASS_PASSWORD}"`."""


class FeedSettings(_Shape):
    """One feed: a URL, or a mapping with `url` and options."""

    former: ClassVar[dict[str, str]] = {"first_poll": "backlog"}  # keys of earlier versions

    url: str
    """RSS, Atom or JSON Feed, over http or https; a `file:` in a folder of `allow_files`. Example:
    `https://tass.example/rss.xml`."""
    poll: PollSettings | None = None
    """How often it is asked. Default: that of `defaults`. Example: `{every: 10m, max: 2h}`."""
    lang: Language = ""
    """Its language, where the feed tells none or a wrong one. Default: what the feed says. Example: `ru`."""
    country: str = ""
    """Where it comes from. Example: `RU`."""
    tags: Texts = Field(default_factory=list)
    """Words to call it by. Example: `[wire, state]`."""
    headers: dict[str, str] = Field(default_factory=dict)
    """HTTP headers of the request; those that say who asks by reference. Example: `{Authorization: "Bearer
    ${TASS_KEY}"}`."""
    cookies: dict[str, str] = Field(default_factory=dict)
    """Cookies of the request, by reference. Example: `{session: "${TASS_SESSION}"}`."""
    auth: AuthSettings | None = None
    """A login (HTTP Basic), the password by reference. Example: `{user: desk, password: "${TASS_PASSWORD}"}`."""
    proxy: str = ""
    """The HTTP proxy to go through, `http://host:port`; a login in it by reference. Default: as `HTTP_PROXY` and
    `HTTPS_PROXY` say. Example: `"http://desk:${PROXY_PASSWORD}@proxy.example.org:3128"`."""
    user_agent: Annotated[str, BeforeValidator(_one_line)] = ""
    """Who asks. Default: this program, with `contact`. Example: `ExampleNewsDesk/1.0`."""
    timeout: Annotated[timedelta, BeforeValidator(_timeout)] | None = None
    """How long a whole fetch may take, from `1s` to `120s`. Default: `30s`. Example: `60s`."""
    backlog: Backlog | None = None
    """What is done with what it did not bring one by one. Default: that of `defaults`. Example: `alert`."""
    identity: Identity = Identity.AUTO
    """By what its entries are known. Example: `link`."""
    fulltext: bool = False
    """`true`: read the articles behind its entries where that may make a rule match. Example: `true`."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError("a feed is a URL, or a mapping with `url` and options")  # noqa: TRY004 - pydantic reports ValueError alone
        return {"url": value} if isinstance(value, str) else value


class OpsSettings(_Shape):
    """`ops:`, what this program has to say about itself."""

    notify: Texts = Field(default_factory=list)
    """Channels that hear of a refused reload and of messages that were set aside. Example: `[desk]`."""


class WebSettings(_Shape):
    """`web:`, what others may reach of this program."""

    public_url: Annotated[str, BeforeValidator(_public_url)] = ""  # without a slash at its end
    """Where hubs and recipients of mail reach this program, through your reverse proxy. Default: none: nothing
    listens, nothing is subscribed. Example: `https://monitor.example.org`."""
    listen: Annotated[str, BeforeValidator(read_listen)] = "127.0.0.1:8080"
    """The address and port that your proxy passes `/websub/` and `/unsubscribe/` on to; port `0` is any. Example:
    `"[::1]:8081"`."""


class RetentionSettings(_Shape):
    """`retention:`, how long what is stored is kept; what rules still look back on is kept longer."""

    entries: Kept = Retention().entries
    """How long an entry is kept after it was seen. Example: `30d`."""
    ledger: Kept = Retention().ledger
    """How long `monitor why` can tell what was decided. Example: `180d`."""
    alerts: Kept = Retention().alerts
    """How long alerts, messages and what people did are kept, after the story's last report. Example: `800d`."""
    seen: Kept = Retention().seen
    """How long an entry is known again after its feed last showed it; as long as `entries` at least. Example:
    `120d`."""


class BreakerShape(_Shape):
    """`breaker:`, when alerts of a rule or feed are held: more in an hour than both of these allow."""

    alerts: int = Field(default=20, ge=1, le=100_000)
    """So many in an hour are never too many. Example: `50`."""
    factor: float = Field(default=10, ge=1, le=1_000, allow_inf_nan=False)  # times the usual number
    """Nor so many times the mean of the last 14 days. Example: `5`."""


_BREAKER_SCHEMA = {
    "anyOf": [
        {"const": False},
        {
            "type": "object",
            "properties": {
                "alerts": {"type": "integer", "minimum": 1, "maximum": 100_000},
                "factor": {"type": "number", "minimum": 1, "maximum": 1_000},
            },
            "additionalProperties": False,
        },
    ]
}


class TopSettings(_Shape):
    """The keys of the main file that are no sections; one without a value is as good as none."""

    model_config = ConfigDict(extra="ignore")

    include: Texts = Field(default_factory=list)
    """Files or patterns, relative to this file, with `feeds`, `rules` and `actors` of their own; `**` is any depth.
    Example: `[seeds/feeds.yaml, rules/*.yaml]`."""
    allow_files: Texts = Field(default_factory=list)
    """The folders that `file:` feeds may be read from. Example: `[seeds/stories]`."""
    allow: Texts = Field(default_factory=list)
    """What feeds may be read from although it is not public: addresses, networks, names, with a port or without.
    Example: `[127.0.0.1:8080, 10.0.0.0/8, rsshub]`."""
    store: str = DEFAULT_STORE
    """The state: a SQLite file, relative to this file, or PostgreSQL. Example:
    `postgresql://monitor:${DB_PASSWORD}@db/monitor`."""
    breaker: Annotated[BreakerShape | None, BeforeValidator(_breaker), WithJsonSchema(_BREAKER_SCHEMA)] = (
        BreakerShape()  # None = `false`: alerts are never too many
    )
    """When alerts of one rule or feed are too many to be told one by one; `false` = never. Example: `{alerts: 50}`."""
    contact: Annotated[str, BeforeValidator(_one_line)] = ""  # a URL or address, told to those whose feeds are read
    """A URL or address, told in the User-Agent to those whose feeds are read; an address is in mails the way to
    unsubscribe. Example: `https://example.org/about-our-monitor`."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, value: dict[str, Any]) -> dict[str, Any]:
        return {key: given for key, given in value.items() if given is not None}
