"""`monitor try`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.show import line, plural
from monitor.cli.status import existing_store
from monitor.errors import NotFoundError, StoreError, UserError
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.attempt import Attempt, Outlook, Way
    from monitor.model import Entry
    from monitor.ports import Store
    from monitor.rules.explain import ClauseAnswer
    from monitor.rules.spelling import Spelling
    from monitor.setup import Setup

TITLE_WIDTH = 100


@click.command("try")
@click.argument("rule", shell_complete=complete.rules)
@click.argument("source", required=False, metavar="[TEXT|FILE|URL]")
@click.option("--entry", "entry_id", help="Try it on a stored entry: its id, or the first digits.", metavar="ID")
@click.option("--all", "show_all", is_flag=True, help="Of a feed, show the entries that do not match too.")
@click.option("--as", "spelling", type=click.Choice(("yaml", "query")), help="Print the rule so spelt; try nothing.")
@click.pass_obj
def attempt(
    file: Path, *, rule: str, source: str | None, entry_id: str | None, show_all: bool, spelling: Spelling | None
) -> None:
    """Try RULE on a text, a file, a URL or a stored entry, and see clause by clause why it matches or not.

    RULE is the id of a rule, or - to read one from standard input, as it would stand in a rules file: a word, a list, a
    mapping, or a whole file with actors of its own. A file or URL may be a feed: each entry is tried. Without a text,
    file, URL or entry, the text is read from standard input. Of a match, its route is shown and, where a daemon has
    run, the story that it would join. Exit code 0 if something matches, 1 if nothing does.

    \b
      monitor try deconfliction "Carter calls Shoygu about deconfliction"
      monitor try deconfliction https://example.org/feed.xml
      monitor try deconfliction --entry 6f1c22d0
      echo '{terms: [talks], all: [Syria]}' | monitor try - "Talks on Syria resume"
      echo 'query: talks NEAR/5 Syria' | monitor try --as yaml -
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.rules.spelling import spelt  # noqa: PLC0415

    if entry_id is not None and source is not None:
        raise click.UsageError("give a text, file or URL, or else --entry")
    if rule == "-" and source is None and entry_id is None and spelling is None:
        raise click.UsageError("with a rule from standard input, give the text, file or URL as an argument")
    loaded = setup.load_setup(file)
    ruleset = setup.load_trial_rules(loaded, sys.stdin.buffer.read()) if rule == "-" else loaded.ruleset
    rule_ids = tuple(ruleset.rules) if rule == "-" else (rule,)
    if spelling is not None:
        click.echo("".join(spelt(ruleset, rule_id, spelling) for rule_id in rule_ids), nl=False)
        return
    entries = _read(file, source, entry_id, loaded)
    quiet = len(entries) > 1 and not show_all
    with _store_if_any(file) as store:
        matched = 0
        outlook = _outlook(loaded, source, store)
        for entry in entries:
            for rule_id in rule_ids:
                tried = outlook.attempt(ruleset, rule_id, entry, look_near=len(entries) == 1)
                matched += _show(tried, quiet=quiet)
    if len(entries) != 1:
        click.echo(f"{matched} of {plural(len(entries), 'entry')} matched")
    sys.exit(0 if matched else 1)


def _tags_of(source: str | None) -> dict[str, tuple[str, ...]]:
    """Return what rules may call a URL that is none of the feeds: its host."""
    from monitor.rules.limits import host_of  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.trial import TRIAL  # noqa: PLC0415

    host = host_of(source) if source and source.startswith(("http://", "https://")) else ""
    return {TRIAL: (host,)} if host else {}


def _read(file: Path, source: str | None, entry_id: str | None, loaded: Setup) -> tuple[Entry, ...]:
    """Read what the rule is tried on.

    Raises:
        NotFoundError: there is no such file, or no such entry.
    """
    from monitor.trial import read_trial  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    if entry_id is None:
        text, config = sys.stdin.read() if source is None else source, loaded.config
        feeds = {feed.url: feed for feed in config.feeds}
        return asyncio.run(read_trial(text, utc_now(), allow=config.allow, feeds=feeds))
    with existing_store(file) as store:
        found = store.find_entries(entry_id.lower())
        records = [record for each in found if (record := store.entry_record(each))]
    if not records:
        raise NotFoundError(f"no entry `{entry_id}` is stored")
    return tuple(record.entry for record in records)


@contextmanager
def _store_if_any(file: Path) -> Iterator[Store | None]:
    """Open the store where there is one: a rule can be tried before any daemon has run."""
    with ExitStack() as stack:
        try:
            store = stack.enter_context(existing_store(file))
        except (UserError, StoreError):
            store = None
        yield store


def _outlook(loaded: Setup, source: str | None, store: Store | None) -> Outlook:
    from monitor.attempt import Outlook, restraints_now  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    return Outlook(
        store=store,
        dedup=loaded.config.defaults.dedup,
        source_tags={**_tags_of(source), **loaded.source_tags},
        restraints=restraints_now(loaded.policies, store, utc_now()),
        now=utc_now(),
    )


def _show(tried: Attempt, *, quiet: bool) -> bool:
    """Print what a rule says about an entry, and return whether it matches; `quiet` prints matches alone."""
    explanation = tried.explanation
    if quiet and not explanation.held:
        return False
    verdict = click.style("match", fg="green", bold=True) if explanation.held else click.style("no match", fg="red")
    title = shorten(one_line(tried.entry.title), TITLE_WIDTH)
    click.echo(f"{verdict}  {click.style(tried.rule_id, bold=True)}  {title}")
    for clause in explanation.clauses:
        line(f"  {_mark(clause)} {clause}", indent=6)
    if tried.near:
        line(f"  near: {one_line(tried.near)}", indent=6)
    if tried.way:
        _show_way(tried.way)
    if tried.story:
        click.echo(f"  story: {tried.story}")
    return explanation.held


def _show_way(way: Way) -> None:
    """Draw the way of a match as a tree."""
    for depth, step in enumerate(way.steps):
        click.echo(f"  {'   ' * depth}└─ {step}")
    for number, each in enumerate(way.branches, 1):
        branch = "└─" if number == len(way.branches) else "├─"
        line(f"  {'   ' * len(way.steps)}{branch} {each.channel}{f': {each.when}' if each.when else ''}", indent=6)


def _mark(clause: ClauseAnswer) -> str:
    return click.style("yes", fg="green") if clause.held else click.style("no ", fg="red")
