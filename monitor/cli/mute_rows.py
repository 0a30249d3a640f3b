"""How mutes look in a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.cli.show import clock_time

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.model import Mute


def mute_row(each: Mute, now: datetime) -> Sequence[str]:
    """Describe a mute in a row of a table."""
    from monitor.decide.mutes import runs, what_is_muted  # noqa: PLC0415 - `monitor --help` must not import the house

    if each.ended_at is not None:
        time = f"ended {clock_time(each.ended_at)} by {each.ended_by}"
    else:
        time = f"{'until' if runs(each, now) else 'was over'} {clock_time(each.until)}" if each.until else "for good"
    return [each.id, what_is_muted(each), time, f"by {each.by}", each.reason, "told at its end" if each.tell else ""]
