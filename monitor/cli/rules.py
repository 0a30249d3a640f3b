"""`monitor rules ...`."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import complete
from monitor.cli.group import Group
from monitor.cli.past import Duration, replay_of, shown
from monitor.cli.show import ago, clock_time, line, plural, print_json, table
from monitor.cli.status import existing_store
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.backtest import Comparison
    from monitor.model import Rule
    from monitor.ports import RuleStats
    from monitor.rules.judged import Judged, Score
    from monitor.rules.tree import Definition

TITLE_WIDTH = 60
MOST_DEAD = 20
MOST_SPELLINGS = 5
MONTH = timedelta(days=30)
JUDGED = timedelta(days=365)


@click.group(cls=Group)
def rules() -> None:
    """List, show, count and compare the rules."""


@rules.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def list_rules(file: Path, *, as_json: bool) -> None:
    """List the rules: id, title, priority, channels, owner, and where each stands."""
    from monitor.setup import load_setup  # noqa: PLC0415 - `monitor --help` must not import the house

    found = [compiled.definition for compiled in load_setup(file).ruleset.compiled.values()]
    if as_json:
        print_json({"rules": [_row(each.rule) | {"place": each.place} for each in found]})
        return
    table(
        (
            [
                each.rule.id,
                shorten(each.rule.title, TITLE_WIDTH),
                each.rule.priority.word,
                ", ".join(each.rule.notify),
                each.rule.owner,
                each.place,
            ]
            for each in found
        ),
        indent=0,
    )


def _row(rule: Rule) -> dict[str, Any]:
    said = {name: getattr(rule, name) for name in ("id", "title", "notify", "owner", "tags", "note")}
    return said | {"priority": rule.priority.word}


@rules.command()
@click.argument("rule", shell_complete=complete.rules)
@click.pass_obj
def show(file: Path, *, rule: str) -> None:
    """Show one rule as it was read: what it asks for, where it is told."""
    from monitor.rules.find import find_definition  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.setup import load_setup  # noqa: PLC0415

    for label, text in _described(find_definition(load_setup(file).ruleset, rule)):
        line(f"{label:<10}{one_line(text)}", indent=10)


def _described(definition: Definition) -> list[tuple[str, str]]:
    from monitor.decide.thresholds import describe_dedup, describe_threshold  # noqa: PLC0415 - see above
    from monitor.rules.describe import describe  # noqa: PLC0415

    rule = definition.rule
    lines = [("rule", rule.id), ("title", rule.title), ("stands in", definition.place)]
    lines += [(clause.key, describe(clause.node)) for clause in definition.clauses]
    lines.append(("in", ", ".join(field.value for field in definition.fields)))
    lines.append(("threshold", describe_threshold(rule.threshold) if rule.threshold else ""))
    lines += [("priority", rule.priority.word), ("notify", ", ".join(rule.notify))]
    lines.append(("dedup", describe_dedup(rule)))
    lines.append(("expires", str(rule.expires or "")))
    lines += [("owner", rule.owner), ("tags", ", ".join(rule.tags)), ("note", rule.note)]
    lines.append(("examples", str(len(definition.examples))))
    return [(label, text) for label, text in lines if text]


@rules.command()
@click.option("--misses", "patches", is_flag=True, help="Print what nobody wanted to read as a patch to the rules.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def stats(file: Path, *, patches: bool, as_json: bool) -> None:
    """Count what each rule has found: in 7 and 30 days, the last time, its noisiest term; and which rules are dead.

    A dead rule has found nothing in 30 days. What people said of alerts in a year (with buttons in Slack, or `monitor
    alerts judge`) is counted as precision, by rule and by spelling. Texts that nobody found relevant are proposed as
    examples that the rule should leave alone: they fail, until the rule has learnt.

    \b
      monitor rules stats --misses | patch -p0
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor.rules.judged import judged_rules, propose_misses  # noqa: PLC0415
    from monitor.setup import load_setup  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    loaded = load_setup(file)
    known, now = loaded.ruleset.rules, utc_now()
    with existing_store(file) as store:
        found = store.rule_stats(now)
        began = min((feed.baseline_at for feed in store.status().feeds if feed.baseline_at), default=now)
        judged = judged_rules(store.feedback(since=now - JUDGED))
    if patches:
        click.echo("".join(propose_misses(loaded.ruleset, loaded.config.documents, judged.values())), nl=False)
        return
    alive = sorted(
        (each for rule_id, each in found.items() if rule_id in known and each.month),
        key=lambda each: (-each.month, each.rule),
    )
    dead = [rule_id for rule_id in known if rule_id not in found or not found[rule_id].month]
    if as_json:
        opinions = [dataclasses.asdict(each) for each in judged.values()]
        print_json({"rules": [dataclasses.asdict(each) for each in alive], "dead": dead, "judged": opinions})
        return
    _show_alive(alive, now)
    _show_judged(judged)
    _show_dead(dead, found, began, now)


def _show_alive(alive: Sequence[RuleStats], now: datetime) -> None:
    if alive:
        table(
            [["rule", "7 days", "30 days", "last hit", "noisiest term"], *(_counted(each, now) for each in alive)],
            indent=0,
        )


def _show_dead(dead: Sequence[str], found: Mapping[str, RuleStats], began: datetime, now: datetime) -> None:
    for rule_id in dead[:MOST_DEAD]:
        click.echo(without_hits(rule_id, found[rule_id].last_at if rule_id in found else None, began, now))
    if len(dead) > MOST_DEAD:
        click.echo(f"and {len(dead) - MOST_DEAD:,} more without a hit")


def without_hits(rule_id: str, last_at: datetime | None, began: datetime, now: datetime) -> str:
    """Say that a rule has found nothing: it is dead where feeds have been read for long enough to know."""
    if last_at is None and now - began < MONTH:
        return f"no hit yet: {rule_id}: the first feed was read {ago(began, now)} ago"
    last = f", the last hit {ago(last_at, now)} ago" if last_at else ""
    return f"dead: {rule_id}: nothing in 30 days{last}"


def _show_judged(judged: Mapping[str, Judged]) -> None:
    """Say how many of the alerts of each rule were relevant, and by which spellings those that were not came."""
    if judged:
        click.echo()
        table([["judged", "relevant", ""], *(row for each in judged.values() for row in _precision(each))], indent=0)
    if unwanted := sum(len(each.unwanted) for each in judged.values()):
        click.echo(f"{plural(unwanted, 'text')} nobody wanted: `monitor rules stats --misses` makes examples of them")


def _precision(each: Judged) -> Iterator[list[str]]:
    yield [each.rule, *_share(each.score)]
    for spelling, score in list(each.spellings.items())[:MOST_SPELLINGS]:
        yield [f"  “{spelling}”", *_share(score)]


def _share(score: Score) -> list[str]:
    return [f"{score.precision:.0%}", f"{score.relevant:,} of {score.judged:,}"]


def _counted(each: RuleStats, now: datetime) -> list[str]:
    name, hits = each.noisiest
    return [
        each.rule,
        f"{each.week:,}",
        f"{each.month:,}",
        f"{ago(each.last_at, now)} ago",
        f"{name} ({hits:,})" if name else "",
    ]


@rules.command()
@click.argument("other", default="HEAD", metavar="[GIT-REF|FILE|FOLDER]")
@click.option("--since", type=Duration(), default="30d", show_default=True, help="How far back, such as 24h or 30d.")
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Entries shown, the first.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def diff(file: Path, *, other: str, since: timedelta, limit: int, as_json: bool) -> None:
    """Say which stored entries the rules find now and did not find before, and the other way round.

    Before is a git revision of the folder of the configuration (HEAD: the last commit), or else a folder or a file of
    rules; of a file, only rules that stand in it are compared. Of a rule with a threshold, the entries that reach it
    are compared, and of `absent` the silences; for them, older entries are read as well, as far as they are stored.
    Exit code 1 if anything differs.
    """
    from monitor.backtest import Past, compare_rules, some, wanted_by_either  # noqa: PLC0415
    from monitor.decide.replay import lookback  # noqa: PLC0415
    from monitor.revisions import load_revision  # noqa: PLC0415
    from monitor.setup import load_setup  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    loaded = load_setup(file)
    before, now = load_revision(loaded, other), loaded.ruleset
    if Path(other).is_file():
        now = some(now, before.rules)
    start = utc_now() - since
    memory = lookback([*before.rules.values(), *now.rules.values()], loaded.config.defaults.dedup)
    with existing_store(file) as store:
        past = Past(store, start - memory, start=start, wanted=wanted_by_either(before, now))
        old, new = replay_of(loaded, before), replay_of(loaded, now)
        found = compare_rules(old, new, shown(past), since=start, limit=limit, count=past.count())
    if as_json:
        print_json(_as_json(found))
    else:
        _show_changes(found)
    sys.exit(1 if found.gained or found.lost else 0)


def _as_json(found: Comparison) -> dict[str, Any]:
    return {
        "entries": found.entries,
        "gained": dict(found.gained),
        "lost": dict(found.lost),
        "changes": [
            {
                "rule": change.rule,
                "gained": change.gained,
                "at": change.at,
                "entry": change.entry.id if change.entry else "",
                "title": change.entry.title if change.entry else "",
            }
            for change in found.changes
        ],
    }


def _show_changes(found: Comparison) -> None:
    differing = sorted(found.gained.keys() | found.lost.keys())
    if differing:
        table(([rule, f"+{found.gained[rule]:,}", f"-{found.lost[rule]:,}"] for rule in differing), indent=0)
        click.echo()
    for change in found.changes:
        sign = click.style("+", fg="green") if change.gained else click.style("-", fg="red")
        title = shorten(one_line(change.entry.title), TITLE_WIDTH * 2) if change.entry else "nothing came for too long"
        feed = f"{change.entry.feed}  " if change.entry else ""
        click.echo(f"{sign} {change.rule}  {clock_time(change.at)}  {feed}{title}")
    more = found.gained.total() + found.lost.total() - len(found.changes)
    if more > 0:
        click.echo(f"and {more:,} more (`--limit`)")
    searched = plural(found.entries, "entry")
    click.echo(f"{searched} searched: {found.gained.total():,} gained, {found.lost.total():,} lost")
