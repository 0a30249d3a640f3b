"""Read the dates that feeds write. A date is shown to people; it never decides anything."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

# Zone names that feedparser does not know and reads as UTC, hours east of Greenwich. IST is India's.
_ZONES = {
    "MSK": 3.0,
    "MSD": 4.0,
    "BST": 1.0,
    "CET": 1.0,
    "CEST": 2.0,
    "EET": 2.0,
    "EEST": 3.0,
    "WEST": 1.0,
    "TRT": 3.0,
    "IST": 5.5,
    "PKT": 5.0,
    "ICT": 7.0,
    "WIB": 7.0,
    "HKT": 8.0,
    "SGT": 8.0,
    "AWST": 8.0,
    "JST": 9.0,
    "KST": 9.0,
    "AEST": 10.0,
    "AEDT": 11.0,
    "NZST": 12.0,
    "NZDT": 13.0,
    "SAST": 2.0,
    "EAT": 3.0,
    "BRT": -3.0,
}
_ZONE = re.compile(r"\d\s+([A-Z]{3,4})\s*$")
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=2)


def from_feedparser(written: str, parsed: time.struct_time | None, now: datetime) -> datetime | None:
    """Return what feedparser made of a date, with the zones it does not know mended; None = no date to be shown."""
    if parsed is None:
        return None
    try:
        moment = datetime(*parsed[:6], tzinfo=UTC)
    except ValueError:  # a leap second
        return None
    zone = _ZONE.search(written)
    if zone and zone.group(1) in _ZONES and moment.year > _EARLIEST.year - 1:
        moment -= timedelta(hours=_ZONES[zone.group(1)])
    return _plausible(moment, now)


def from_iso(written: str, now: datetime) -> datetime | None:
    """Read an RFC 3339 date, with or without a zone (UTC then); None = no date to be shown."""
    try:
        moment = datetime.fromisoformat(written.strip())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return _plausible(moment, now)


def _plausible(moment: datetime, now: datetime) -> datetime | None:
    """Drop the dates of 1970 and 2099 that broken clocks and templates write."""
    return moment if _EARLIEST <= moment <= now + _AHEAD else None
