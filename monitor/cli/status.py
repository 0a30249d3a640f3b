"""`monitor status`."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import click

from monitor.cli.group import NoOperand
from monitor.cli.mute_rows import mute_row
from monitor.cli.show import SOURCE_WIDTH, ago, clock_time, line, plural, print_json, table
from monitor.errors import Problem
from monitor.model import FeedState, Mute
from monitor.ports import NodeReport, StatusReport, Store
from monitor.text.plain import one_line, shorten

ALIVE = timedelta(seconds=90)
MOST_FAILING = 10
HASH_SHOWN = 8  # digits


@contextmanager
def existing_store(file: Path) -> Iterator[Store]:
    """Open the store that a configuration names, as it is: nothing is created, nothing migrated.

    Raises:
        ConfigurationError: the configuration cannot be read.
        NotFoundError: no daemon has made it yet.
    """
    import os  # noqa: PLC0415

    from monitor.config.store import find_store  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.store.sql_store import open_existing_store  # noqa: PLC0415

    store = open_existing_store(find_store(file, env=os.environ))
    try:
        yield store
    finally:
        store.close()


@click.command(cls=NoOperand, takes=("-c",))
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.option("--quiet", is_flag=True, help="Print nothing; only the exit code tells.")
@click.pass_obj
def status(file: Path, *, as_json: bool, quiet: bool) -> None:
    """Show feeds, alerts and messages owed, in one screen.

    The files are looked at as well, as they are now and with the environment of this shell: where they hold a mistake,
    a daemon that runs goes on with what it read before, and one that is started says no. Exit code 0 if a daemon has
    shown signs of life within 90 s, else 1; one that was killed on this machine is missed at once, but for `--quiet`.
    """
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    with existing_store(file) as store:
        now = utc_now()
        if quiet:  # asked every half minute, by whatever watches a container
            sys.exit(0 if _alive(store.nodes(), now) else 1)
        report, muted = store.status(), store.mutes(at=now)
    alive = _not_killed(file, _alive(report.nodes, now))
    rules, mistakes = _look_at_files(file)
    if as_json:
        parts = {each.name: getattr(report, each.name) for each in dataclasses.fields(report)}
        told = [str(mistake) for mistake in mistakes]
        print_json({**parts, "mutes": muted, "alive": bool(alive), "rules": rules, "mistakes": told})
    else:
        _show(report, alive, now, rules)
        _show_kept_back(report, muted, now)
        _show_strays(file, report.held_in)
        _show_mistakes(mistakes, running=bool(alive))
    sys.exit(0 if alive else 1)


def _alive(nodes: Sequence[NodeReport], now: datetime) -> list[NodeReport]:
    return [node for node in nodes if now - node.beat_at < ALIVE]


def _not_killed(file: Path, nodes: list[NodeReport]) -> list[NodeReport]:
    """Leave out the daemon of this machine that has died without a word: the kernel has freed its state folder."""
    import os  # noqa: PLC0415
    import socket  # noqa: PLC0415

    from monitor.config.store import find_store  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.store.lock import lock_holder  # noqa: PLC0415
    from monitor.store.sql_store import state_file  # noqa: PLC0415

    own = f"{socket.gethostname()}:"
    if not any(node.name.startswith(own) for node in nodes):
        return nodes
    state = state_file(find_store(file, env=os.environ))
    if state is None or lock_holder(state.parent) is not None:
        return nodes
    return [node for node in nodes if not node.name.startswith(own)]


def _look_at_files(file: Path) -> tuple[int | None, tuple[Problem, ...]]:
    """Count the rules, None = they cannot be read; find what would keep a daemon from taking over the files."""
    from monitor.errors import ConfigurationError  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.setup import load_setup, require_examples  # noqa: PLC0415

    rules = None
    try:
        setup = load_setup(file)
        rules = len(setup.ruleset.rules)
        require_examples(setup)
    except ConfigurationError as error:
        return rules, error.problems
    return rules, ()


def _show_mistakes(mistakes: Sequence[Problem], *, running: bool) -> None:
    if not mistakes:
        return
    after = "what was read before goes on" if running else "a daemon would not start"
    count = click.style(plural(len(mistakes), "mistake"), fg="red", bold=True)
    click.echo(f"files     {count}: {after}; `monitor check` shows what is wrong")
    line(f"          {shorten(one_line(str(mistakes[0])), SOURCE_WIDTH)}", indent=10)


def _show(report: StatusReport, alive: list[NodeReport], now: datetime, rules: int | None) -> None:
    for node in alive:
        known = f", rules {node.rules_hash[:HASH_SHOWN]}" if len(alive) > 1 else ""
        click.echo(f"running   {node.name}, version {node.version}, for {ago(node.started_at, now)}{known}")
    if len({node.rules_hash for node in alive}) > 1:
        odd = click.style("their rules differ", fg="yellow", bold=True)
        click.echo(f"          {odd}: a daemon reads changed files within seconds; are the files the same everywhere?")
    if not alive:
        last = max((node.beat_at for node in report.nodes), default=None)
        seen = f"; last sign of life {ago(last, now)} ago" if last else ""
        click.echo(click.style("not running", fg="red", bold=True) + seen)
    failing = _show_feeds(report, now)
    if rules == 0:
        click.echo("rules     none: whatever comes, nothing is found")
    click.echo(f"seen      {plural(report.entries, 'entry')}")
    owed = sum(channel.count for channel in report.owed)
    click.echo(f"messages  {report.deliveries['sent']} sent, {owed} owed, {report.deliveries['dead']} set aside")
    if held := ", ".join(f"{count:,} by {_HOLDERS[kind]}" for kind, count in report.held.items() if count):
        click.echo(f"held      {held}; `monitor held list` shows them")
    if report.owed:
        click.echo("\nOwed:")
        table(
            [channel.channel, plural(channel.count, "message"), f"since {clock_time(channel.since)}", channel.reason]
            for channel in report.owed
        )
    if failing:
        click.echo("\nFailing feeds (`monitor feeds list --failing` says more):")
        table(_failing_row(feed, now) for feed in failing[:MOST_FAILING])
        if len(failing) > MOST_FAILING:
            click.echo(f"  and {len(failing) - MOST_FAILING:,} more")
    if report.dead:
        click.echo("\nMessages set aside (`monitor alerts replay` sends them again):")
        table([dead.channel, clock_time(dead.since), dead.title, dead.reason] for dead in report.dead)


def _show_kept_back(report: StatusReport, muted: Sequence[Mute], now: datetime) -> None:
    """Say which breakers are open, and what people do not want to hear of."""
    if report.breakers:
        click.echo("\nOpen breakers (`monitor held release|discard|mute ID`):")
        table([each.id, f"{each.subject.value} {each.name}", each.reason] for each in report.breakers)
    if muted:
        click.echo("\nMuted:")
        table(mute_row(each, now) for each in muted)


_HOLDERS = {
    "wait": "waiting for other reports",
    "quiet": "quiet hours",
    "digest": "the next digest",
    "maintenance": "maintenance",
    "mute": "mutes",
    "breaker": "breakers",
}


def _show_strays(file: Path, held: Mapping[str, int]) -> None:
    """Say what is held for channels that are no longer in the files: nobody lets that go."""
    import os  # noqa: PLC0415

    from monitor.config.load import load_config  # noqa: PLC0415 - `monitor --help` must not import the house

    config, _ = load_config(file, env=os.environ)
    written = config.main.value.get("channels") if config else None
    gone = sorted(held.keys() - set(written if isinstance(written, dict) else ()))
    if gone:
        click.echo("\nHeld for channels that are gone (put them back, and it is told):")
        table([channel, plural(held[channel], "message")] for channel in gone)


def _show_feeds(report: StatusReport, now: datetime) -> list[FeedState]:
    """Count the feeds in one line; return those with a named cause, the worst first."""
    from monitor.decide.health import Standing, health_of  # noqa: PLC0415 - `monitor --help` must not import the house

    if not report.feeds:
        click.echo("feeds     none: nothing is read; `monitor feeds add URL --write` adds one")
        return []
    healths = {feed.url: health_of(feed, now) for feed in report.feeds}
    counts = Counter(health.standing for health in healths.values())
    line = f"feeds     {counts[Standing.WELL]} healthy, {counts[Standing.FAILING]} failing"
    odd = f", {counts[Standing.ODD]} odd" if counts[Standing.ODD] else ""
    paused = f", {counts[Standing.PAUSED]} paused" if counts[Standing.PAUSED] else ""
    click.echo(f"{line}, {counts[Standing.WAITING]} not polled yet{odd}{paused}")
    failing = [feed for feed in report.feeds if healths[feed.url].standing in (Standing.FAILING, Standing.ODD)]
    return sorted(failing, key=lambda feed: healths[feed.url].key)


def _failing_row(feed: FeedState, now: datetime) -> list[str]:
    since = f"for {ago(feed.failing_since, now)}" if feed.failing_since else ""
    return [feed.name, since, feed.cause.value if feed.cause else "", feed.detail]
