"""`monitor check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.group import NoOperand
from monitor.cli.progress import tracked_rules
from monitor.cli.show import plural

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.setup import Setup


@click.command(cls=NoOperand, takes=("-c",))
@click.option(
    "--format",
    "form",
    type=click.Choice(["full", "concise", "json", "github"]),
    default="full",
    show_default=True,
    help="With source lines, a line each, JSON, or annotations of a GitHub workflow.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 where there are warnings.")
@click.pass_obj
def check(file: Path, *, form: str, strict: bool) -> None:
    """Check the configuration and all rules, with their examples.

    What this accepts, `monitor run` starts with. All mistakes of all files are shown at once, with warnings of what is
    allowed and hardly meant; `monitor explain CODE` says more about a warning, and the comment
    `# monitor: ignore CODE` in its line, or in the line its rule or actor begins with, silences it.

    Exit code 2 if there are mistakes, 0 if there are warnings alone (with --strict: 1).
    """
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.cli.report import PRINTERS  # noqa: PLC0415
    from monitor.idle import idle_places  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    tracked = tracked_rules if form == "full" else iter
    found = setup.inspect_setup(file, today=utc_now().date(), tracked=tracked)
    idle = tuple(idle_places(found.setup)) if found.setup is not None else ()
    PRINTERS[form]((*found.problems, *idle))
    if found.mistakes:
        sys.exit(2)
    if form == "full" and found.setup is not None:
        _say_what_is_right(found.setup)
    if strict and (found.warnings or idle):
        sys.exit(1)


def _say_what_is_right(loaded: Setup) -> None:
    files = plural(len(loaded.config.documents), "file")
    feeds, rules = plural(len(loaded.config.feeds), "feed"), plural(len(loaded.ruleset.rules), "rule")
    click.echo(f"ok: {files}, {feeds}, {rules}, {plural(len(loaded.channels), 'channel')}")
