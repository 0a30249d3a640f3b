"""What it costs to start: CPU time of `monitor --help`, `check` and `status --quiet`, beside bare Python's.

Each command is a process of its own, in a folder that `monitor init` has made and a daemon has polled once; what is
shown are medians of user and system time, and how many times that of `python -c pass` they are.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

MOST_HELP = 10  # times bare Python
COMMANDS = (("--help",), ("check",), ("status", "--quiet"))


def cpu(command: Sequence[str], folder: Path) -> float:
    """Run a command; return the seconds of CPU time that it took."""
    before = os.times()
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and fail where `--help` is too slow."""
    parser = argparse.ArgumentParser(prog="python -m bench startup")
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args(arguments).rounds
    own = [sys.executable, "-m", "monitor"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for first in (("init",), ("run", "--once")):
            subprocess.run([*own, *first], cwd=folder, capture_output=True, check=True)
        commands = {"python -c pass": [sys.executable, "-c", "pass"]}
        commands |= {f"monitor {' '.join(each)}": [*own, *each] for each in COMMANDS}
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):  # one after another, so that all meet the same machine
            for name, command in commands.items():
                taken[name].append(cpu(command, folder))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    bare = medians["python -c pass"]
    for name, median in medians.items():
        print(f"{name:<24}{median * 1000:8.0f} ms  {median / bare:6.1f} x")
    ratio = medians["monitor --help"] / bare
    print(f"\n--help is to cost at most {MOST_HELP} times bare Python: {'yes' if ratio <= MOST_HELP else 'NO'}")
    return 0 if ratio <= MOST_HELP else 1
