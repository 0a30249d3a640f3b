"""`monitor digest ...`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.group import Group
from monitor.cli.show import line, plural
from monitor.cli.status import existing_store
from monitor.errors import NotFoundError, UserError
from monitor.text.plain import clean, one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.model import Policy

MOST = 10_000


@click.group(cls=Group)
def digest() -> None:
    """Look at what waits for a channel's digest."""


@digest.command(short_help="Show what the next digest of a channel would say now.")
@click.argument("channel", shell_complete=complete.channels)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file as HTML.")
@click.option("--text", is_flag=True, help="Print it as plain text although it is written to a file.")
@click.pass_obj
def preview(file: Path, *, channel: str, out: Path | None, text: bool) -> None:
    """Show what the next digest of CHANNEL would say if it were told now, and when it is due.

    Nothing is sent. Exit code 1 if nothing waits for it.
    """
    from monitor.decide import endings, holding  # noqa: PLC0415
    from monitor.model import HoldKind  # noqa: PLC0415
    from monitor.notify.digests import digest_text  # noqa: PLC0415
    from monitor.notify.email import html  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    policy, now = _policy(file, channel), utc_now()
    with existing_store(file) as store:
        held = store.held_deliveries(channel=channel, kind=HoldKind.DIGEST, limit=MOST)
    made = endings.preview(held, policy, now)
    due = holding.digest_due(policy, now)
    when = f"due {policy.digest.shown(due)}" if policy.digest and due else "this channel has no `digest`"
    if made is None:
        click.echo(f"nothing waits for the digest of {channel}; {when}")
        sys.exit(1)
    line(f"{plural(made.count, 'story')} for the digest of {channel}; {when}", indent=2)
    if out is not None:
        _write(out, html(made))
        click.echo(f"written to {out}")
    if text or out is None:
        click.echo(f"\n{clean(digest_text(made))}")


def _policy(file: Path, channel: str) -> Policy:
    """Return what the files say of a channel.

    Raises:
        NotFoundError: there is none of that name.
    """
    from monitor.document import did_you_mean  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.setup import load_setup  # noqa: PLC0415

    channels = load_setup(file).policies.channels
    if channel not in channels:
        hint = did_you_mean(channel, channels)
        raise NotFoundError(f"no channel `{one_line(channel)}`" + (f": {hint}" if hint else ""))
    return channels[channel]


def _write(out: Path, content: str) -> None:
    try:
        out.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UserError(f"`{out}` cannot be written: {error.strerror or 'I/O error'}") from error
