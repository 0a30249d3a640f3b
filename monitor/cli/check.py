"""`monitor check` and `monitor test`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from monitor.cli.show import plural, show_problem


@click.command()
@click.pass_obj
def check(file: Path) -> None:
    """Check the configuration and all rules, with their examples.

    What this accepts, `monitor run` starts with. All mistakes of all files are shown at once; exit code 2 if there are
    any.
    """
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house

    loaded = setup.load_setup(file)
    setup.require_examples(loaded)
    files = plural(len(loaded.config.documents), "file")
    feeds, rules = plural(len(loaded.config.feeds), "feed"), plural(len(loaded.ruleset.rules), "rule")
    click.echo(f"ok: {files}, {feeds}, {rules}, {plural(len(loaded.channels), 'channel')}")


@click.command()
@click.option("-k", "only", default="", help="Only rules with this in their id.", metavar="TEXT")
@click.option("-v", "--verbose", is_flag=True, help="Show passing examples too.")
@click.pass_obj
def test(file: Path, *, only: str, verbose: bool) -> None:
    """Run the examples (`hits:` and `misses:`) of the rules, with the matcher that the daemon uses.

    Exit code 1 if one fails.
    """
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.rules.examples import run_examples  # noqa: PLC0415

    loaded = setup.load_setup(file)
    results = [result for result in run_examples(loaded.ruleset) if only in result.rule_id]
    failed = [result for result in results if not result.passed]
    for result in results:
        if not result.passed:
            show_problem(result.problem)
        elif verbose:
            click.echo(f"{click.style('pass', fg='green')} {result.rule_id}: {result.kind}: {result.text}")
    tested = {result.rule_id for result in results}
    untested = sum(1 for rule_id in loaded.ruleset.rules if only in rule_id and rule_id not in tested)
    tail = f"; {plural(untested, 'rule')} without examples" if untested else ""
    passed = plural(len(results) - len(failed), "example") + " passed"
    click.echo(f"{passed}, {len(failed)} failed, in {plural(len(tested), 'rule')}{tail}")
    sys.exit(1 if failed else 0)
