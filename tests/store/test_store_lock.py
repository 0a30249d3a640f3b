"""One daemon a state folder: another process is kept off, and told by whom."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.errors import StateInUseError, StoreUnavailableError
from monitor.store import lock_state
from tests.store.builders import NOW

HOLDER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from monitor.store import lock_state
lock = lock_state(Path(sys.argv[1]), now=datetime(2026, 11, 22, 12, tzinfo=UTC))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_folder_is_made_and_locked(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "state"
    with lock_state(folder, now=NOW):
        assert folder.stat().st_mode & 0o777 == 0o700  # what lies there is for its owner
        held = f"{folder} is already used by monitor run (pid {os.getpid()}, since 2026-11-22 12:00:00 UTC): stop it first, or give this one a store in another folder"
        with pytest.raises(StateInUseError, match=re.escape(held)):
            lock_state(folder, now=NOW)
    lock_state(folder, now=NOW).release()


def test_release_twice_is_harmless(tmp_path: Path) -> None:
    lock = lock_state(tmp_path, now=NOW)
    lock.release()
    with lock_state(tmp_path, now=NOW):
        lock.release()
        with pytest.raises(StateInUseError):
            lock_state(tmp_path, now=NOW)


def test_another_process_holds_it_until_it_dies(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StateInUseError, match=rf"pid {holder.pid}, since 2026-11-22 12:00:00 UTC"):
            lock_state(tmp_path, now=NOW)
        holder.kill()
    lock_state(tmp_path, now=NOW).release()


def test_what_a_killed_holder_wrote_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "monitor.lock").write_bytes(b"\xff" * 500)
    with lock_state(tmp_path, now=NOW), pytest.raises(StateInUseError, match=rf"\(pid {os.getpid()}, since [^)]*\)"):
        lock_state(tmp_path, now=NOW)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError, match=r"file/state/monitor\.lock cannot be written: Not a directory"):
        lock_state(tmp_path / "file" / "state", now=NOW)
