"""`monitor backtest`."""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import complete
from monitor.cli.past import Duration, replay_of, shown
from monitor.cli.show import clock_time, plural, print_json, table
from monitor.cli.status import existing_store
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.backtest import Backtest
    from monitor.decide.replay import Finding
    from monitor.model import Match
    from monitor.rules.match import Ruleset
    from monitor.setup import Setup

WIDTH = 40  # of the longest bar
TITLE_WIDTH = 90
EIGHTHS = " ▏▎▍▌▋▊▉"


@click.command()
@click.argument("rule", metavar="RULE|-", shell_complete=complete.rules)
@click.option("--since", type=Duration(), default="7d", show_default=True, help="How far back, such as 24h or 30d.")
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Matches shown, the latest.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def backtest(file: Path, *, rule: str, since: timedelta, limit: int, as_json: bool) -> None:
    """Run a rule over the stored entries: what it would have found and told, day by day.

    RULE is the id of a rule, or - to read one from standard input, as `monitor try` does. All is decided as the daemon
    would have: an entry of a story that was told is not told again, and thresholds (`at_least` and its kin) are
    applied; for them, older entries are read as well, as far as they are stored. Exit code 1 if nothing matches.

    \b
      monitor backtest deconfliction --since 30d
      echo '{terms: [talks], all: [Syria]}' | monitor backtest -
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.backtest import Past, run_backtest, wanted_by  # noqa: PLC0415
    from monitor.decide.replay import lookback  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    loaded = setup.load_setup(file)
    ruleset = _rules(loaded, rule)
    start = utc_now() - since
    memory = lookback(ruleset.rules.values(), loaded.config.defaults.dedup)
    usable = [each.definition for each in loaded.ruleset.compiled.values()]
    with existing_store(file) as store:
        past = Past(store, start - memory, start=start, wanted=wanted_by(ruleset, usable))
        replay = replay_of(loaded, ruleset)
        found = run_backtest(replay, shown(past), since=start, limit=limit, count=past.count())
    if as_json:
        print_json(_as_json(found))
    else:
        _show(found, ruleset)
    sys.exit(0 if found.matched else 1)


def _rules(loaded: Setup, rule: str) -> Ruleset:
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.backtest import only  # noqa: PLC0415

    if rule == "-":
        return setup.load_trial_rules(loaded, sys.stdin.buffer.read())
    return only(loaded.ruleset, rule)


def _as_json(found: Backtest) -> dict[str, Any]:
    return {
        "entries": found.entries,
        "matched": found.matched,
        "told": found.told,
        "stories": found.stories,
        "days": {day.isoformat(): {"matched": count.matched, "told": count.told} for day, count in found.days},
        "matches": [
            {
                "rule": finding.match.rule.id,
                "entry": finding.match.entry.id,
                "title": finding.match.entry.title,
                "feed": finding.match.entry.feed,
                "url": finding.match.entry.url,
                "seen_at": finding.match.entry.seen_at,
                "found": [{"name": each.name, "surface": each.surface} for each in finding.match.mentions],
                "told": finding.told,
                "threshold": finding.note,
            }
            for finding in found.findings
        ],
        "silences": [dataclasses.asdict(silence) for silence in found.silences],
    }


def _show(found: Backtest, ruleset: Ruleset) -> None:
    most = max((count.told for _, count in found.days), default=0)
    for day, count in found.days:
        matched = f" of {plural(count.matched, 'match')}" if count.matched != count.told else ""
        click.echo(f"{day}  {bar(count.told, most)}{' ' if count.told else ''}{count.told:,}{matched}")
    if found.findings:
        click.echo()
        several = len(ruleset.rules) > 1
        table(([each.match.rule.id, *_row(each)] if several else _row(each) for each in found.findings), indent=0)
    _show_thresholds(found, ruleset)
    left_out = found.found - len(found.findings)
    more = f"; the latest {len(found.findings):,} are shown (`--limit`)" if left_out and found.findings else ""
    matched = f"{found.matched:,} matched in {plural(found.stories, 'story')}" if found.matched else "none matched"
    told = f", {found.told:,} would have been told" if found.matched else ""
    click.echo(f"{plural(found.entries, 'entry')} searched, {matched}{told}{more}")


def _row(finding: Finding) -> list[str]:
    entry = finding.match.entry
    title = shorten(one_line(entry.title), TITLE_WIDTH)
    became = "told" if finding.told else "the story was told before" if finding.reached else "held back"
    return [
        clock_time(entry.seen_at),
        became,
        entry.feed,
        title,
        "; ".join(filter(None, (_words(finding.match), finding.note))),
    ]


def _show_thresholds(found: Backtest, ruleset: Ruleset) -> None:
    """Say which thresholds were applied, from when on, and when nothing came for too long."""
    from monitor.decide.thresholds import describe_threshold, span  # noqa: PLC0415 - `monitor --help` must not import the house

    asked = {rule.id: rule.threshold for rule in ruleset.rules.values() if rule.threshold}
    if asked and found.first:
        click.echo()
    for silence in found.silences:
        said = f"nothing since {clock_time(silence.since)}, for {span(silence.at - silence.since)}: told"
        click.echo(f"{clock_time(silence.at)}  {silence.rule}  {said}")
    for rule_id, threshold in asked.items() if found.first else ():
        first = clock_time(found.first) if found.first else ""
        click.echo(f"threshold of {rule_id}: {describe_threshold(threshold)}; counted from {first} on")


def bar(count: int, most: int) -> str:
    """Draw a bar of a length in proportion, in eighths of a character; what is not nothing is seen."""
    eighths = max(round(count / most * WIDTH * 8), 1) if count else 0
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _words(match: Match) -> str:
    """Name what was found: `shoygu → Шойгу, talks`."""
    found = dict.fromkeys((mention.name, mention.surface) for mention in match.mentions)
    said = (name if name.casefold() == surface.casefold() else f"{name} → {surface}" for name, surface in found)
    return ", ".join(said)
