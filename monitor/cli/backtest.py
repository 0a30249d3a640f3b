"""`monitor backtest`."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.past import Duration, stored_since
from monitor.cli.show import clock_time, plural, print_json, table
from monitor.cli.status import existing_store
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.backtest import Backtest
    from monitor.model import Match
    from monitor.rules.match import Ruleset
    from monitor.setup import Setup

WIDTH = 40  # of the longest bar
TITLE_WIDTH = 90
EIGHTHS = " ▏▎▍▌▋▊▉"


@click.command()
@click.argument("rule", metavar="RULE|-")
@click.option("--since", type=Duration(), default="7d", show_default=True, help="How far back, such as 24h or 30d.")
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Matches shown, the latest.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def backtest(file: Path, *, rule: str, since: timedelta, limit: int, as_json: bool) -> None:
    r"""Run a rule over the stored entries: what it would have found, day by day.

    RULE is the id of a rule, or - to read one from standard input, as `monitor try` does. Entries are matched one by
    one; thresholds (`at_least` and its kin) are left out. Exit code 1 if nothing matches.

    \b
      monitor backtest deconfliction --since 30d
      echo '{terms: [talks], all: [Syria]}' | monitor backtest -
    """
    from monitor import setup  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.app import utc_now  # noqa: PLC0415
    from monitor.backtest import run_backtest  # noqa: PLC0415

    loaded = setup.load_setup(file)
    ruleset = _rules(loaded, rule)
    with existing_store(file) as store, stored_since(store, utc_now() - since) as entries:
        found = run_backtest(ruleset, entries, dedup=loaded.config.defaults.dedup, limit=limit)
    if as_json:
        print_json(_as_json(found))
    else:
        _show(found, several=len(ruleset.rules) > 1)
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
        "stories": found.stories,
        "days": {day.isoformat(): count for day, count in found.days},
        "matches": [
            {
                "rule": match.rule.id,
                "entry": match.entry.id,
                "title": match.entry.title,
                "feed": match.entry.feed,
                "url": match.entry.url,
                "seen_at": match.entry.seen_at,
                "found": [{"name": each.name, "surface": each.surface} for each in match.mentions],
            }
            for match in found.matches
        ],
    }


def _show(found: Backtest, *, several: bool) -> None:
    most = max((count for _, count in found.days), default=0)
    for day, count in found.days:
        click.echo(f"{day}  {bar(count, most)}{' ' if count else ''}{count:,}")
    shown = [
        [
            clock_time(match.entry.seen_at),
            match.entry.feed,
            shorten(one_line(match.entry.title), TITLE_WIDTH),
            _words(match),
        ]
        for match in found.matches
    ]
    if shown:
        click.echo()
        table(
            [[match.rule.id, *row] if several else row for match, row in zip(found.matches, shown, strict=True)],
            indent=0,
        )
    left_out = found.matched - len(found.matches)
    more = f"; the latest {len(found.matches):,} are shown (`--limit`)" if left_out > 0 and shown else ""
    stories = plural(found.stories, "story")
    click.echo(f"{plural(found.entries, 'entry')} read, {found.matched:,} matched, {stories}{more}")


def bar(count: int, most: int) -> str:
    """Draw a bar of a length in proportion, in eighths of a character; what is not nothing is seen."""
    eighths = max(round(count / most * WIDTH * 8), 1) if count else 0
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _words(match: Match) -> str:
    """Name what was found: `shoygu → Шойгу, talks`."""
    found = dict.fromkeys((mention.name, mention.surface) for mention in match.mentions)
    said = (name if name.casefold() == surface.casefold() else f"{name} → {surface}" for name, surface in found)
    return ", ".join(said)
