"""`monitor alerts ...`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from monitor.cli.show import clock_time, plural, print_json, table
from monitor.cli.status import existing_store
from monitor.text.plain import one_line

_STATES = {
    "new": "owed",
    "sending": "in doubt",
    "sent": "delivered",
    "dead": "set aside",
    "skipped": "skipped",
    "held": "held",
}
_KINDS = {"post": "alert"}


@click.group()
def alerts() -> None:
    """List what was told, and send again what was set aside."""


@alerts.command("list", short_help="List the latest messages, the newest first.")
@click.option("--channel", help="Only messages of this channel.", metavar="NAME")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@click.option("--edits", is_flag=True, help="The changes of messages, too.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def list_alerts(file: Path, *, channel: str | None, limit: int, edits: bool, as_json: bool) -> None:
    """List the latest messages: alerts, replies and digests, and what became of them.

    `monitor why KEY` tells more of one of them.
    """
    with existing_store(file) as store:
        found = store.latest_deliveries(channel=channel, edits=edits, limit=limit)
    if as_json:
        print_json({"messages": [dataclasses.asdict(each) for each in found]})
    elif not found:
        click.echo("no message yet")
    else:
        table(
            [
                each.key[:8],
                clock_time(each.created_at),
                each.channel,
                _KINDS.get(each.kind.value, each.kind.value),
                _STATES[each.state.value],
                each.title,
            ]
            for each in found
        )


@alerts.command(short_help="Send again the messages that were set aside.")
@click.option("--channel", help="Only messages of this channel.", metavar="NAME")
@click.pass_obj
def replay(file: Path, *, channel: str | None) -> None:
    """Send again the messages that were set aside (`monitor status` lists them).

    The running daemon takes them up within a second, in their old order. A channel that is in no file any more may be
    named as well: its messages are sent once it is back.
    """
    from monitor.app import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    with existing_store(file) as store:
        count = store.replay(now=utc_now(), channel=channel)
    if channel is not None and not count:
        _require_channel(file, channel)
    click.echo(f"{plural(count, 'message')} will be sent again" if count else "no message was set aside")


def _require_channel(file: Path, channel: str) -> None:
    """Check that there is such a channel.

    Raises:
        NotFoundError: there is none.
    """
    import os  # noqa: PLC0415

    from monitor.config.load import load_config  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.document import did_you_mean  # noqa: PLC0415
    from monitor.errors import NotFoundError  # noqa: PLC0415

    config, _ = load_config(file, env=os.environ)
    written = config.main.value.get("channels") if config else None
    known = [str(name) for name in written] if isinstance(written, dict) else []
    if channel not in known:
        hint = did_you_mean(channel, known)
        raise NotFoundError(f"no channel `{one_line(channel)}`" + (f": {hint}" if hint else ""))
