"""Read how often something is due, and say when it is next: `daily 07:30 Europe/Paris`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.text.hours import DAYS, EVERY_DAY, at_clock, local_time, parse_days, parse_time, parse_zone

_EXAMPLE = "write `hourly`, `daily 07:30 Europe/Paris` or `weekly mon 08:00`"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When something is due: at a time of day on some days of the week, or every hour."""

    days: frozenset[int] = EVERY_DAY  # 0 = Monday
    at: int | None  # minutes after midnight, None = every full hour
    zone: str  # IANA name

    def after(self, now: datetime) -> datetime:
        """Return when it is due next, later than now."""
        local = now.astimezone(ZoneInfo(self.zone))
        if self.at is None:
            past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            return now - past + _HOUR
        days = (local.date() + timedelta(days=number) for number in range(9))
        return next(
            due for day in days if day.weekday() in self.days and (due := at_clock(day, self.at, self.zone)) > now
        )

    def shown(self, moment: datetime) -> str:
        """Write a time as its zone's clocks show it."""
        return local_time(moment, self.zone)

    def __str__(self) -> str:
        if self.at is None:
            return f"hourly {self.zone}"
        time = f"{self.at // 60:02}:{self.at % 60:02}"
        if self.days == EVERY_DAY:
            return f"daily {time} {self.zone}"
        return f"weekly {','.join(DAYS[day] for day in sorted(self.days))} {time} {self.zone}"


def parse_timetable(text: object, *, zone: str = "UTC") -> Timetable:
    """Read `hourly`, `daily 07:30` or `weekly mon 08:00`, with a zone behind it perhaps; else `zone` holds.

    Raises:
        ValueError: it is none of these.
    """
    words = text.split() if isinstance(text, str) else []
    match words:
        case ["hourly", *named]:
            days, at = EVERY_DAY, None
        case ["daily", time, *named]:
            days, at = EVERY_DAY, parse_time(time)
        case ["weekly", some, time, *named]:
            days, at = parse_days(some), parse_time(time)
        case _:
            named = words
    if not words or named == words or len(named) > 1:
        raise ValueError(f"{f'`{text:.100}`' if isinstance(text, str) else 'this'} is no timetable: {_EXAMPLE}")
    return Timetable(days=days, at=at, zone=parse_zone(named[0]) if named else zone)
