"""The timeline of alerts, without a console."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from monitor.console.timeline import LONGEST, USUAL, draw, window
from monitor.model import Priority
from monitor.ports import ToldCount, ToldFilter

NOW = datetime(2026, 3, 30, 12, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def count(at: datetime, alerts: int = 1, priority: Priority = Priority.NORMAL) -> ToldCount:
    return ToldCount(at=at, priority=priority, alerts=alerts)


@pytest.mark.parametrize(
    ("wanted", "since", "until"),
    [
        (ToldFilter(), NOW - USUAL, NOW),
        (ToldFilter(since=NOW - DAY), NOW - DAY, NOW),
        (ToldFilter(since=NOW - 1_000 * DAY), NOW - LONGEST, NOW),
        (ToldFilter(until=NOW - DAY), NOW - DAY - USUAL, NOW - DAY),
        (ToldFilter(since=NOW + DAY), NOW, NOW),
    ],
)
def test_the_window_has_two_ends_and_is_not_long(wanted: ToldFilter, since: datetime, until: datetime) -> None:
    shown = window(wanted, NOW)
    assert (shown.since, shown.until) == (since, until)


def test_hours_without_alerts_are_drawn_too() -> None:
    drawn = draw([count(NOW - HOUR, 2, Priority.URGENT), count(NOW)], since=NOW - 3 * HOUR, until=NOW, zone="UTC")
    assert drawn.unit == "hour"
    assert [bar.alerts for bar in drawn.bars] == [0, 0, 2, 1]
    assert (drawn.alerts, drawn.busiest.at.hour) == (3, 11)
    assert drawn.by_priority == [("urgent", 2), ("high", 0), ("normal", 1), ("low", 0)]
    assert drawn.series[1:] == [[0, 0, 2, 1], [0, 0, 2, 1], [0, 0, 2, 0], [0, 0, 2, 0]]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_each_day_of_a_zone_is_drawn_once_though_clocks_change(zone: str) -> None:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    every = [count(since + number * HOUR) for number in range(70 * 24)]
    drawn = draw(every, since=since, until=since + 70 * DAY, zone=zone)
    times = drawn.series[0]
    assert drawn.alerts == len(every)
    assert times == sorted(set(times))
    lengths = {round((later - earlier) / 1_800) for earlier, later in pairwise(times)}  # in half hours
    assert lengths <= {46, 47, 48, 49, 50}
    assert len(drawn.bars) in (70, 71)
