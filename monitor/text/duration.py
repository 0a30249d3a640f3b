"""Read a duration as people write it."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=366)

_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.IGNORECASE | re.ASCII)
_LONGEST_TEXT = 40  # characters


def parse_duration(text: object, *, longest: timedelta = LONGEST) -> timedelta:
    """Read `90s`, `10m`, `24h`, `7d`, `2w` or a row of them such as `1h30m`; at most 366 days, or `longest`.

    Raises:
        ValueError: it is none of these.
    """
    matched = _DURATION.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= _LONGEST_TEXT else None
    if not matched or not any(matched.groups()):
        shown = f"`{text}`" if isinstance(text, str) else "this"
        raise ValueError(f"{shown} is not a duration: write it like `90s`, `10m`, `24h` or `7d`")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in matched.groups())
    total = ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
    if total > longest.total_seconds():
        raise ValueError(f"`{text}` is longer than {longest.days} days")
    return timedelta(seconds=total)
