"""Memory and CPU of a daemon with nothing to do: 1,000 feeds, 10,000 rules, the console open and nobody reading.

A real daemon, `monitor run` in a process of its own. Its feeds are files, polled once at the start and every hour from
then on, so that none comes due while it is watched: what is left is what the daemon does by itself. With `--poll 1m`
polls are in it.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from html import escape
from pathlib import Path

from bench._news import Newsroom, make_world, to_yaml
from bench.memory import children, peak

GOAL_MEMORY, GOAL_CPU = 150, 1.0  # MB; per cent of a core
_ROOT = Path(__file__).parents[1]
_ON_PAGE = 20
_SETTLE = 20  # seconds after that, for what was begun


def lay_out(folder: Path, *, feeds: int, rules: int, poll: str) -> None:
    """Write feeds, rules, the configuration."""
    world = make_world(rules)
    (folder / "rules.yaml").write_text(to_yaml(world))
    room = Newsroom(world)
    (folder / "feeds").mkdir()
    lines = []
    for number in range(feeds):
        file = folder / "feeds" / f"{number}.xml"
        items = "".join(
            f"<item><guid>{number}-{place}</guid><link>https://news.example/{number}/{place}</link>"
            f"<title>{escape(entry.title)}</title><description>{escape(entry.summary)}</description></item>"
            for place, entry in enumerate(room.write(_ON_PAGE, full=False))
        )
        file.write_text(f"<rss version='2.0'><channel><title>{number}</title>{items}</channel></rss>")
        lines.append(f"  f{number}: '{file.as_uri()}'\n")
    (folder / "monitor.yaml").write_text(
        f"defaults: {{notify: desk, poll: {poll}}}\nchannels: {{desk: {{console: true}}}}\nallow_files: [feeds]\n"
        f"include: [rules.yaml]\nstore: sqlite:///var/monitor.db\nfeeds:\n{''.join(lines)}"
    )


@contextmanager
def daemon(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run one."""
    env = {"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "MONITOR_CONSOLE": "127.0.0.1:0"}
    command = [sys.executable, "-m", "monitor", "--config", str(folder / "monitor.yaml"), "run"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def is_settled(folder: Path, feeds: int) -> bool:
    """Say whether all feeds have been polled, and what they brought has been indexed."""
    file = folder / "var" / "monitor.db"
    if not file.exists():
        return False
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            (polled,) = connection.execute("SELECT count(*) FROM feed WHERE polled_at IS NOT NULL").fetchone()
            (left,) = connection.execute("SELECT count(*) FROM entry WHERE words_id IS NULL").fetchone()
        except sqlite3.OperationalError:  # its tables are being made
            return False
    return bool(polled == feeds and not left)


def cpu(pid: int) -> float:
    """Return the CPU seconds of another process: its clock has the number that clock_getcpuclockid(3) gives."""
    return time.clock_gettime(~pid << 3 | 2)


def main(argv: Sequence[str]) -> int:
    """Print the figures; fail where they are beyond the goals."""
    parser = argparse.ArgumentParser(prog="python -m bench idle", description=__doc__)
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--poll", default="1h")
    parser.add_argument("--seconds", type=int, default=120)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="monitor-idle-") as name:
        folder = Path(name)
        lay_out(folder, feeds=options.feeds, rules=options.rules, poll=options.poll)
        with daemon(folder) as process:
            while not is_settled(folder, options.feeds):
                time.sleep(1)
                if process.poll() is not None:
                    raise SystemExit((folder / "log").read_text())
            time.sleep(_SETTLE)
            used, began = cpu(process.pid), time.monotonic()
            time.sleep(options.seconds)
            used, took = cpu(process.pid) - used, time.monotonic() - began
            most, now = peak(process.pid)
            beside = sum(peak(child)[1] for child in children(process.pid))
    share = 100 * used / took
    print(f"{options.feeds:,} feeds, {options.rules:,} rules, polled every {options.poll}, watched for {took:.0f} s")
    print(f"resident memory {now:.0f} MB, {most:.0f} at most (goal {GOAL_MEMORY}); {beside:.0f} in child processes")
    print(f"CPU {60 * used / took:.2f} s a minute: {share:.2f} % of a core (goal {GOAL_CPU:g})")
    return 0 if now <= GOAL_MEMORY and share <= GOAL_CPU else 1
