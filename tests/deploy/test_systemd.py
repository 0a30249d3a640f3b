"""The systemd units, checked by systemd itself where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "deploy"
UNIT, TEMPLATE = FOLDER / "monitor.service", FOLDER / "monitor@.service"
both = pytest.mark.parametrize(("file", "name"), [(UNIT, "monitor.service"), (TEMPLATE, "monitor@1.service")])
ANALYZE = shutil.which("systemd-analyze")

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, check=False)


@needs_systemd
@both
def test_the_unit_has_no_mistake(tmp_path: Path, file: Path, name: str) -> None:
    unit = tmp_path / name
    unit.write_text(file.read_text().replace("/opt/monitor/bin/monitor", shutil.which("true") or ""))
    verified = analyze("verify", str(unit))
    complaints = [line for line in verified.stderr.splitlines() if name in line]
    assert (verified.returncode, complaints) == (0, [])


@needs_systemd
@both
def test_the_unit_is_locked_up(tmp_path: Path, file: Path, name: str) -> None:
    unit = tmp_path / name
    unit.write_text(file.read_text())
    said = analyze("security", "--offline=true", "--no-pager", str(unit)).stdout
    level = re.search(r"Overall exposure level for .*: ([\d.]+)", said)
    assert level is not None, said
    assert float(level[1]) <= 1.5


@both
def test_the_process_that_tries_rules_may_let_others_go_first(file: Path, name: str) -> None:
    filters = re.findall(r"^SystemCallFilter=(.+)$", file.read_text(), re.MULTILINE)
    assert "@resources" in filters[1], name
    assert filters[-1] == "setpriority"  # what comes later holds


def test_the_unit_stops_before_systemd_kills() -> None:
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > 10  # the daemon ends by itself within ten seconds of SIGTERM


def test_the_unit_and_the_template_say_the_same() -> None:
    unit, template = ("[Unit]" + file.read_text().partition("[Unit]")[2] for file in (UNIT, TEMPLATE))
    own = "Environment=MONITOR_CONSOLE=127.0.0.1:878%i\n"  # several on one machine cannot share an address
    assert own in template
    assert unit == template.replace(", daemon %i", "").replace(own, "")


def test_systemd_waits_for_the_daemon_and_watches_it() -> None:
    said = UNIT.read_text().splitlines()
    assert {"Type=notify", "NotifyAccess=main", "WatchdogSec=60"} <= set(said)
