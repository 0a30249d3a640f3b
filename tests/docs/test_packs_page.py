"""The page about packs shows what there is."""

from __future__ import annotations

import re
import shlex
from datetime import date
from pathlib import Path

import click
import pytest

from monitor.cli import cli
from monitor.packs.pack import read_pack
from monitor.packs.source import MOST_BYTES, MOST_FILES, MOST_RATIO

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
(SHELL,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("line", SHELL.splitlines())
def test_every_command_is_one(line: str) -> None:
    _, *arguments = shlex.split(line, comments=True)
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command = found
    assert command.make_context(name, arguments).command is command


def test_its_pack_is_one() -> None:
    (about,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    rules = b"rules: {north-storm: {terms: [storm], hits: [A storm]}}\n"
    pack = read_pack({"pack.yaml": about.encode(), "rules/a.yaml": rules}, label="north", today=date(2026, 3, 1))
    assert pack.name == "north"


def test_its_limits_and_links_are_those_that_hold() -> None:
    assert f"{MOST_FILES} files, {MOST_BYTES // 1_000_000} MB, packed {MOST_RATIO} times at most" in PAGE
    assert all((ROOT / "docs" / target).exists() for target in re.findall(r"\]\(([^)]+)\)", PAGE))
