"""`monitor test`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from monitor.cli import complete
from monitor.cli.group import NoOperand
from monitor.cli.progress import tracked_rules
from monitor.cli.show import plural, show_error, show_problem
from monitor.text.plain import one_line

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.rules.examples import ExampleResult

LOOK_EVERY = 0.5  # seconds

Stamps = TypeVar("Stamps")


@click.command(cls=NoOperand, takes=("-k",))
@click.option(
    "-k", "only", default="", help="Only rules with this in their id.", metavar="TEXT", shell_complete=complete.rules
)
@click.option("-v", "--verbose", is_flag=True, help="Show passing examples too.")
@click.option("--watch", is_flag=True, help="Run them again whenever a file changes, until Ctrl-C.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["full", "json", "junit"]),
    default="full",
    show_default=True,
    help="With source lines, JSON, or XML as JUnit writes it.",
)
@click.pass_obj
def test(file: Path, *, only: str, verbose: bool, watch: bool, form: str) -> None:
    """Run the examples (`hits:` and `misses:`) of the rules, with the matcher that the daemon uses.

    Of a hit that is not found, the word that comes nearest to what was asked for is named. Exit code 1 if one fails, 2
    if -k leaves nothing to run.
    """
    if not watch:
        sys.exit(0 if _Run(file, only, form, verbose=verbose)() else 1)
    from monitor.config.load import watched_files  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.errors import UserError  # noqa: PLC0415

    run = _Run(file, only, form, verbose=verbose)
    try:
        for _ in changes(lambda: watched_files(file, run.include), partial(time.sleep, LOOK_EVERY)):
            try:
                run()
            except UserError as error:
                show_error(error)
    except KeyboardInterrupt:
        click.echo()


def changes(look: Callable[[], Stamps], pause: Callable[[], None]) -> Iterator[None]:
    """Yield at once, then each time that what `look` sees has changed and stayed so for one pause."""
    seen = look()
    yield
    while True:
        pause()
        now = look()
        while now != seen:
            seen = now
            pause()
            now = look()
            if now == seen:
                yield


class _Run:
    """One run of the examples after another, as often as it is called."""

    def __init__(self, file: Path, only: str, form: str, *, verbose: bool) -> None:
        self.include: tuple[str, ...] = ()  # what the main file included when it could be read last
        self._file = file
        self._only = only
        self._verbose = verbose
        self._tracked = tracked_rules if form == "full" else iter
        self._print: Callable[[Sequence[ExampleResult], int], None] = {
            "full": self._print_full,
            "json": _print_json,
            "junit": _print_junit,
        }[form]

    def __call__(self) -> bool:
        """Load the files, run the examples and print what became of them; return whether all passed.

        Raises:
            ConfigurationError: with every problem of every file.
            NotFoundError: no rule that was asked for has an example.
        """
        from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
        from monitor.errors import NotFoundError  # noqa: PLC0415
        from monitor.rules.examples import run_examples  # noqa: PLC0415

        loaded = setup.load_setup(self._file)
        self.include = loaded.config.include
        wanted = [rule_id for rule_id in loaded.ruleset.rules if self._only in rule_id]
        results = run_examples(loaded.ruleset, self._tracked(wanted))
        tested = {result.rule_id for result in results}
        if self._only and not tested:
            raise NotFoundError(self._why_nothing(wanted, loaded.ruleset.rules))
        self._print(results, len(wanted) - len(tested))
        return all(result.passed for result in results)

    def _why_nothing(self, wanted: Collection[str], rules: Collection[str]) -> str:
        """Say why nothing was run, though something was asked for."""
        from monitor.document import did_you_mean  # noqa: PLC0415 - only for the mistake

        if wanted:
            return f"nothing to run: {plural(len(wanted), 'rule')} with `{self._only}` in the id, none with examples"
        hint = did_you_mean(self._only, rules)
        return f"nothing to run: no rule has `{one_line(self._only)}` in its id" + (f"; {hint}" if hint else "")

    def _print_full(self, results: Sequence[ExampleResult], untested: int) -> None:
        for result in results:
            if not result.passed:
                show_problem(result.problem)
            elif self._verbose:
                click.echo(
                    f"{click.style('pass', fg='green')} {result.rule_id}: {result.kind}: {one_line(result.text)}"
                )
        tail = f"; {plural(untested, 'rule')} without examples" if untested else ""
        passed = sum(result.passed for result in results)
        tested = plural(len({result.rule_id for result in results}), "rule")
        click.echo(f"{plural(passed, 'example')} passed, {len(results) - passed} failed, in {tested}{tail}")


def _print_json(results: Iterable[ExampleResult], _untested: int) -> None:
    """Print a list; each example with its rule, and its place in the file."""
    rows = [
        {
            "file": one_line(result.problem.file),
            "line": result.problem.line,
            "column": result.problem.column,
            "rule": result.rule_id,
            "kind": result.kind,
            "text": one_line(result.text),
            "passed": result.passed,
            "message": one_line(result.explanation),
            "hint": one_line(result.problem.hint),
        }
        for result in results
    ]
    click.echo(json.dumps(rows, ensure_ascii=False, indent=2))


def _print_junit(results: Sequence[ExampleResult], _untested: int) -> None:
    from monitor.cli.junit import junit_xml  # noqa: PLC0415 - for this format alone

    click.echo(junit_xml(results))
