"""`monitor alerts ...`."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.show import plural
from monitor.cli.status import existing_store
from monitor.text.plain import one_line


@click.group()
def alerts() -> None:
    """Send again what was set aside."""


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
