"""`monitor actors list|show|suggest`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.group import Group
from monitor.cli.show import plural, table
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.rules.spellings import Spelling

LANGUAGES = ("en", "iso", "fr", "de", "pl", "es", "ru", "uk")


@click.group(cls=Group)
def actors() -> None:
    """List the actors of all files; suggest more spellings of their names."""


@actors.command("list")
@click.pass_obj
def list_actors(file: Path) -> None:
    """List the actors, with how many spellings each has and which rules name it."""
    book = _Book(file)
    rows = [
        (name, plural(len(book.spellings[name]), "spelling"), ", ".join(book.rules_of(name)) or "named by no rule")
        for name in book.spellings
    ]
    table(rows, indent=0)


@actors.command("show")
@click.argument("name", shell_complete=complete.actors)
@click.pass_obj
def show_actor(file: Path, *, name: str) -> None:
    """Show the spellings of an actor, each with its place, and the rules that name it; NAME is an id or a spelling."""
    book = _Book(file)
    actor = book.find(name)
    click.secho(actor, bold=True)
    table([(spelling.term.text, spelling.place) for spelling in book.spellings[actor]])
    click.echo(f"rules: {', '.join(book.rules_of(actor)) or 'none'}")


@actors.command("suggest")
@click.argument("name", shell_complete=complete.actors)
@click.option(
    "--lang",
    "languages",
    type=click.Choice(LANGUAGES),
    multiple=True,
    default=LANGUAGES,
    help="Only spellings of this language's papers (ru, uk: case endings); may be given several times.",
)
@click.pass_obj
def suggest(file: Path, *, name: str, languages: Sequence[str]) -> None:
    """Propose spellings for an actor, as a patch to its line; nothing is written to any file.

    NAME is the id of an actor or one of its spellings: its Russian and Ukrainian names are put into Latin letters as
    the press of several languages does, and into their cases. A Cyrillic name that no actor has is one to begin with.
    Look the patch through before you apply it: a machine does not know who else bears a name.

    \b
      monitor actors suggest shoygu
      monitor actors suggest Шойгу --lang fr --lang ru
      monitor actors suggest shoygu | patch -p0
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor.rules.romanise import is_cyrillic  # noqa: PLC0415 - `monitor --help` must not import the house

    book = _Book(file) if file.exists() or not is_cyrillic(name) else None
    if is_cyrillic(name) and (book is None or not book.knows(name)):
        _begin(name, languages)
    elif book is not None:
        _extend(book, book.find(name), languages)


def _begin(name: str, languages: Sequence[str]) -> None:
    """Print an actor that is in no file yet."""
    from monitor.document.patch import quoted  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.rules.spellings import suggest_spellings  # noqa: PLC0415

    proposed = [name, *suggest_spellings([name], languages=languages)]
    latin = next((text for text in proposed if text.isascii()), "actor")
    click.echo(f"actors:\n  {latin.lower().replace(' ', '-')}: [{', '.join(map(quoted, proposed))}]")


def _extend(book: _Book, actor: str, languages: Sequence[str]) -> None:
    """Print a patch that adds spellings to an actor."""
    from monitor.document.patch import quoted  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.errors import NotFoundError  # noqa: PLC0415
    from monitor.rules.patch import add_to_list  # noqa: PLC0415
    from monitor.rules.romanise import is_cyrillic  # noqa: PLC0415
    from monitor.rules.spellings import suggest_spellings  # noqa: PLC0415

    own = book.spellings[actor]
    if not any(is_cyrillic(spelling.term.text) for spelling in own):
        raise NotFoundError(f"actor `{actor}` has no Russian or Ukrainian spelling to begin with: add one")
    taken = [spelling.term for other in book.spellings if other != actor for spelling in book.spellings[other]]
    proposed = suggest_spellings([spelling.term.text for spelling in own], taken=taken, languages=languages)
    patch = add_to_list(own[0].written.document, own[0].written.names_loc, proposed)
    if patch:
        click.echo(patch, nl=False)
    elif proposed:
        click.echo(f"add to `{actor}` in {own[0].place}: {', '.join(map(quoted, proposed))}")
    else:
        click.echo(f"nothing to add to `{actor}`")


class _Book:
    """The actors of all files, and who names them."""

    def __init__(self, file: Path) -> None:
        from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
        from monitor.rules.lint.rules import named_actors  # noqa: PLC0415
        from monitor.rules.spellings import read_spellings  # noqa: PLC0415
        from monitor.rules.written import find_written  # noqa: PLC0415

        loaded = setup.load_setup(file)
        found = read_spellings(find_written(loaded.config.documents, "actors"))
        self.spellings: Mapping[str, Sequence[Spelling]] = {
            name: [spelling for spelling in found if spelling.written.id == name]
            for name in dict.fromkeys(spelling.written.id for spelling in found)
        }
        self._named = {name: named_actors([each]) for name, each in loaded.ruleset.definitions.items()}

    def rules_of(self, actor: str) -> list[str]:
        """Return the ids of the rules that name an actor."""
        return [rule for rule, named in self._named.items() if actor in named]

    def knows(self, name: str) -> bool:
        """Say whether this is an actor's id or spelling."""
        return name in self.spellings or bool(self._owner(name))

    def find(self, name: str) -> str:
        """Return the id of the actor that is called so.

        Raises:
            NotFoundError: there is none.
        """
        from monitor.document import did_you_mean  # noqa: PLC0415 - `monitor --help` must not import the house
        from monitor.errors import NotFoundError  # noqa: PLC0415

        if name in self.spellings:
            return name
        owner = self._owner(name)
        if owner:
            return owner
        hint = did_you_mean(name, self.spellings)
        raise NotFoundError(f"no actor `{one_line(name)}`" + (f": {hint}" if hint else ""))

    def _owner(self, name: str) -> str:
        from monitor.text.fold import tokenize  # noqa: PLC0415 - `monitor --help` must not import the house

        words = tuple(tokenize(name).words)
        owners = (actor for actor, own in self.spellings.items() if any(one.term.words == words for one in own))
        return next(owners, "")
