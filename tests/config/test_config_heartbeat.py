"""`heartbeat`: what others wait for, and where the program says how it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.config.load import load_config
from tests.config.place import Place


def test_a_heartbeat_is_read(place: Place) -> None:
    written = (
        "ops: {notify: ops}\nheartbeat: {ping: 'https://hc.example/a', every: 90s, alive: weekly mon 09:00 Europe/Paris,"
        " canary: {every: 1h, notify: lab}}"
    )
    heartbeat = place.load(written).heartbeat
    assert heartbeat.ping is not None
    assert heartbeat.ping.reveal() == "https://hc.example/a"
    assert "hc.example" not in repr(heartbeat)
    assert (heartbeat.every, str(heartbeat.alive)) == (timedelta(seconds=90), "weekly mon 09:00 Europe/Paris")
    assert (heartbeat.canary_every, heartbeat.canary_notify) == (timedelta(hours=1), ("lab",))
    assert heartbeat.notify == ("ops",)


def test_most_of_it_goes_without_saying(place: Place) -> None:
    assert place.load("heartbeat:").heartbeat.ping is None
    heartbeat = place.load("heartbeat: {canary: 30m}").heartbeat
    assert (heartbeat.canary_every, heartbeat.every) == (timedelta(minutes=30), timedelta(minutes=5))
    assert heartbeat.alive is None
    file = place.write("monitor.yaml", "heartbeat: {ping: '${PING}'}\n")
    config, problems = load_config(file, env={"PING": "http://hc.example/b"})
    assert problems == []
    assert config is not None
    assert config.heartbeat.ping is not None
    assert config.heartbeat.ping.reveal() == "http://hc.example/b"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{}", "say at least one of `ping`, `alive` and `canary`"),
        ("{every: 5m}", "say at least one of"),
        ("{ping: hc.example/a}", "this is no URL"),
        ("{ping: 'https://hc.example/hidden part'}", "this is no URL"),
        ("{ping: 'http://[', every: 1m}", "this is no URL"),
        ("{ping: [a]}", "this is no URL"),
        ("{ping: '${NO_SUCH_PING}'}", "`NO_SUCH_PING` is not set"),
        ("{ping: 'https://a.example', every: 5s}", "`5s` is too often: every 30s at most"),
        ("{canary: 1m}", "`1m` is too often: every 5m at most"),
        ("{alive: mondays, notify: ops}", "is no timetable"),
        ("{alive: daily 09:00}", "nobody would get the message"),
        ("{pnig: x}", "unknown key `pnig`"),
    ],
)
def test_mistakes_are_told(place: Place, written: str, message: str) -> None:
    _, problems = load_config(place.write("monitor.yaml", f"heartbeat: {written}\n"), env={})
    assert message in str(problems[0])
    assert "hidden" not in problems[0].message
