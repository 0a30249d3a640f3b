"""The clock on the wall. Everybody else is told what time it is."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Read the clock: the one place where it is read."""
    return datetime.now(UTC)  # noqa: TID251 - the one place
