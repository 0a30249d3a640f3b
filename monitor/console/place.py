"""Where a page of alerts or entries ended, as an address holds it: for pages and programs alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor.ports import ToldPlace

PATTERN: Final = r"[1-9][0-9]{0,15}_[0-9a-f]{0,32}"  # microseconds since 1970, and an id, "" = before all ids
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write_place(place: ToldPlace) -> str:
    """Write where a page ended."""
    return f"{(place.at - _EPOCH) // timedelta(microseconds=1)}_{place.alert_id}"


def read_place(written: str) -> ToldPlace | None:
    """Read where a page ended; "" = there was none before.

    Raises:
        ValueError: it is no such place.
    """
    if not written:
        return None
    if not re.fullmatch(PATTERN, written, re.ASCII):
        raise ValueError("there is no such page: begin anew with the first")
    at, _, alert_id = written.partition("_")
    return ToldPlace(at=_EPOCH + timedelta(microseconds=int(at)), alert_id=alert_id)
