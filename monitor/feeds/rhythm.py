"""Read how often a feed says that it is worth asking: `ttl`, `sy:updatePeriod`, `skipHours`, `skipDays`.

feedparser keeps only the last of several `hour` or `day` elements, so this looks at the text before the first item.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Final

from monitor.model import ParsedFeed

_HEAD: Final = 20_000  # characters in which a feed speaks of itself
_ITEM = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_VALUE = re.compile(
    r"<(?:\w{1,20}:)?(ttl|updatePeriod|updateFrequency|hour|day)(?:\s[^<>]{0,200})?>\s{0,50}([a-z0-9]{1,12})\s{0,50}</",
    re.ASCII | re.IGNORECASE,
)
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = 24
_LONGEST = timedelta(days=365)


def with_rhythm(parsed: ParsedFeed, text: str) -> ParsedFeed:
    """Add what a feed says of its own rhythm; what cannot be read is as good as not said."""
    first = _ITEM.search(text, 0, _HEAD)
    said: dict[str, list[str]] = {}
    for found in _VALUE.finditer(text, 0, first.start() if first else _HEAD):
        said.setdefault(found[1].lower(), []).append(found[2].lower())
    if not said:
        return parsed
    hours = {int(hour) % _HOURS for hour in said.get("hour", ()) if hour.isdecimal() and int(hour) <= _HOURS}
    days = {_DAYS.index(day) for day in said.get("day", ()) if day in _DAYS}
    return replace(
        parsed,
        ttl=max(_minutes(said.get("ttl")), _period(said)),
        skip_hours=tuple(sorted(hours)),
        skip_days=tuple(sorted(days)),
    )


def _minutes(said: list[str] | None) -> timedelta:
    number = said[0] if said else ""
    return min(timedelta(minutes=int(number)), _LONGEST) if number.isdecimal() else timedelta()


def _period(said: dict[str, list[str]]) -> timedelta:
    """Return a period over how often something is new in it (RSS 1.0, module syndication)."""
    period = _PERIODS.get(said.get("updateperiod", [""])[0], timedelta())
    frequency = said.get("updatefrequency", ["1"])[0]
    return period / max(int(frequency), 1) if frequency.isdecimal() else period
