"""The page about search names commands that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from monitor.cli import cli

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]  # fmt: skip


@pytest.mark.parametrize("written", COMMANDS, ids=[line.partition("#")[0].strip() for line in COMMANDS])
def test_every_command_is_one(written: str) -> None:
    first, *arguments = shlex.split(written, comments=True)
    name: str | None = first
    assert first == "monitor"
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command = found
    assert command.make_context(name, arguments).command is command


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        file, _, heading = target.partition("#")
        text = (ROOT / "docs" / file).read_text(encoding="utf-8")
        assert not heading or re.search(rf"^#+ {heading}$", text, re.MULTILINE | re.IGNORECASE), target
