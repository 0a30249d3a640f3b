"""Read how long a server wants to be left alone; what cannot be read is as good as not said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_WAIT: Final = timedelta(hours=24)
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_MAX_AGE = re.compile(r'\bmax-age="?([0-9]{1,9})\b', re.ASCII)
_NO_CACHE = re.compile(r"\bno-(?:cache|store)\b")


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds or a date, LONGEST_WAIT at most; None = nothing that can be read."""
    written = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(written):
        return min(timedelta(seconds=int(written)), LONGEST_WAIT)
    moment = _moment(written)
    return None if moment is None else _bounded(moment - now)


def freshness(headers: Mapping[str, str]) -> timedelta:
    """Read how long an answer is current (RFC 9111, 4.2.1): max-age, else Expires from Date; less the Age it has."""
    control = headers.get("Cache-Control", "").lower()
    if _NO_CACHE.search(control):
        return timedelta()
    if found := _MAX_AGE.search(control):
        lifetime = timedelta(seconds=int(found[1]))
    else:
        expires, date = _moment(headers.get("Expires", "")), _moment(headers.get("Date", ""))
        lifetime = expires - date if expires and date else timedelta()
    age = headers.get("Age", "").strip()
    return _bounded(lifetime - timedelta(seconds=int(age)) if _SECONDS.fullmatch(age) else lifetime)


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, timedelta()), LONGEST_WAIT)


def _moment(written: str) -> datetime | None:
    """Read a date; one without a zone is in UTC."""
    if not written:
        return None
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
