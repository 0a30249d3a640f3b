"""`heartbeat:`: how others see that this program works, and how it sees so itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from monitor.config.models import Texts
from monitor.document import Document, validate
from monitor.document.times import TimetableText
from monitor.errors import Problem
from monitor.secret import Secret, resolve_references
from monitor.text.duration import parse_duration
from monitor.text.timetable import Timetable

SHORTEST_PING, SHORTEST_FLIGHT = timedelta(seconds=30), timedelta(minutes=5)


def _url(value: object, info: ValidationInfo) -> Secret:
    """Read where to ping; the URL is never shown, for whoever knows it can say that we live."""
    env: Mapping[str, str] = (info.context or {}).get("env", {})
    url = resolve_references(value, env) if isinstance(value, str) else ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise ValueError("this is no URL: write it like `https://hc-ping.com/…`, or `${HEARTBEAT_URL}`")
    return Secret(url)


def _at_least(shortest: timedelta) -> BeforeValidator:
    def read(value: object) -> timedelta:
        every = parse_duration(value)
        if every < shortest:
            minutes, seconds = divmod(shortest.seconds, 60)
            raise ValueError(f"`{value}` is too often: every {f'{seconds}s' if seconds else f'{minutes}m'} at most")
        return every

    return BeforeValidator(read)


PingUrl = Annotated[Secret, PlainValidator(_url), WithJsonSchema({"type": "string"})]


class CanarySettings(BaseModel):
    """`canary:`, an entry of our own: how often, and which channels get it; short for the first: `1h`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: Annotated[timedelta, _at_least(SHORTEST_FLIGHT)]
    """How often an entry of our own is sent through everything, `5m` at least. Example: `1h`."""
    notify: Texts = Field(default_factory=list)
    """Channels that get it for good; the others only have it made. Example: `lab`."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"every": value}


class HeartbeatSettings(BaseModel):
    """`heartbeat:`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)

    ping: PingUrl | None = None
    """The URL, by reference or as it is; it is shown nowhere but as its host. Example: `"${HEARTBEAT_URL}"`."""
    every: Annotated[timedelta, _at_least(SHORTEST_PING)] = timedelta(minutes=5)
    """How often, `30s` at least. Example: `10m`."""
    alive: TimetableText | None = None
    """When a message says how we are: entries read, alerts, feeds that cannot be read, rules that find nothing.
    Default: never. Example: `weekly mon 09:00 Europe/Paris`."""
    canary: CanarySettings | None = None
    """How often an entry of our own goes from a page to the edge of every channel, `5m` at least; with `notify`, to
    these channels for good. Default: never. Example: `{every: 1h, notify: lab}`."""
    notify: Texts = Field(default_factory=list)
    """Who gets that message, and hears of a canary that did not come through. Default: those of `ops`. Example:
    `[desk]`."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.ping is None and self.alive is None and self.canary is None:
            raise ValueError("say at least one of `ping`, `alive` and `canary`")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """How it is shown that this program works; nothing of it is done by default."""

    ping: Secret | None = None  # a URL that waits for us
    every: timedelta = timedelta(minutes=5)
    alive: Timetable | None = None  # when a message says how we are
    canary_every: timedelta | None = None
    canary_notify: tuple[str, ...] = ()  # channels that get each canary; the others only get it rendered
    notify: tuple[str, ...] = ()  # who gets that message, and hears of a canary that did not arrive


def load_heartbeat(
    main: Document, *, env: Mapping[str, str], zone: str, ops: tuple[str, ...]
) -> tuple[Heartbeat, list[Problem]]:
    """Read the section; `zone` holds where times name none, `ops` hears what nobody else is named for."""
    if main.value.get("heartbeat") is None:
        return Heartbeat(), []
    settings, problems = validate(main, HeartbeatSettings, ("heartbeat",), context={"env": env, "zone": zone})
    if settings is None:
        return Heartbeat(), problems
    if settings.alive is not None and not (settings.notify or ops):
        hint = "name channels under `heartbeat: {notify: [...]}` or `ops: {notify: [...]}`"
        problems.append(main.problem(("heartbeat", "alive"), "nobody would get the message", hint))
    return (
        Heartbeat(
            ping=settings.ping,
            every=settings.every,
            alive=settings.alive,
            canary_every=settings.canary.every if settings.canary else None,
            canary_notify=tuple(settings.canary.notify) if settings.canary else (),
            notify=tuple(settings.notify) or ops,
        ),
        problems,
    )
