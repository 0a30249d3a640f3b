"""The protocol of sd_notify(3), over a real socket, and the daemon that speaks it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.daemon.loop_watch import LoopWatch
from monitor.ports import Meter
from monitor.sd_notify import ServiceManager


def listening(address: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(address)
    listener.settimeout(20)
    return listener


@pytest.fixture(params=["file", "abstract"])
def heard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """An address as systemd writes it, and the socket behind it."""
    if request.param == "file":
        name = bound = str(tmp_path / "notify")
    elif sys.platform == "linux":
        name, bound = f"@monitor-test-{os.getpid()}", f"\0monitor-test-{os.getpid()}"
    else:
        pytest.skip("abstract sockets are Linux's")
    with closing(listening(bound)) as listener:
        yield name, listener


def test_a_life_as_the_service_manager_hears_it(heard: tuple[str, socket.socket]) -> None:
    name, listener = heard
    manager = ServiceManager.of({"NOTIFY_SOCKET": name})
    manager.ready("3 feeds,\n2 rules")
    manager.status("3 feeds,\n2 rules")  # as before: not said again
    manager.status("the store fails")
    manager.reloading()
    manager.alive()
    manager.stopping()
    said = [listener.recv(4096).decode() for _ in range(5)]
    assert said[:2] == ["READY=1\nSTATUS=3 feeds, 2 rules", "STATUS=the store fails"]
    reloading, _, moment = said[2].partition("\nMONOTONIC_USEC=")
    assert reloading == "RELOADING=1"
    assert 0 < int(moment) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000
    assert said[3:] == ["WATCHDOG=1", "STOPPING=1\nSTATUS=stopping: running work may finish"]


@pytest.mark.parametrize(
    ("env", "watchdog"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, timedelta(minutes=1)),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(minutes=1)),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_whether_somebody_waits_for_signs_of_life(env: dict[str, str], watchdog: timedelta | None) -> None:
    assert ServiceManager.of({"NOTIFY_SOCKET": "/run/x", **env}).watchdog == watchdog


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative"])
def test_where_nobody_listens_nothing_is_said(address: str) -> None:
    with capture_logs() as logs:
        ServiceManager.of({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1"}).ready("well")
    assert logs == []


def test_a_service_manager_that_is_gone_is_told_of_and_stops_nobody(tmp_path: Path) -> None:
    with capture_logs() as logs:
        ServiceManager(str(tmp_path / "gone")).ready("well")
    (line,) = logs
    assert line["event"] == "the service manager does not hear us"


class Lags(Meter):
    def __init__(self) -> None:
        self.found: list[float] = []

    def lagged(self, seconds: float) -> None:
        self.found.append(seconds)


async def test_the_loop_shows_life_and_how_late_it_is(tmp_path: Path) -> None:
    lags = Lags()
    with closing(listening(str(tmp_path / "notify"))) as listener:
        listener.setblocking(False)
        watch = LoopWatch(lags, ServiceManager(str(tmp_path / "notify"), timedelta(milliseconds=30)))
        watch.start()
        said = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(listener, 100), 20)
        watch.stop()
        rounds = watch.rounds
    assert said == b"WATCHDOG=1"
    assert rounds == len(lags.found) > 0
    assert all(lag >= 0 for lag in lags.found)


async def test_a_loop_that_nobody_watches_is_timed_all_the_same() -> None:
    lags = Lags()
    watch = LoopWatch(lags, ServiceManager())
    watch.start()
    watch._look(asyncio.get_running_loop().time() - 2)
    watch.stop()
    watch.stop()
    assert lags.found[0] >= 2
