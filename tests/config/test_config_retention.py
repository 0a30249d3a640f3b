"""`retention`: how long what is stored is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.config.load import load_config
from monitor.model import Retention
from tests.config.place import Place


def test_retention_is_read_key_by_key(place: Place) -> None:
    assert place.load("{}").retention == Retention()
    assert place.load("retention: ").retention == Retention()
    written = place.load("retention: {entries: 1w, alerts: 800d}").retention
    assert written == Retention(entries=timedelta(days=7), alerts=timedelta(days=800))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{entries: 9000d}", "`9000d` is longer than 3660 days"),
        ("{seen: 3h}", "`3h` is too short: what is stored is kept for a day at least"),
        ("{entries: for ever}", "`for ever` is not a duration"),
        ("{entry: 9d}", "unknown key `entry`"),
    ],
)
def test_what_is_no_retention_is_a_mistake(place: Place, written: str, said: str) -> None:
    config, problems = load_config(place.write("monitor.yaml", f"retention: {written}\n"), env={})
    assert config is not None
    assert config.retention == Retention()
    assert said in str(problems[0])
