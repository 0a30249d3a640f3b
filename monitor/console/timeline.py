"""Draw what was told over time: counts by hour or day and priority, for a chart and for the table beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from monitor.model import Priority
from monitor.ports import ToldCount, ToldFilter

USUAL: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=92)
BY_HOUR_UP_TO: Final = timedelta(days=3)
_HOUR: Final = timedelta(hours=1)
_FINE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour or day: how many alerts of each priority, the lowest first."""

    at: datetime
    counts: tuple[int, ...]

    @property
    def alerts(self) -> int:
        """All of them."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The bars of a time, those without any alert too."""

    unit: str  # "hour" or "day"
    since: datetime
    until: datetime
    bars: tuple[Bar, ...]

    @property
    def alerts(self) -> int:
        """All of them."""
        return sum(bar.alerts for bar in self.bars)

    @property
    def by_priority(self) -> list[tuple[str, int]]:
        """How many of each priority, the highest first."""
        sums = [sum(bar.counts[rank] for bar in self.bars) for rank in range(len(Priority))]
        return [(priority.word, count) for priority, count in zip(Priority, sums, strict=True)][::-1]

    @property
    def busiest(self) -> Bar:
        """The bar with most alerts, the first of several."""
        return max(self.bars, key=lambda bar: bar.alerts)

    @property
    def series(self) -> list[list[int]]:
        """What the chart draws: times, then for each priority, the lowest first, the alerts of it and of higher ones.

        They are drawn over one another, so that each looks stacked upon the higher ones.
        """
        stacked = [[sum(bar.counts[rank:]) for bar in self.bars] for rank in range(len(Priority))]
        return [[int(bar.at.timestamp()) for bar in self.bars], *stacked]


def window(wanted: ToldFilter, now: datetime) -> ToldFilter:
    """Say which alerts the timeline counts: of a time without an end, or a long one, the last part."""
    until = wanted.until or now
    earliest = until - (LONGEST if wanted.since else USUAL)
    since = max(wanted.since, earliest) if wanted.since else earliest
    return replace(wanted, since=min(since, until), until=until)


def step_of(since: datetime, until: datetime, zone: str) -> timedelta:
    """Say in what steps to count for the days of a zone: in hours, or finer where its days begin within one."""
    place = ZoneInfo(zone)
    offsets = {moment.astimezone(place).utcoffset() or timedelta() for moment in (since, until)}
    return _FINE if until - since <= BY_HOUR_UP_TO or any(each % _HOUR for each in offsets) else _HOUR


def draw(counts: Iterable[ToldCount], *, since: datetime, until: datetime, zone: str) -> Timeline:
    """Sum up what was counted by the hours or days of a zone."""
    place = ZoneInfo(zone)
    by_hour = until - since <= BY_HOUR_UP_TO
    found: dict[datetime, list[int]] = {}
    step = _beginning(since, place, by_hour=by_hour)
    while step < until:
        found[step] = [0] * len(Priority)
        step = _beginning(step + timedelta(hours=1 if by_hour else 30), place, by_hour=by_hour)
    ranks = {priority: rank for rank, priority in enumerate(Priority)}
    for count in counts:
        counted = found.setdefault(_beginning(count.at, place, by_hour=by_hour), [0] * len(Priority))
        counted[ranks[count.priority]] += count.alerts
    bars = tuple(Bar(at=at, counts=tuple(found[at])) for at in sorted(found))
    return Timeline(unit="hour" if by_hour else "day", since=since, until=until, bars=bars)


def _beginning(moment: datetime, zone: ZoneInfo, *, by_hour: bool) -> datetime:
    """Return when the hour or day of a moment begins, as the same moment always has it."""
    there = moment.astimezone(zone)
    begins = there.replace(minute=0, second=0, microsecond=0)
    return (begins if by_hour else begins.replace(hour=0, fold=0)).astimezone(moment.tzinfo)
