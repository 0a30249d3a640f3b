"""Read what a query string asks of the page of alerts: whoever wrote it, each part has a meaning or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from monitor.console.place import read_place, write_place
from monitor.model import Priority
from monitor.ports import ToldFilter, ToldPlace

RANGES: Final = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
LONGEST_PART: Final = 200  # characters
LONGEST_QUERY: Final = 2_000
_KEPT: Final = ("q", "rule", "channel", "source", "priority", "range", "since", "until", "open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants to see."""

    given: Mapping[str, str]  # as it was written: what the form shows again
    wanted: ToldFilter
    query: str = ""  # of a search among the stored entries
    before: ToldPlace | None = None  # where the page before this one ended
    as_of: datetime | None = None  # when the first page was read: what came later is on none of its pages

    @property
    def page_of(self) -> ToldFilter:
        """What stands on this page and those after it."""
        ends = [each for each in (self.wanted.until, self.as_of) if each]
        return replace(self.wanted, until=min(ends, default=None))

    @property
    def is_first(self) -> bool:
        """Whether what is new belongs on this page."""
        return self.before is None and self.wanted.until is None

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.given.keys() - {"q"})

    def link(self, **changes: str) -> str:
        """Write a query string that asks the same, but for these changes."""
        return "?" + urlencode({name: value for name, value in {**self.given, **changes}.items() if value})

    def after(self, place: ToldPlace, now: datetime) -> str:
        """Write the query string of the next page."""
        as_of = self.as_of or now
        return self.link(before=write_place(place), as_of=as_of.astimezone(UTC).isoformat())


def read_asked(request: web.Request, *, zone: str, now: datetime) -> Asked:
    """Read it; days are those of a zone.

    Raises:
        HTTPBadRequest: a part of it cannot be read.
    """
    given = {name: request.query[name].strip() for name in _KEPT if request.query.get(name, "").strip()}
    for name, value in given.items():
        if len(value) > (LONGEST_QUERY if name == "q" else LONGEST_PART):
            raise web.HTTPBadRequest(text=f"`{name}` is too long")
    try:
        since, until = _times(given, ZoneInfo(zone), now)
        at_least = Priority.named(given["priority"]) if "priority" in given else None
        as_of = _moment(request.query["as_of"], ZoneInfo("UTC")) if request.query.get("as_of") else None
        before = read_place(request.query.get("before", ""))
    except (ValueError, OverflowError) as error:  # the second of a day at the end of all time
        raise web.HTTPBadRequest(text=str(error)) from None
    wanted = ToldFilter(
        rule=given.get("rule", ""),
        channel=given.get("channel", ""),
        source=given.get("source", ""),
        at_least=at_least,
        since=since,
        until=until,
        unacknowledged="open" in given,
    )
    return Asked(given=given, wanted=wanted, query=given.get("q", ""), before=before, as_of=as_of)


def _times(given: Mapping[str, str], zone: ZoneInfo, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Read from when to when; a range counts back from now where no day is given."""
    if "range" in given and given["range"] not in RANGES:
        raise ValueError(f"`range` is one of {', '.join(RANGES)}")
    since = _moment(given["since"], zone) if "since" in given else None
    until = _moment(given["until"], zone, whole_day=True) if "until" in given else None
    if since is None and until is None and "range" in given:
        since = now - RANGES[given["range"]]
    return since, until


def _moment(text: str, zone: ZoneInfo, *, whole_day: bool = False) -> datetime:
    """Read a day or a time; of a day its beginning, or where it is `whole_day` its end."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("write days like 2026-11-22, and times like 2026-11-22T14:05") from None
    if whole_day and len(text) == len("2026-11-22") and read.time() == time():
        read += timedelta(days=1)
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
