"""`monitor notify ...`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.group import Group
from monitor.cli.show import line, print_json
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.greeting import Greeting


@click.group(cls=Group)
def notify() -> None:
    """Try the channels."""


@notify.command(short_help="Send one test message to a channel.")
@click.argument("channels", nargs=-1, metavar="[CHANNEL]...", shell_complete=complete.channels)
@click.option("--all", "every", is_flag=True, help="Every channel of the configuration.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def test(file: Path, *, channels: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Send one real message to each channel named, and say what became of it.

    It goes the way of an alert, with the channel's own settings and the environment of this shell; a running daemon is
    not needed and not asked. Exit code 0 if every channel has taken its message, else 1; 2 if there is no such channel.
    """
    from monitor.document import did_you_mean  # noqa: PLC0415
    from monitor.errors import NotFoundError  # noqa: PLC0415
    from monitor.greeting import greet  # noqa: PLC0415
    from monitor.setup import load_setup  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    if bool(channels) == every:
        raise click.UsageError("Name the channels, or say --all.")
    setup = load_setup(file)
    for name in channels:
        if name not in setup.channels:
            raise NotFoundError(f"no channel `{one_line(name)}`: {did_you_mean(name, setup.channels)}")
    greetings = asyncio.run(greet(setup, tuple(setup.channels) if every else dict.fromkeys(channels), utc_now))
    if as_json:
        print_json({"channels": [_plain(each) for each in greetings]})
    else:
        for each in greetings:
            _show(each)
    sys.exit(0 if all(each.arrived for each in greetings) else 1)


def _show(greeting: Greeting) -> None:
    name = f"{one_line(greeting.channel)} ({greeting.kind})"
    if greeting.arrived:
        line(f"{click.style('ok', fg='green')}    {name}: {greeting.meaning}", indent=6)
        return
    line(f"{click.style('fail', fg='red', bold=True)}  {name}: {one_line(greeting.reason)}", indent=6)
    line(f"      {greeting.meaning}", indent=6)


def _plain(greeting: Greeting) -> dict[str, object]:
    return {
        "channel": greeting.channel,
        "kind": greeting.kind,
        "arrived": greeting.arrived,
        "reason": greeting.reason,
        "meaning": greeting.meaning,
        "guarantee": greeting.guarantee,
    }
