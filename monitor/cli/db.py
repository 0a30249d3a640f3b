"""`monitor db ...`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.group import Group
from monitor.cli.show import plural, table
from monitor.cli.status import existing_store
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.model import Cutoffs
    from monitor.ports import Store


def _configured(file: Path) -> str:
    """Return the URL of the store that a configuration names.

    Raises:
        ConfigurationError: it names none.
    """
    from monitor.config.load import load_config  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.errors import ConfigurationError  # noqa: PLC0415

    config, problems = load_config(file, env=os.environ)
    if config is None or not config.store:
        raise ConfigurationError(problems)
    return config.store


def _named(file: Path, operand: str, url: str) -> str:
    """Read the URL of a store as `store:` takes it; `operand` is where it was given.

    Raises:
        UserError: it names no store.
    """
    from monitor.config.environment import read_environment  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.config.store import read_store_url  # noqa: PLC0415
    from monitor.errors import UserError  # noqa: PLC0415

    folder = file.absolute().parent
    env, _ = read_environment(folder, os.environ, name=".env")
    try:
        return read_store_url(url, env, folder)
    except ValueError as error:
        raise UserError(f"{operand}: {error}") from error


@contextmanager
def _bar(label: str, length: Callable[[], int]) -> Iterator[Callable[[int], object]]:
    """Show how far along a copy is, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length(), label=label, file=sys.stderr) as shown:
        yield shown.update


def _rows_in(url: str) -> Callable[[], int]:
    from monitor.store.copy import count_rows  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.store.engine import connect  # noqa: PLC0415

    def count() -> int:
        engine, _ = connect(url)
        try:
            return sum(count_rows(engine).values())
        finally:
            engine.dispose()

    return count


def _show_rows(rows: Mapping[str, int]) -> None:
    table([[name, f"{count:,}"] for name, count in rows.items() if count])


@click.group(cls=Group)
def db() -> None:
    """Back up, restore, copy, check, prune and upgrade the state."""


@db.command(short_help="Bring the tables up to date.")
@click.pass_obj
def migrate(file: Path) -> None:
    """Bring the tables of the state up to date, as `monitor run` does when it starts.

    An SQLite file is backed up beside itself before it is changed.
    """
    from monitor.store.moves import upgrade_state  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    before, after = upgrade_state(_configured(file), utc_now())
    if before == after:
        click.echo(f"the tables are up to date (schema {after})")
    else:
        click.echo(f"brought the tables from {f'schema {before}' if before else 'nothing'} to schema {after}")


@db.command(short_help="Write a backup, while the daemon runs.")
@click.argument("target", metavar="[FILE]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.pass_obj
def backup(file: Path, target: Path | None, *, force: bool) -> None:
    """Write a backup into an SQLite file, while the daemon runs.

    Of PostgreSQL too: every row is copied; for large states `pg_dump -Fc` is quicker.
    """
    from monitor.store.engine import state_file  # noqa: PLC0415
    from monitor.store.moves import back_up_state  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    url = _configured(file)
    state = state_file(url)
    name = f"monitor-{utc_now():%Y%m%dT%H%M%SZ}.db"
    target = target or (state.parent / name if state else Path(name))
    with _bar("rows", _rows_in(url) if state is None else int) as progress:
        back_up_state(url, target, force=force, progress=progress)
    click.echo(f"wrote {target} ({target.stat().st_size:,} bytes)")


@db.command(short_help="Put a backup into the place of the state.")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Put a state that is there aside.")
@click.pass_obj
def restore(file: Path, source: Path, *, force: bool) -> None:
    """Put a backup into the place of the state; no daemon may run.

    What came since the backup is read and told again. A PostgreSQL database must be empty.
    """
    from monitor.store.engine import state_file  # noqa: PLC0415
    from monitor.store.moves import restore_state  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    url = _configured(file)
    with _bar("rows", _rows_in(f"sqlite:///{source.absolute()}") if state_file(url) is None else int) as progress:
        aside = restore_state(url, source, utc_now(), force=force, progress=progress)
    click.echo(f"restored {source}" + (f"; what was there is in {aside}" if aside else ""))


@db.command(short_help="Copy the state to another store.")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.pass_obj
def copy(file: Path, source: str, target: str) -> None:
    """Copy a whole state into an empty store: SQLite to PostgreSQL, or back.

    FROM and TO are written as in `store:`. No daemon may run on either. A copy that is interrupted leaves TO empty.
    """
    from monitor.store.moves import move_state  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    begin, end = _named(file, "FROM", source), _named(file, "TO", target)
    with _bar("rows", _rows_in(begin)) as progress:
        copied = move_state(begin, end, utc_now(), progress=progress)
    click.echo(f"copied {plural(sum(copied.values()), 'row')}:")
    _show_rows(copied)


@db.command(short_help="Look for what is wrong with the state.")
@click.pass_obj
def verify(file: Path) -> None:
    """Look for what is wrong with the state: a damaged file, lost rows, messages that nobody would send.

    The exit code is 1 if something is.
    """
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    with existing_store(file) as store:
        report = store.verify(utc_now())
    for finding in report.findings:
        click.echo(click.style("wrong: ", fg="red", bold=True) + one_line(finding))
    said = plural(len(report.findings), "finding") if report.findings else "nothing wrong"
    click.echo(f"{said} in {plural(sum(report.rows.values()), 'row')}:")
    _show_rows(report.rows)
    sys.exit(1 if report.findings else 0)


@db.command(short_help="Forget what is older than `retention` says.")
@click.option("--dry-run", is_flag=True, help="Only count what would be forgotten.")
@click.pass_obj
def prune(file: Path, *, dry_run: bool) -> None:
    """Forget what is older than `retention` says, as the daemon does once a day.

    The file does not become smaller: its free pages are used for what comes.
    """
    from monitor.decide.retention import cutoffs  # noqa: PLC0415
    from monitor.setup import load_setup  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    config = (loaded := load_setup(file)).config
    before = cutoffs(config.retention, tuple(loaded.ruleset.rules.values()), config.defaults.dedup, utc_now())
    with existing_store(file) as store:
        rows = store.count_old(before) if dry_run else _forget(store, before)
    total = sum(rows.values())
    said = "would be forgotten" if dry_run else "forgotten"
    click.echo(f"{plural(total, 'row')} {said}" + (":" if total else ""))
    _show_rows(rows)


def _forget(store: Store, before: Cutoffs) -> Mapping[str, int]:
    from monitor.ports import PrunePlace  # noqa: PLC0415 - `monitor --help` must not import the house

    gone = Counter[str]()
    place: PrunePlace | None = PrunePlace()
    while place is not None:
        pruned = store.prune(before, place)
        gone[pruned.table] += pruned.rows
        place = pruned.then
    return gone
