"""`monitor doctor`."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.show import line, plural, print_json
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.doctor import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@click.option("--offline", is_flag=True, help="Ask nobody else: neither Slack nor the mail server.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def doctor(file: Path, *, offline: bool, as_json: bool) -> None:
    """Look whether all that the configuration needs is there and works, with the environment of this shell.

    The files and their secrets, the store and its disk, each channel: what it promises after a crash, whether Slack
    knows the token and the mail server takes the login. Nothing is changed or sent; `monitor notify test` sends. Exit
    code 0 unless something fails, else 1.
    """
    from monitor.app import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.doctor import examine  # noqa: PLC0415

    checks = asyncio.run(examine(file, utc_now, offline=offline))
    if as_json:
        print_json({"checks": [dataclasses.asdict(each) for each in checks]})
    else:
        _show(checks)
    sys.exit(1 if any(each.mark.value == "fail" for each in checks) else 0)


def _show(checks: Sequence[Check]) -> None:
    for each in checks:
        mark = click.style(each.mark.value.ljust(4), fg=_COLOURS[each.mark.value], bold=each.mark.value == "fail")
        line(f"{mark}  {one_line(each.area)}: {one_line(each.text)}", indent=6)
        if each.todo:
            line(f"      {one_line(each.todo)}", indent=6)
    counts = {mark: sum(each.mark.value == mark for each in checks) for mark in _COLOURS}
    click.echo(f"{plural(counts['fail'], 'failure')}, {plural(counts['warn'], 'warning')}, {counts['ok']} ok")
