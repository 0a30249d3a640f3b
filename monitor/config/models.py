"""The shapes of the configuration as people write it; `monitor.config.load` turns them into the house's own nouns."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from monitor.config.store import DEFAULT_STORE
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


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


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


def _listen(value: object) -> object:
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
Texts = Annotated[list[str], BeforeValidator(_as_list)]
PriorityWord = Annotated[Priority, BeforeValidator(Priority.named)]
Language = Annotated[str, BeforeValidator(_language)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PollSettings(_Shape):
    """How often a feed is polled: a duration, or a mapping with bounds."""

    every: Poll
    min: Poll | None = None
    max: Poll | None = None

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
    priority: PriorityWord = Priority.NORMAL
    dedup: Duration = timedelta(days=4)
    poll: PollSettings = PollSettings.model_validate("10m")
    backlog: Backlog = Backlog.SILENT
    zone: Annotated[str, BeforeValidator(parse_zone)] = "UTC"


class AuthSettings(_Shape):
    """`auth:`, a login that is sent with every request (RFC 7617)."""

    user: str
    password: str


class FeedSettings(_Shape):
    """One feed: a URL, or a mapping with `url` and options."""

    former: ClassVar[dict[str, str]] = {"first_poll": "backlog"}  # keys of earlier versions

    url: str
    poll: PollSettings | None = None
    lang: Language = ""
    country: str = ""
    tags: Texts = Field(default_factory=list)
    headers: dict[str, str] = Field(default_factory=dict)
    cookies: dict[str, str] = Field(default_factory=dict)
    auth: AuthSettings | None = None
    proxy: str = ""
    user_agent: Annotated[str, BeforeValidator(_one_line)] = ""
    timeout: Annotated[timedelta, BeforeValidator(_timeout)] | None = None
    backlog: Backlog | None = None
    identity: Identity = Identity.AUTO
    fulltext: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError("a feed is a URL, or a mapping with `url` and options")  # noqa: TRY004 - pydantic reports ValueError alone
        return {"url": value} if isinstance(value, str) else value


class OpsSettings(_Shape):
    """`ops:`, what this program has to say about itself."""

    notify: Texts = Field(default_factory=list)


class WebSettings(_Shape):
    """`web:`, what others may reach of this program."""

    public_url: Annotated[str, BeforeValidator(_public_url)] = ""  # without a slash at its end
    listen: Annotated[str, BeforeValidator(_listen)] = "127.0.0.1:8080"


class RetentionSettings(_Shape):
    """`retention:`, how long what is stored is kept; what rules still look back on is kept longer."""

    entries: Kept = Retention().entries
    ledger: Kept = Retention().ledger
    alerts: Kept = Retention().alerts
    seen: Kept = Retention().seen


class BreakerShape(_Shape):
    """`breaker:`, when alerts of a rule or feed are held: more in an hour than both of these allow."""

    alerts: int = Field(default=20, ge=1, le=100_000)
    factor: float = Field(default=10, ge=1, le=1_000, allow_inf_nan=False)  # times the usual number


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
    allow_files: Texts = Field(default_factory=list)
    allow: Texts = Field(default_factory=list)
    store: str = DEFAULT_STORE
    breaker: Annotated[BreakerShape | None, BeforeValidator(_breaker), WithJsonSchema(_BREAKER_SCHEMA)] = (
        BreakerShape()  # None = `false`: alerts are never too many
    )
    contact: Annotated[str, BeforeValidator(_one_line)] = ""  # a URL or address, told to those whose feeds are read

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, value: dict[str, Any]) -> dict[str, Any]:
        return {key: given for key, given in value.items() if given is not None}
