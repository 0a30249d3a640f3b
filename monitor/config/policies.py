"""`routes:` and `maintenance:`: which alerts go where, and when nobody is told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from monitor.config.models import Language, PriorityWord, Texts
from monitor.document import Document, Loc, did_you_mean, validate
from monitor.document.times import HoursOfWeek, MomentText, Zone, one_or_many
from monitor.errors import Problem
from monitor.model import Maintenance, Mode, Priority, Route, Way


def _as_entries(value: object) -> object:
    return [value] if isinstance(value, dict) else [] if value is None else value


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class WhenSettings(_Shape):
    """`when:` of a route: keys mean all, lists mean any."""

    priority: PriorityWord = Priority.LOW
    """The rule's priority, this one at least. Default: any. Example: `high`."""
    rules: Texts = Field(default_factory=list)
    """Ids of rules. Default: any. Example: `[shoygu, grain]`."""
    tags: Texts = Field(default_factory=list)
    """Tags of the rule. Default: any. Example: `war`."""
    owner: Texts = Field(default_factory=list)
    """The rule's owner. Default: any. Example: `mideast-desk`."""
    feeds: Texts = Field(default_factory=list)
    """Names of feeds. Default: any. Example: `un-news`."""
    sources: Texts = Field(default_factory=list)
    """Names, tags or hosts of feeds. Default: any. Example: `[wire, news.un.org]`."""
    lang: Annotated[list[Language], BeforeValidator(one_or_many)] = Field(default_factory=list)
    """Languages of the entry; `en` is `en-GB` too. Default: any. Example: `[en, ru]`."""


class RouteSettings(_Shape):
    """One of `routes:`."""

    when: WhenSettings = WhenSettings()
    """What it is for. Default: everything. Example: `{priority: urgent}`."""
    notify: Annotated[list[str], BeforeValidator(one_or_many)] = Field(min_length=1)
    """The channels. Example: `[desk, chief]`."""
    also: bool = False
    """`true`: beside what else fits. Example: `true`."""
    quiet: Literal["ignore"] | None = None
    """`ignore`: through the quiet hours of these channels. Default: they hold. Example: `ignore`."""
    mode: Mode | None = None
    """`instant`: not in the digest; `digest`: in it, whatever the priority, but for urgent alerts. Default: as the
    channel says. Example: `instant`."""


class MaintenanceSettings(_Shape):
    """One of `maintenance:`: hours of the week, or once from a time until another."""

    name: str = Field(min_length=1, max_length=100)
    """What it is called in `monitor why`. Example: `backup`."""
    zone: Zone | None = None  # before the times: they are read in it
    """The time zone of these times, where they name none. Default: that of `defaults`. Example: `Europe/Paris`."""
    when: HoursOfWeek = ()
    """Hours of the week, as in `quiet`. Default: this, or `from` and `until`. Example: `sun 02:00-04:00`."""
    since: MomentText | None = Field(default=None, alias="from")
    """The beginning of a single time. Example: `2027-01-10 02:00`."""
    until: MomentText | None = None
    """Its end. Example: `2027-01-10 06:00 Europe/Paris`."""
    feeds: Texts = Field(default_factory=list)
    """Names, tags or hosts of the feeds that it is about. Default: all. Example: `[wire]`."""
    rules: Texts = Field(default_factory=list)
    """The rules that it is about; an alert of others as well is told. Default: all. Example: `grain`."""
    note: str = Field(default="", max_length=500)
    """Why, for those who ask. Example: `the wire moves to a new address`."""

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if (self.since is None) != (self.until is None):
            raise ValueError("`from` and `until` belong together")
        if bool(self.when) == (self.since is not None):
            raise ValueError("say either `when`, or `from` and `until`")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("`until` is not after `from`")
        return self


class PolicySettings(BaseModel):
    """The lists of the main file that say how to tell."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    routes: Annotated[list[RouteSettings], BeforeValidator(_as_entries)] = Field(default_factory=list)
    maintenance: Annotated[list[MaintenanceSettings], BeforeValidator(_as_entries)] = Field(default_factory=list)


def load_policies(main: Document, zone: str) -> tuple[tuple[Route, ...], tuple[Maintenance, ...], list[Problem]]:
    """Read both; `zone` holds where times name none. What channels, rules and feeds they name is not looked at."""
    settings, problems = validate(main, PolicySettings, context={"zone": zone})
    if settings is None:
        return (), (), problems
    routes = tuple(_route(number, each) for number, each in enumerate(settings.routes, 1))
    return routes, tuple(_maintenance(each, zone) for each in settings.maintenance), []


def _route(number: int, settings: RouteSettings) -> Route:
    when = settings.when
    return Route(
        name=f"route {number}",
        notify=tuple(dict.fromkeys(settings.notify)),
        also=settings.also,
        way=Way(ignores_quiet=settings.quiet is not None, mode=settings.mode),
        priority=when.priority,
        rules=tuple(when.rules),
        tags=tuple(when.tags),
        owners=tuple(when.owner),
        sources=(*when.feeds, *when.sources),
        languages=tuple(code.lower() for code in when.lang),
    )


def _maintenance(settings: MaintenanceSettings, zone: str) -> Maintenance:
    return Maintenance(
        name=settings.name,
        hours=settings.when,
        since=settings.since,
        until=settings.until,
        sources=tuple(settings.feeds),
        rules=tuple(settings.rules),
        zone=settings.zone or next((each.zone for each in settings.when), zone),
        note=settings.note,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that routes and maintenance may use."""

    channels: Collection[str]
    rules: Collection[str] | None  # None = they could not be read
    feeds: Collection[str]
    sources: Collection[str]  # names, tags and hosts of feeds


def unknown_names(main: Document, known: Known) -> list[Problem]:
    """Name whatever is called by a name that nothing has."""
    places: list[tuple[tuple[str, ...], str, Collection[str] | None]] = [
        (("routes", "notify"), "channel", known.channels),
        (("routes", "when", "rules"), "rule", known.rules),
        (("routes", "when", "feeds"), "feed", known.feeds),
        (("routes", "when", "sources"), "source", known.sources),
        (("maintenance", "rules"), "rule", known.rules),
        (("maintenance", "feeds"), "feed, tag or host", known.sources),
    ]
    return [
        main.problem(place, f"unknown {what} `{name}`", did_you_mean(name, names))
        for (section, *keys), what, names in places
        if names is not None
        for place, name in _written(main, section, keys)
        if name not in names
    ]


def _written(main: Document, section: str, keys: Sequence[str]) -> Iterator[tuple[Loc, str]]:
    """Give what the entries of a list say under a key, each text with its place."""
    entries = main.value.get(section)
    some = enumerate(entries) if isinstance(entries, list) else [((), entries)]
    for at, entry in some:
        value: Any = entry
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        place: Loc = (section, *((at,) if isinstance(at, int) else at), *keys)
        if isinstance(value, str):
            yield place, value
        for number, name in enumerate(value if isinstance(value, list) else ()):
            if isinstance(name, str):
                yield (*place, number), name
