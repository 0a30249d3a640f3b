"""`monitor feeds add|remove|import|export`: lines in the YAML files, lists of feeds for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import complete
from monitor.cli.feeds_check import is_good, run_probe, steps
from monitor.cli.show import plural
from monitor.errors import NotFoundError, UserError
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.config.additions import Wanted
    from monitor.config.config import Config
    from monitor.document import Document

NAMED = 5  # of those that were left out
WRITE = click.option("--write", is_flag=True, help="Write it into the file; else it is printed as a patch.")
TO = click.option(
    "--to", type=click.Path(path_type=Path), metavar="FILE", help="Which file, if not the first one that has feeds."
)


@click.command(short_help="Add a feed to the configuration.")
@click.argument("url")
@click.option("--name", default="", help="What to call it, if not by its title.")
@click.option("--tag", "tags", multiple=True, help="A word to call it by; may be given several times.")
@click.option("--no-check", "unchecked", is_flag=True, help="Do not read it first.")
@TO
@WRITE
@click.pass_obj
def add(
    file: Path, *, url: str, name: str, tags: tuple[str, ...], unchecked: bool, to: Path | None, write: bool
) -> None:
    """Read a feed once, and add a line for it to the configuration: as a patch to review, or with --write at once.

    Of a web page, the first feed that it links to is taken, and the others are named. Comments and order stay as they
    are. A running daemon reads the file anew by itself. Exit code 1 where the feed cannot be read.

    \b
      monitor feeds add https://www.example.org/rss.xml --tag wire | patch -p0
      monitor feeds add https://www.example.org --write
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor.config.additions import Wanted, url_fault  # noqa: PLC0415 - `monitor --help` must not import the house

    if fault := url_fault(url):
        raise click.UsageError(f"this URL cannot be taken: {fault}")
    config, title = _config(file), ""
    if name in (feed.name for feed in config.feeds):
        raise click.UsageError(f"there is a feed `{name}` already")
    if not unchecked:
        found = run_probe(file, url)
        if found.links:
            url = found.links[0].url
            click.echo(f"the page names {plural(len(found.links), 'feed')}; taking {found.links[0].shown}", err=True)
            found = run_probe(file, url)
        if not is_good(found):
            for label, text in steps(found):
                click.echo(f"{label:<10}{one_line(text)}".rstrip(), err=True)
            click.echo("nothing is added; `--no-check` adds it unread", err=True)
            sys.exit(1)
        title = found.parsed.title if found.parsed else ""
    _add(config, [Wanted(url=url, title=title, name=name, tags=tags)], to=to, write=write)


@click.command(short_help="Take a feed out of the configuration.")
@click.argument("name", shell_complete=complete.feeds)
@WRITE
@click.pass_obj
def remove(file: Path, *, name: str, write: bool) -> None:
    """Take a feed out of its file: as a patch to review, or with --write at once.

    What it has brought stays in the store, and what is known of it: added again, it goes on where it was.
    """
    from monitor.config.additions import holder_of  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.document import did_you_mean  # noqa: PLC0415
    from monitor.document.patch import remove_entry  # noqa: PLC0415

    config = _config(file)
    document = holder_of(config.documents, name)
    if document is None:
        hint = did_you_mean(name, [feed.name for feed in config.feeds])
        raise NotFoundError(f"no feed `{one_line(name)}`" + (f": {hint}" if hint else ""))
    new = remove_entry(document, "feeds", name)
    if not new:
        span = document.key_spans["feeds", name]
        raise UserError(
            f"{document.file}:{span.line + 1}: this line is for a person to change: take `{name}` out there"
        )
    _change(document, new, write=write)


@click.command("import", short_help="Add the feeds of an OPML list.")
@click.argument("source", metavar="FILE.opml", type=click.File("rb"))
@TO
@WRITE
@click.pass_obj
def import_list(file: Path, *, source: Any, to: Path | None, write: bool) -> None:
    """Add the feeds of an OPML list, as other feed readers export it: as a patch to review, or with --write at once.

    Folders and categories become tags, names are made of the titles. Feeds that are watched already, stand twice in
    the list or have no usable URL are counted. None is read: `monitor feeds list` says later how they are.
    """
    from monitor.config.additions import Wanted  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.feeds.opml import MAX_BYTES, read_opml  # noqa: PLC0415

    found = read_opml(source.read(MAX_BYTES + 1))
    wanted = [Wanted(url=each.url, title=each.title, tags=each.tags, language=each.language) for each in found.outlines]
    if found.passed:
        click.echo(f"passed over {plural(found.passed, 'outline')} without xmlUrl: no feeds", err=True)
    _add(_config(file), wanted, to=to, write=write)


@click.command("export", short_help="Write the feeds as an OPML list.")
@click.option("--tag", metavar="TAG", help="Only feeds with this tag.")
@click.pass_obj
def export_list(file: Path, *, tag: str | None) -> None:
    """Write the feeds as an OPML 2.0 list to standard output, for other feed readers.

    Feeds whose URL is secret, since it refers to one, and those that are files of this machine, are left out.
    """
    from monitor.config.additions import url_fault  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.feeds.opml import Outline, write_opml  # noqa: PLC0415

    config = _config(file)
    chosen = [feed for feed in config.feeds if tag is None or tag in feed.tags]
    public = [feed for feed in chosen if not url_fault(_as_written(config, feed.name))]
    outlines = [Outline(title=feed.name, url=feed.url, tags=feed.tags, language=feed.language) for feed in public]
    click.echo(write_opml("Media Monitor", outlines), nl=False)
    if len(public) < len(chosen):
        click.echo(f"left out {plural(len(chosen) - len(public), 'feed')} with secrets or of files", err=True)


def _config(file: Path) -> Config:
    from monitor.config.load import load_config  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.errors import ConfigurationError  # noqa: PLC0415

    config, problems = load_config(file, env=os.environ)
    if config is None or problems:
        raise ConfigurationError(problems)
    return config


def _as_written(config: Config, name: str) -> str:
    """Return a feed's URL as it stands in its file."""
    from monitor.config.additions import holder_of  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.document.patch import value_at  # noqa: PLC0415

    document = holder_of(config.documents, name)
    given = value_at(document.value, ("feeds", name)) if document else ""
    return str(given.get("url", "") if isinstance(given, dict) else given)


def _add(config: Config, wanted: Sequence[Wanted], *, to: Path | None, write: bool) -> None:
    """Plan the additions, say what is left out, and change the file."""
    from monitor.config.additions import home_of, plan_additions  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.document.patch import add_entries  # noqa: PLC0415

    names, urls = [feed.name for feed in config.feeds], [feed.url for feed in config.feeds]
    plan = plan_additions(wanted, names=names, urls=urls)
    for title, fault in plan.refused[:NAMED]:
        click.echo(f"left out {shorten(one_line(title), 60)}: {fault}", err=True)
    counts = ((len(plan.entries), "added"), (len(plan.known), "known already"), (len(plan.refused), "refused"))
    said = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "no feeds in it"
    if not plan.entries:
        click.echo(said, err=True)
        sys.exit(1)
    document = _document(to, config) if to else home_of(config.documents)
    new = add_entries(document, "feeds", plan.entries)
    if not new:
        _print_lines(document, plan.entries)
        sys.exit(1)
    _change(document, new, write=write)  # first: what could not be written was not added
    click.echo(said if write else f"{said} by this patch: `--write` makes the change", err=True)
    if to and document.file not in {each.file for each in config.documents}:
        click.echo(f"{document.file} is not among the files of `include:` yet", err=True)


def _document(to: Path, config: Config) -> Document:
    """Return the file that `--to` names: one of the configuration, another one, or one that is still to be made."""
    from monitor.document import Document, read_document  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.errors import ConfigurationError  # noqa: PLC0415

    own = next((each for each in config.documents if Path(each.file).absolute() == to.absolute()), None)
    if own is not None:
        return own
    if not to.exists():
        return Document(file=str(to), text="")
    document, problems = read_document(to, name=str(to))
    if document is None or problems:
        raise ConfigurationError(problems)
    return document


def _print_lines(document: Document, entries: Mapping[str, Any]) -> None:
    from monitor.document.patch import written  # noqa: PLC0415 - `monitor --help` must not import the house

    click.echo(f"{document.file} is for a person to change; add under `feeds:` there:", err=True)
    for name, value in entries.items():
        click.echo(f"  {name}: {written(value)}")


def _change(document: Document, new: str, *, write: bool) -> None:
    """Print the patch, or write the file."""
    from monitor.document.patch import diff, replace_file  # noqa: PLC0415 - `monitor --help` must not import the house

    patch = diff(document.file, document.text, new)
    if not write:
        click.echo(patch, nl=False)
        return
    path = Path(document.file)
    try:
        if not path.exists():
            path.write_text(new, encoding="utf-8")
        elif not replace_file(path, document.text, new):
            raise UserError(f"{path} was changed by somebody else meanwhile: nothing is written")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(
        "".join(line + "\n" for line in patch.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")),
        nl=False,
    )
    click.echo(f"written to {path}", err=True)
