"""`monitor doctor`."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.group import NoOperand
from monitor.cli.show import line, plural, print_json, table
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.config.origins import Setting
    from monitor.doctor.check import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(cls=NoOperand, takes=("-c",))
@click.option("--offline", is_flag=True, help="Ask nobody else: no feed, not Slack, not the mail server.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_context
def doctor(context: click.Context, *, offline: bool, as_json: bool) -> None:
    """Look whether all that the configuration needs is there and works, with the environment of this shell.

    The files, their secrets and who can read those; the store, its disk and its chores; names, the clock and a sample
    of the feeds; each channel: what it promises after a crash, whether Slack knows the token and the mail server takes
    the login. Each setting is shown with where it comes from. Nothing is changed or sent; `monitor notify test` sends.
    Each look has a deadline, of half a minute at most. Exit code 0 unless something fails, else 1.
    """
    from monitor import logs  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.doctor.examine import examine  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    logs.configure("error")
    file: Path = context.obj
    found = asyncio.run(examine(file, utc_now, offline=offline, flags=_flags(context)))
    if as_json:
        print_json(dataclasses.asdict(found))
    else:
        _show_settings(found.settings)
        _show(found.checks)
    sys.exit(1 if any(each.mark.value == "fail" for each in found.checks) else 0)


def _flags(context: click.Context) -> frozenset[str]:
    """Name the settings that were given as flags, rather than by variables."""
    names = {"file": "config", "store": "store"}
    given = click.core.ParameterSource.COMMANDLINE
    root = context.find_root()
    return frozenset(name for key, name in names.items() if root.get_parameter_source(key) is given)


def _show_settings(settings: Sequence[Setting]) -> None:
    """Show what somebody has set, and count the rest."""
    if not settings:
        return
    said = [each for each in settings if each.origin != "default"]
    click.echo("Settings (the others are defaults: `--json` shows them):")
    table([each.name, each.value, each.origin] for each in said or settings[:1])
    click.echo()


def _show(checks: Sequence[Check]) -> None:
    for each in checks:
        mark = click.style(each.mark.value.ljust(4), fg=_COLOURS[each.mark.value], bold=each.mark.value == "fail")
        line(f"{mark}  {one_line(each.area)}: {one_line(each.text)}", indent=6)
        if each.todo:
            line(f"      {one_line(each.todo)}", indent=6)
    counts = {mark: sum(each.mark.value == mark for each in checks) for mark in _COLOURS}
    click.echo(f"{plural(counts['fail'], 'failure')}, {plural(counts['warn'], 'warning')}, {counts['ok']} ok")
