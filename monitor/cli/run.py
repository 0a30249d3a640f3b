"""`monitor run` and `monitor reload`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import click

from monitor.cli.group import NoOperand
from monitor.errors import NotFoundError


@click.command(cls=NoOperand, takes=("-c",))
@click.option("--once", is_flag=True, help="Poll every due feed once, deliver what is owed, and exit.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    envvar="MONITOR_LOG_LEVEL",
)
@click.pass_obj
def run(file: Path, *, once: bool, log_level: str) -> None:
    """Run the daemon until Ctrl-C.

    Alerts of a console channel go to standard output, logs to standard error. The files are read anew when one of them
    changes, on SIGHUP, and on `monitor reload`; a file with a mistake in it changes nothing. With --once, the exit code
    is 1 if messages are still owed.
    """
    from monitor import app, collector, logs, setup  # noqa: PLC0415 - `monitor --help` must not import the house

    collector.share_one_heap()
    logs.configure(log_level)
    loaded = setup.load_setup(file)
    setup.require_examples(loaded)
    if once:
        sys.exit(0 if asyncio.run(app.run_once(loaded)) else 1)
    app.prepare_store(loaded)
    serving = app.serve(loaded)
    del loaded  # it is the daemon's, which lets go of it at the first reload
    asyncio.run(serving)


@click.command(cls=NoOperand, takes=("-c",))
@click.pass_obj
def reload(file: Path) -> None:
    """Make the daemon that runs on this configuration's SQLite file read its files anew.

    The files are checked first; where they hold a mistake, the daemon is left alone.
    """
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.store.lock import lock_holder  # noqa: PLC0415
    from monitor.store.sql_store import state_file  # noqa: PLC0415

    loaded = setup.load_setup(file)
    setup.require_examples(loaded)
    state = state_file(loaded.config.store)
    pid = lock_holder(state.parent) if state else None
    if pid is None:
        raise NotFoundError("no daemon runs here on this configuration: start one with `monitor run`")
    os.kill(pid, signal.SIGHUP)
    click.echo(f"told the daemon (pid {pid}) to reload; its log says how it went")
