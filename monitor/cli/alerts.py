"""`monitor alerts ...`."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.show import plural
from monitor.cli.status import existing_store


@click.group()
def alerts() -> None:
    """Send again what was set aside."""


@alerts.command(short_help="Send again the messages that were set aside.")
@click.option("--channel", help="Only messages of this channel.", metavar="NAME")
@click.pass_obj
def replay(file: Path, *, channel: str | None) -> None:
    """Send again the messages that were set aside (`monitor status` lists them).

    The running daemon takes them up within a second, in their old order.
    """
    from monitor.app import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    with existing_store(file) as store:
        count = store.replay(now=utc_now(), channel=channel)
    click.echo(f"{plural(count, 'message')} will be sent again" if count else "no message was set aside")
