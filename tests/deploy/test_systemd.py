"""The systemd template, checked by systemd itself where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "monitor@.service"
ANALYZE = shutil.which("systemd-analyze")

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, check=False)


@needs_systemd
def test_the_unit_has_no_mistake(tmp_path: Path) -> None:
    unit = tmp_path / "monitor@1.service"
    unit.write_text(UNIT.read_text().replace("/opt/monitor/bin/monitor", shutil.which("true") or ""))
    verified = analyze("verify", str(unit))
    complaints = [line for line in verified.stderr.splitlines() if "monitor@" in line]
    assert (verified.returncode, complaints) == (0, [])


@needs_systemd
def test_the_unit_is_locked_up(tmp_path: Path) -> None:
    unit = tmp_path / "monitor@1.service"
    unit.write_text(UNIT.read_text())
    said = analyze("security", "--offline=true", "--no-pager", str(unit)).stdout
    level = re.search(r"Overall exposure level for .*: ([\d.]+)", said)
    assert level is not None, said
    assert float(level[1]) <= 1.5


def test_the_unit_stops_before_systemd_kills() -> None:
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > 10  # the daemon ends by itself within ten seconds of SIGTERM
