"""Read hours of the week and times as people write them, and say when they are: `mon-fri 22:00-07:00 Europe/Paris`.

A time of day is what clocks show in its zone. One that clocks jump over, when summer time begins, is as long after the
jump as it was to be after it; one that they show twice, when it ends, is meant the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))

_DAY, _WEEK, _MINUTES = timedelta(days=1), timedelta(days=7), 24 * 60
_TIME = re.compile(r"(\d{1,2}):([0-5]\d)", re.ASCII)
_HOURS = re.compile(r"(?:(.*?)\s+)?(\S*?\d\S*?)\s*[-–]\s*(\d[^\s–-]*)(?:\s+(\S+))?", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\S+)(?:\s+(\S+))?", re.ASCII)
_LONGEST_TEXT = 100  # characters
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Hours that come back every week."""

    days: frozenset[int] = EVERY_DAY  # on which they begin, 0 = Monday
    start: int  # minutes after midnight
    end: int  # minutes after the same midnight; beyond 24 hours it is the next day
    zone: str  # IANA name

    def end_at(self, now: datetime) -> datetime | None:
        """Return when the hours that now belongs to are over; None = it belongs to none."""
        today = now.astimezone(ZoneInfo(self.zone)).date()
        for day in (today - _DAY, today):
            if day.weekday() in self.days:
                end = at_clock(day, self.end, self.zone)
                if at_clock(day, self.start, self.zone) <= now < end:
                    return end
        return None


def at_clock(day: date, minutes: int, zone: str) -> datetime:
    """Return when clocks in a zone show so many minutes after the midnight with which a day begins, in UTC."""
    days, left = divmod(minutes, _MINUTES)
    shown = datetime.combine(day + days * _DAY, time(left // 60, left % 60), ZoneInfo(zone))
    return shown.astimezone(UTC)


def end_of(hours: Iterable[Hours], now: datetime) -> datetime | None:
    """Return when all these hours are over that now belongs to, and those that follow without a gap; None = none."""
    hours, at = tuple(hours), now
    while at - now <= _WEEK and (ends := [end for each in hours if (end := each.end_at(at))]):
        at = max(ends)
    return at if at > now else None


def ending(hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    """Return these hours, if they end.

    Raises:
        ValueError: they are the whole week.
    """
    end = end_of(hours, _MONDAY)
    if end is not None and end - _MONDAY > _WEEK:
        raise ValueError("these hours never end: leave a gap between them")
    return hours


def local_time(moment: datetime, zone: str) -> str:
    """Write a time as clocks in a zone show it: `2026-03-01 07:00 Europe/Paris`.

    On the first and last days that there are, clocks elsewhere show a year that there is not: those are told in UTC.
    """
    try:
        shown = moment.astimezone(ZoneInfo(zone))
    except OverflowError:
        shown, zone = moment.astimezone(UTC), "UTC"
    return f"{shown.replace(tzinfo=None).isoformat(' ', 'minutes')} {zone}"


# -- reading -----------------------------------------------------------------------------------------------------------


def parse_zone(text: object) -> str:
    """Read the name of a time zone: `Europe/Paris`.

    Raises:
        ValueError: there is none of that name.
    """
    known = _zones()
    if isinstance(text, str) and text in known:
        return text
    near = get_close_matches(text.lower(), known.values(), n=1) if isinstance(text, str) else ()
    named = next((name for name, lower in known.items() if lower in near), "")
    hint = f"did you mean `{named}`?" if named else "write it like `Europe/Paris` or `UTC`"
    raise ValueError(f"unknown time zone {_quoted(text)}: {hint}")


def parse_hours(text: object, *, zone: str = "UTC") -> Hours:
    """Read `22:00-07:00`, with days before it or a zone behind it: `sat-sun 00:00-24:00 Europe/Paris`.

    `zone` holds where the text names none. Hours that end before they begin end on the next day.

    Raises:
        ValueError: it is nothing like that.
    """
    matched = _HOURS.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= _LONGEST_TEXT else None
    if matched is None:
        example = "write hours like `22:00-07:00 Europe/Paris` or `sat-sun 00:00-24:00`"
        if isinstance(text, str) and _days_if_any(text.strip()):
            example += "; in brackets a comma ends the text: put it in quotes"
        said = "nothing is written here" if text == "" else f"{_quoted(text)} is no hours"
        raise ValueError(f"{said}: {example}")
    days, first, last, named = matched.groups()
    start, end = parse_time(first), parse_time(last, last=True)
    if start == end:
        raise ValueError(f"{_quoted(text)} begins and ends at once: a whole day is `00:00-24:00`")
    return Hours(
        days=parse_days(days) if days else EVERY_DAY,
        start=start,
        end=end if end > start else end + _MINUTES,
        zone=parse_zone(named) if named else zone,
    )


def parse_days(text: str) -> frozenset[int]:
    """Read days of the week: `mon`, `mon-fri`, `sat,sun`.

    Raises:
        ValueError: it is none.
    """
    days = _days_if_any(text)
    if not days:
        raise ValueError(f"{_quoted(text)} is no day of the week: write `mon`, `mon-fri` or `sat,sun`")
    return days


def parse_time(text: str, *, last: bool = False) -> int:
    """Read a time of day as minutes after midnight; `24:00` is one where something ends (`last`).

    Raises:
        ValueError: it is none.
    """
    matched = _TIME.fullmatch(text)
    minutes = int(matched[1]) * 60 + int(matched[2]) if matched else -1
    if not 0 <= minutes < _MINUTES + last:
        raise ValueError(f"{_quoted(text)} is no time of day: write it like `07:30`")
    return minutes


def parse_moment(text: object, *, zone: str = "UTC") -> datetime:
    """Read `2026-11-23 02:00`, with a zone behind it perhaps, as a time in UTC.

    Raises:
        ValueError: it is nothing like that, or there is no such day.
    """
    matched = _MOMENT.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= _LONGEST_TEXT else None
    if matched is None:
        raise ValueError(f"{_quoted(text)} is no day and time: write it like `2026-11-23 02:00 Europe/Paris`")
    try:
        day = date.fromisoformat(matched[1])
    except ValueError:
        raise ValueError(f"there is no day `{matched[1]}`") from None
    return at_clock(day, parse_time(matched[2]), parse_zone(matched[3]) if matched[3] else zone)


def _days_if_any(text: str) -> frozenset[int]:
    """Read days of the week; an empty set = it is none."""
    days: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = (_day(end) for end in part.partition("-"))
        if first is None or (last is None and "-" in part):
            return frozenset()
        days.update((first + number) % 7 for number in range(((first if last is None else last) - first) % 7 + 1))
    return frozenset(days)


def _day(text: str) -> int | None:
    name = text.strip()
    return DAYS.index(name) if name in DAYS else None


@cache
def _zones() -> dict[str, str]:
    """Return all zones that this machine knows, each with what it is in small letters."""
    return {name: name.lower() for name in sorted(available_timezones())}


def _quoted(value: object) -> str:
    return f"`{value[:_LONGEST_TEXT]}`" if isinstance(value, str) else "this"
