"""`monitor try`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.show import line, plural
from monitor.cli.status import existing_store
from monitor.errors import NotFoundError, StoreError, UserError
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.decide.holding import Restraints
    from monitor.decide.telling import Reach
    from monitor.model import Entry, Match, Rule
    from monitor.ports import Store
    from monitor.rules.explain import ClauseAnswer
    from monitor.rules.match import Ruleset
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
    loaded = setup.load_setup(file)
    if rule == "-":
        if source is None and entry_id is None and spelling is None:
            raise click.UsageError("with a rule from standard input, give the text, file or URL as an argument")
        ruleset = setup.load_trial_rules(loaded, sys.stdin.buffer.read())
        rule_ids = tuple(ruleset.rules)
    else:
        ruleset, rule_ids = loaded.ruleset, (rule,)
    if spelling is not None:
        click.echo("".join(spelt(ruleset, rule_id, spelling) for rule_id in rule_ids), nl=False)
        return
    entries = _read(file, source, entry_id, loaded)
    quiet = len(entries) > 1 and not show_all
    with _store_if_any(file) as store:
        matched = 0
        tags = {**_tags_of(source), **loaded.source_tags}
        restraints = _restraints(loaded, store)
        outlook = _Outlook(store, loaded.config.defaults.dedup, tags, len(entries) == 1, restraints)
        for entry in entries:
            for rule_id in rule_ids:
                matched += _show(ruleset, rule_id, entry, outlook, quiet=quiet)
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


def _restraints(loaded: Setup, store: Store | None) -> Restraints:
    from monitor.decide.holding import Restraints  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    mutes, breakers = (store.mutes(at=utc_now()), store.breakers()) if store else ((), ())
    return Restraints(policies=loaded.policies, mutes=mutes, breakers=breakers)


@dataclass(frozen=True, slots=True)
class _Outlook:
    """Where an entry came from, and what would become of a match."""

    store: Store | None
    dedup: timedelta  # where a rule says nothing else
    source_tags: Mapping[str, tuple[str, ...]]  # by feed
    alone: bool  # there is time to look for the words that nearly match
    restraints: Restraints  # what keeps messages back now

    def reaches(self, match: Match) -> tuple[Reach, ...]:
        """Say which channels would hear of a match."""
        from monitor.decide.telling import reaches_of  # noqa: PLC0415 - `monitor --help` must not import the house

        tags = self.source_tags.get(match.entry.feed, ())
        return reaches_of([match], tuple(tags), self.restraints.policies)

    def when(self, reach: Reach) -> str:
        """Say why a channel would not hear of it at once, or not at all; "" = at once."""
        from monitor.decide.holding import Occasion, hold_of  # noqa: PLC0415
        from monitor.decide.telling import below  # noqa: PLC0415
        from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

        entry = reach.matches[0].entry
        occasion = Occasion(
            channel=reach.channel,
            priority=reach.priority,
            rules=tuple(match.rule.id for match in reach.matches),
            sources=(entry.feed, *self.source_tags.get(entry.feed, ())),
            way=reach.way,
            first=True,
        )
        hold = hold_of(occasion, self.restraints, utc_now())
        return below(reach, self.restraints.policies) or (hold.reason if hold else "")

    def story(self, rule: Rule, entry: Entry) -> str:
        """Say which story a match would join, "" = there is no store to ask."""
        from monitor.stories.keys import story_keys  # noqa: PLC0415
        from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

        if self.store is None:
            return ""
        since = utc_now() - (self.dedup if rule.dedup is None else rule.dedup)
        keys = story_keys(entry)
        stories = self.store.recall(0, keys=(), story_keys=keys.values(), since=since).stories
        for kind, key in keys.items():
            if story := stories.get(key):
                told = f", told in {', '.join(sorted(story.told))}" if story.told else ", told nowhere yet"
                return f"joins story {story.id} by the same {kind}: {plural(story.entries, 'entry')}{told}"
        return "a new story by link and wording; reports in other words are compared when an entry comes"


def _show(ruleset: Ruleset, rule_id: str, entry: Entry, outlook: _Outlook, *, quiet: bool) -> bool:
    """Print what a rule says about an entry, and return whether it matches; `quiet` prints matches alone."""
    from monitor import model  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.rules.explain import explain  # noqa: PLC0415
    from monitor.rules.find import find_definition  # noqa: PLC0415
    from monitor.rules.nearest import nearest_to  # noqa: PLC0415

    explanation = explain(ruleset, rule_id, entry, outlook.source_tags.get(entry.feed, ()))
    if quiet and not explanation.held:
        return False
    verdict = click.style("match", fg="green", bold=True) if explanation.held else click.style("no match", fg="red")
    click.echo(f"{verdict}  {click.style(rule_id, bold=True)}  {shorten(one_line(entry.title), TITLE_WIDTH)}")
    for clause in explanation.clauses:
        line(f"  {_mark(clause)} {clause}", indent=6)
    if not explanation.held and outlook.alone:
        near = nearest_to(find_definition(ruleset, rule_id), explanation, entry)
        if near:
            line(f"  near: {one_line(str(near))}", indent=6)
    if explanation.held:
        _show_route(model.Match(rule=explanation.rule, entry=entry, mentions=()), outlook)
        if story := outlook.story(explanation.rule, entry):
            click.echo(f"  story: {story}")
    return explanation.held


def _show_route(match: Match, outlook: _Outlook) -> None:
    """Draw the way of a match: what it takes beyond one match, its priority, the routes that fit, the channels."""
    from monitor.decide.thresholds import describe_threshold  # noqa: PLC0415 - `monitor --help` must not import the house

    rule, reaches = match.rule, outlook.reaches(match)
    routes = ", ".join(dict.fromkeys(name for reach in reaches for name in reach.routes))
    steps = [describe_threshold(rule.threshold)] if rule.threshold else []
    steps += [f"{rule.priority.word} priority", *([routes] if routes else [])]
    for depth, step in enumerate(steps):
        click.echo(f"  {'   ' * depth}└─ {step}")
    for number, reach in enumerate(reaches, 1):
        branch = "└─" if number == len(reaches) else "├─"
        when = outlook.when(reach)
        line(f"  {'   ' * len(steps)}{branch} {reach.channel}{f': {when}' if when else ''}", indent=6)


def _mark(clause: ClauseAnswer) -> str:
    return click.style("yes", fg="green") if clause.held else click.style("no ", fg="red")
