"""`monitor pack`: rules, actors and sources that others have written, checked before they are taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.group import Group
from monitor.cli.show import plural, print_json, show_problems, table
from monitor.errors import UserError
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.document import Document
    from monitor.packs.pack import Pack
    from monitor.packs.shelf import Shelved
    from monitor.setup import Setup

SOURCE = click.argument("source", type=click.Path(path_type=Path))
YES = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group(cls=Group)
def pack() -> None:
    """Take, test, list and remove watch packs: rules, actors and sources that others have written.

    A pack is a folder, a zip or a tar.gz with pack.yaml (name, version, description, license), rules/*.yaml with
    examples, and sources/*.yaml. It lies in packs/NAME beside monitor.yaml, and `include` names it.
    """


@pack.command(short_help="Check a pack, and take nothing.")
@SOURCE
def test(*, source: Path) -> None:
    """Check a pack: its archive, its files, its rules and all their examples. Nothing is written.

    Exit code 2 where it would be refused.
    """
    found = _read(source)
    show_problems(found.warnings)
    _describe(found)


@pack.command(short_help="Check a pack, and copy it beside the configuration.")
@SOURCE
@click.option("--no-sources", is_flag=True, help="Take its rules alone: you have feeds of your own.")
@YES
@click.pass_obj
def add(file: Path, *, source: Path, no_sources: bool, yes: bool) -> None:
    """Check a pack, alone and beside your own rules; copy it into packs/NAME, and name it under `include`.

    Of a pack that is there in another version, the difference is shown before anything is written. A running daemon
    reads it by itself.

    \b
      monitor pack add press-freedom.zip
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor.packs import fit, shelf  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.setup import load_setup  # noqa: PLC0415

    setup, found = load_setup(file), _read(source, sources=not no_sources)
    fit.require_fit(setup, found)
    _describe(found)
    old = shelf.present(setup.config, found.name)
    if old is None:
        shelf.put(setup.config, found)
        click.echo(f"copied to {shelf.FOLDER}/{found.name}")
    elif change := shelf.difference(f"{shelf.FOLDER}/{found.name}", old, found.files):
        _show_change(change)
        if not yes:
            click.confirm("Take this version?", abort=True)
        shelf.put(setup.config, found)
        click.echo(f"copied to {shelf.FOLDER}/{found.name}")
    else:
        click.echo(f"{shelf.FOLDER}/{found.name} is the same already")
    _include(setup, found)


@pack.command("list", short_help="List the packs beside the configuration.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def list_packs(file: Path, *, as_json: bool) -> None:
    """List the packs in packs/ beside the configuration, and say whether `include` reads them."""
    from monitor.config.load import load_config  # noqa: PLC0415
    from monitor.errors import ConfigurationError  # noqa: PLC0415
    from monitor.packs.shelf import shelved  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    config, problems = load_config(file, env=os.environ)
    if config is None:
        raise ConfigurationError(problems)
    found = shelved(config, utc_now().date())
    if as_json:
        print_json({"packs": [_fields(each) for each in found]})
        return
    if not found:
        click.echo("no packs; `monitor pack add SOURCE` takes one")
    table(_row(each) for each in found)


@pack.command(short_help="Take a pack out of the configuration, and delete it.")
@click.argument("name", shell_complete=complete.packs)
@YES
@click.pass_obj
def remove(file: Path, *, name: str, yes: bool) -> None:
    """Take a pack out of `include`, and delete packs/NAME. What its rules have found stays in the store.

    It is refused where your own rules use an actor or a rule of it. What `monitor pack add` has not put there, such as
    the packs of a git repository, is taken out of `include` alone.
    """
    from monitor.errors import NotFoundError  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.packs import fit, shelf  # noqa: PLC0415
    from monitor.packs.include import without_include  # noqa: PLC0415
    from monitor.setup import load_setup  # noqa: PLC0415

    setup = load_setup(file)
    if not shelf.is_there(setup.config, name):
        raise NotFoundError(f"there is no pack `{one_line(name)}`: `monitor pack list` lists them")
    fit.require_gone(setup, name)
    main, pattern, ours = setup.config.main, shelf.pattern_of(name), shelf.is_ours(setup.config, name)
    if not ours and pattern not in setup.config.include:
        raise UserError(f"`monitor pack add` has not put {shelf.place_of(setup.config, name)} there: it is left alone")
    if ours and not yes:
        click.confirm(f"Delete {shelf.place_of(setup.config, name)}?", abort=True)
    if pattern in setup.config.include:
        new = without_include(main, pattern)
        if not new:
            raise UserError(
                f"take `{pattern}` out of `include` in {main.file} first: that line is for a person to change"
            )
        _write(main, new)
    if ours:
        shelf.take_away(setup.config, name)
        click.echo(f"removed {shelf.FOLDER}/{name}")
    else:
        click.echo(f"{shelf.FOLDER}/{name} is left there: `monitor pack add` has not put it there")
    for each in shelf.idle_patterns(setup.config, but=pattern):
        click.echo(f"`{each}` under `include` matches no file any more: take it out", err=True)


def _read(source: Path, *, sources: bool = True) -> Pack:
    from monitor.packs.pack import read_pack  # noqa: PLC0415
    from monitor.packs.source import read_source  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    files = {name: raw for name, raw in read_source(source).items() if sources or not name.startswith("sources/")}
    return read_pack(files, label=one_line(source.name) or "pack", today=utc_now().date())


def _show_change(change: str) -> None:
    """Print a diff as it is, but for what a terminal would obey."""
    click.echo("".join(letter if letter.isprintable() or letter in "\t\n" else "\ufffd" for letter in change), nl=False)


def _describe(found: Pack) -> None:
    click.echo(f"{found.name} {found.version}: {one_line(found.description)}")
    click.echo(f"  {_counts(found)}, {plural(found.examples, 'example')} passed; license: {one_line(found.license)}")


def _counts(found: Pack) -> str:
    return f"{plural(len(found.ruleset.rules), 'rule')}, {plural(len(found.feeds), 'feed')}"


def _row(each: Shelved) -> list[str]:
    if each.pack is None:
        return [each.name, "-", "refused", each.fault]
    state = "included" if each.included else "not included"
    return [each.name, each.pack.version, state, _counts(each.pack), each.pack.description]


def _fields(each: Shelved) -> dict[str, object]:
    told: dict[str, object] = {"name": each.name, "included": each.included, "fault": each.fault}
    if each.pack is not None:
        told |= {name: getattr(each.pack, name) for name in ("version", "description", "license", "feeds")}
        told["rules"] = tuple(each.pack.ruleset.rules)
    return told


def _include(setup: Setup, found: Pack) -> None:
    """Name a pack under `include`, where no pattern there reads it."""
    from monitor.packs import shelf  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.packs.include import with_include  # noqa: PLC0415

    if shelf.is_included(setup.config, found):
        return
    main, pattern = setup.config.main, shelf.pattern_of(found.name)
    new = with_include(main, pattern)
    if new:
        _write(main, new)
    else:
        click.echo(f"{main.file} is for a person to change: add `{pattern}` under `include:`", err=True)


def _write(main: Document, new: str) -> None:
    """Write monitor.yaml anew, and show what has changed.

    Raises:
        UserError: somebody else has changed it, or it cannot be written.
    """
    from monitor.document.patch import diff, replace_file  # noqa: PLC0415 - `monitor --help` must not import the house

    try:
        if not replace_file(Path(main.file), main.text, new):
            raise UserError(f"{main.file} was changed by somebody else meanwhile: it is left as it is")
    except OSError as error:
        raise UserError(f"{main.file} cannot be written: {error.strerror}") from error
    _show_change(diff(main.file, main.text, new))
