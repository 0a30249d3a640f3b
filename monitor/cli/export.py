"""`monitor export`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from monitor.cli import complete
from monitor.cli.past import Duration
from monitor.cli.show import plural
from monitor.cli.status import existing_store
from monitor.errors import ConfigurationError, UserError
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.listing import Listed
    from monitor.ports import Cursor, Store

AT_ONCE = 500


@click.command()
@click.option(
    "--rule",
    required=True,
    help="Whose findings: the id of a rule, which may be gone.",
    metavar="RULE",
    shell_complete=complete.rules,
)
@click.option("--since", type=Duration(), default="30d", show_default=True, help="How far back, such as 24h or 30d.")
@click.option(
    "--format", "form", type=click.Choice(("jsonl", "csv", "rss")), default="jsonl", show_default=True, help="As what."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; else standard output.")
@click.pass_obj
def export(file: Path, *, rule: str, since: timedelta, form: str, out: Path | None) -> None:
    """Write what a rule has found, as far as the entries are stored.

    These are the entries that the rule matched when they came, told or not. `monitor backtest` says what it would have
    found. Exit code 1 if there is nothing.

    \b
      monitor export --rule deconfliction --format csv --out deconfliction.csv
      monitor export --rule deconfliction --since 7d --format rss
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    now = utc_now()
    with existing_store(file) as store, _opened(out) as stream:
        items = _findings(store, rule, now - since)
        count = _write_rss(items, stream, file, rule, now) if form == "rss" else _write(items, stream, form)
    if out is not None:
        click.echo(f"{plural(count, 'entry')} written to {out}")
    elif not count:
        click.echo(f"the rule {one_line(rule)} has found nothing that is stored", err=True)
    if not count:
        _doubt(file, rule)
    sys.exit(0 if count else 1)


def _doubt(file: Path, rule: str) -> None:
    """Say that no rule of the files is called so, if they are right now: one of the past may have been."""
    from monitor.document import did_you_mean  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.setup import load_setup  # noqa: PLC0415

    try:
        known = load_setup(file).ruleset.rules
    except ConfigurationError:
        return
    if rule not in known:
        hint = did_you_mean(rule, known)
        said = f"no rule of the files is called `{one_line(rule)}`"
        click.secho(f"{said}; {hint}" if hint else said, fg="yellow", err=True)


def _write(items: Iterator[Listed], stream: TextIO, form: str) -> int:
    from monitor import listing  # noqa: PLC0415 - `monitor --help` must not import the house

    counted = listing.Counted(items)
    (listing.write_csv if form == "csv" else listing.write_jsonl)(counted, stream)
    return counted.count


def _write_rss(items: Iterator[Listed], stream: TextIO, file: Path, rule: str, now: datetime) -> int:
    """Write a feed that belongs to the rule's page in the console."""
    import os  # noqa: PLC0415 - `monitor --help` must not import the house
    from urllib.parse import quote  # noqa: PLC0415

    from monitor import listing  # noqa: PLC0415
    from monitor.config.console import find_pages  # noqa: PLC0415

    counted = listing.Counted(items)
    link = f"{find_pages(file, env=os.environ)}/rules/{quote(rule, safe='')}"
    listing.write_rss(counted, stream, title=f"Media Monitor: {one_line(rule)}", now=now, link=link)
    return counted.count


def _findings(store: Store, rule: str, since: datetime) -> Iterator[Listed]:
    from monitor.listing import Listed  # noqa: PLC0415 - `monitor --help` must not import the house

    place: Cursor | None = None
    while True:
        found, place = store.read_hits(rule, since=since, after=place, limit=AT_ONCE)
        yield from (Listed(rule=rule, at=each.at, entry=each.entry, found=each.names) for each in found)
        if place is None:
            return


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    """Open the file, or give standard output.

    Raises:
        UserError: it cannot be written.
    """
    if out is None:
        yield sys.stdout
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as stream:
            yield stream
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}") from error
