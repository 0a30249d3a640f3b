"""The pages of the book, as the tests read them: their blocks, commands, headings and links."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from monitor.cli import cli

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@dataclass(frozen=True)
class Page:
    """One page."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(DOCS))

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        """Return the bodies of its blocks in one language."""
        return re.findall(rf"^```{language}\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)

    def commands(self) -> list[str]:
        """Return what it tells people to type to us, in blocks for a shell and in consoles."""
        consoles = [line.removeprefix("$ ") for block in self.blocks("console") for line in block.splitlines()
                    if line.startswith("$ ")]  # fmt: skip
        lines = [line for block in self.blocks("sh") for line in block.splitlines()]
        return [line for line in (*lines, *consoles) if re.match(r"(\S*/)?monitor\s", line)]

    def prose(self) -> str:
        """Return its text without blocks."""
        return re.sub(r"^```.*?^```$", "", self.text, flags=re.MULTILINE | re.DOTALL)

    def headings(self) -> set[str]:
        """Return the anchors of its headings, as GitHub and the book's builder make them."""
        lines = re.findall(r"^#+ (.*)$", self.prose(), re.MULTILINE)
        return {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in lines}

    def links(self) -> list[str]:
        """Return where its links lead, but for those that leave the repository."""
        return re.findall(r"\]\((?!https?:)([^)\s]+)\)", self.prose())


PAGES = [Page(path) for path in sorted(DOCS.rglob("*.md"))]


def parsed(written: str) -> click.Command:
    """Parse a command line of ours as far as its options; raise click's error where it is none."""
    first, *rest = shlex.split(written.partition(" | ")[0], comments=True)
    assert first.rpartition("/")[2] == "monitor"
    while rest and rest[0] in ("-c", "--config", "--store"):
        rest = rest[2:]
    context = click.Context(cli, info_name="monitor")
    command: click.Command = cli
    name: str | None = "monitor"
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
    try:
        assert command.make_context(name, rest).command is command
    except click.BadParameter as error:
        if "does not exist" not in error.message:  # a file of the reader's
            raise
    return command
