"""`monitor try`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.show import plural
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.model import Entry
    from monitor.rules.explain import ClauseAnswer
    from monitor.rules.match import Ruleset
    from monitor.rules.spelling import Spelling

TITLE_WIDTH = 100


@click.command("try")
@click.argument("rule")
@click.argument("source", required=False, metavar="[TEXT|FILE|URL]")
@click.option("--all", "show_all", is_flag=True, help="Of a feed, show the entries that do not match too.")
@click.option("--as", "spelling", type=click.Choice(("yaml", "query")), help="Print the rule so spelt; try nothing.")
@click.pass_obj
def attempt(file: Path, *, rule: str, source: str | None, show_all: bool, spelling: Spelling | None) -> None:
    r"""Try RULE on a text, a file or a URL, and see clause by clause why it matches or not.

    RULE is the id of a rule, or - to read one from standard input, as it would stand in a rules file: a word, a list, a
    mapping, or a whole file with actors of its own. A file or URL may be a feed: each entry is tried. Without a text,
    file or URL, the text is read from standard input. Exit code 0 if something matches, 1 if nothing does.

    \b
      monitor try deconfliction "Carter calls Shoygu about deconfliction"
      monitor try deconfliction https://example.org/feed.xml
      echo '{terms: [talks], all: [Syria]}' | monitor try - "Talks on Syria resume"
      echo 'query: talks NEAR/5 Syria' | monitor try --as yaml -
    """
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.app import utc_now  # noqa: PLC0415
    from monitor.rules.spelling import spelt  # noqa: PLC0415
    from monitor.trial import read_trial  # noqa: PLC0415

    loaded = setup.load_setup(file)
    if rule == "-":
        if source is None and spelling is None:
            raise click.UsageError("with a rule from standard input, give the text, file or URL as an argument")
        ruleset = setup.load_trial_rules(loaded, sys.stdin.buffer.read())
        rule_ids = tuple(ruleset.rules)
    else:
        ruleset, rule_ids = loaded.ruleset, (rule,)
    if spelling is not None:
        click.echo("".join(spelt(ruleset, rule_id, spelling) for rule_id in rule_ids), nl=False)
        return
    entries = asyncio.run(read_trial(sys.stdin.read() if source is None else source, utc_now()))
    matched = sum(
        _show(ruleset, rule_id, entry, quiet=len(entries) > 1 and not show_all)
        for entry in entries
        for rule_id in rule_ids
    )
    if len(entries) != 1:
        click.echo(f"{matched} of {plural(len(entries), 'entry')} matched")
    sys.exit(0 if matched else 1)


def _show(ruleset: Ruleset, rule_id: str, entry: Entry, *, quiet: bool) -> bool:
    """Print what a rule says about an entry, and return whether it matches; `quiet` prints matches alone."""
    from monitor.rules.explain import explain  # noqa: PLC0415 - `monitor --help` must not import the house

    explanation = explain(ruleset, rule_id, entry)
    if quiet and not explanation.held:
        return False
    verdict = click.style("match", fg="green", bold=True) if explanation.held else click.style("no match", fg="red")
    click.echo(f"{verdict}  {click.style(rule_id, bold=True)}  {shorten(one_line(entry.title), TITLE_WIDTH)}")
    for clause in explanation.clauses:
        click.echo(f"  {_mark(clause)} {clause}")
    rule = explanation.rule
    if explanation.held:
        click.echo(f"  -> {', '.join(rule.notify)} ({rule.priority.word} priority)")
    return explanation.held


def _mark(clause: ClauseAnswer) -> str:
    return click.style("yes", fg="green") if clause.held else click.style("no ", fg="red")
