"""Memory of a real daemon, `monitor run` in a process of its own, that watches many HTTPS feeds.

The feeds are served by another process, which says 304 from the second poll of a feed on. What is counted is the peak
of the daemon's resident memory (VmHWM), and beside it that of the processes that parse for it.
"""

from __future__ import annotations

import argparse
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench.fetch import serving, trusted_certificate

HOSTS = [f"127.0.{net}.{number}" for net in (1, 2, 3) for number in range(1, 201)]  # at each one request in 5 seconds
GOAL = 120  # MB
_STEP = 5  # seconds between two looks


def write_config(folder: Path, port: int, feeds: int) -> Path:
    """Write a configuration of so many feeds, each polled every minute or two."""
    lines = [f"  f{number}: 'https://{HOSTS[number % len(HOSTS)]}:{port}/{number}'" for number in range(feeds)]
    head = "defaults: {poll: 2m}\nchannels: {screen: {console: true}}\nrules: {x: earthquake}\n"
    head += "allow: 127.0.0.0/8\nfeeds:\n"
    file = folder / "monitor.yaml"
    file.write_text(head + "\n".join(lines) + "\n")
    return file


def peak(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process in MB: the most that there was, and what there is."""
    sizes = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    most, now = (int(sizes[name].split()[0]) * 1024 / 1e6 for name in ("VmHWM", "VmRSS"))
    return most, now


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def unchanged(port: int) -> int:
    """Ask the server how often it has said 304."""
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    with urllib.request.urlopen(f"https://{HOSTS[0]}:{port}/unchanged", context=context) as answer:
        return int(answer.read())


def watch(config: Path, port: int, feeds: int) -> tuple[float, float]:
    """Run a daemon until it has found each feed unchanged about once; return its peak and its parsers', in MB."""
    most, parsers = 0.0, 0.0
    daemon = subprocess.Popen([sys.executable, "-m", "monitor", "--config", str(config), "run", "--log-level", "error"])
    try:
        started = time.monotonic()
        polls = 0
        while polls < feeds:
            time.sleep(_STEP)
            if daemon.poll() is not None:
                raise SystemExit("the daemon has ended")
            most, now = peak(daemon.pid)
            parsers = max(parsers, sum(peak(child)[1] for child in children(daemon.pid)))
            polls = unchanged(port)
            spent = time.monotonic() - started
            print(f"{spent:>6.0f} s: {now:.0f} MB now, {most:.0f} at most; 304 said {polls} times", flush=True)
    finally:
        daemon.terminate()
        daemon.wait()
    return most, parsers


def main(argv: Sequence[str]) -> int:
    """Print the peak."""
    parser = argparse.ArgumentParser(prog="python -m bench memory", description=__doc__)
    parser.add_argument("--feeds", type=int, default=5_000)
    options = parser.parse_args(argv)
    with (
        trusted_certificate(HOSTS) as certificate,
        serving(certificate, HOSTS) as port,
        tempfile.TemporaryDirectory() as folder,
    ):
        config = write_config(Path(folder), port, options.feeds)
        most, parsers = watch(config, port, options.feeds)
    print(f"\n{options.feeds} HTTPS feeds: {most:.0f} MB at most in the daemon (goal {GOAL})", end="")
    print(f"; {parsers:.0f} in the processes that parse for it")
    return 0 if most <= GOAL else 1
