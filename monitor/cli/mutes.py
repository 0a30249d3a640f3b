"""`monitor mute`, `unmute`, `mutes` and `actions`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.group import NoOperand
from monitor.cli.mute_rows import mute_row
from monitor.cli.past import Duration
from monitor.cli.person import person
from monitor.cli.show import clock_time, print_json, table
from monitor.cli.status import existing_store
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.ports import Store

MOST_ACTIONS = 1_000
BY = click.option("--by", default="", metavar="NAME", help="Who says so, if not the one at the keyboard.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")


@click.command(cls=NoOperand, takes=("--rule", "--feed", "--channel", "--story"))
@click.option("--story", default="", metavar="ID", help="This story: its id, or the first digits.")
@click.option("--alert", default="", metavar="ID", help="The story of this alert, or of this message.")
@click.option(
    "--rule", default="", metavar="NAME", help="What this rule alone has found.", shell_complete=complete.rules
)
@click.option("--feed", default="", metavar="NAME", help="What comes from this feed.", shell_complete=complete.feeds)
@click.option("--channel", default="", metavar="NAME", help="Only in this channel.", shell_complete=complete.channels)
@click.option("--all", "everything", is_flag=True, help="Everything.")
@click.option("--for", "length", type=Duration(), metavar="TIME", help="How long, such as 24h.")
@click.option("--until", "end", default="", metavar="TIME", help="Until when, such as '2026-11-23 08:00 Europe/Paris'.")
@click.option("--reason", default="", help="Why, for those who wonder.")
@click.option("--tell", is_flag=True, help="Tell at its end, in one message, what was held.")
@BY
@click.pass_obj
def mute(
    file: Path,
    *,
    story: str,
    alert: str,
    rule: str,
    feed: str,
    channel: str,
    everything: bool,
    length: timedelta | None,
    end: str,
    reason: str,
    tell: bool,
    by: str,
) -> None:
    """Keep messages back for a time: of a story, a rule, a feed or a channel; of what is given, all must fit.

    It holds from the next poll on, replies to what was told before, too. Nothing is lost: `monitor why` and `monitor
    held list` show what is held. Where several rules have found something, it is held when each of them is muted.

    \b
      monitor mute --rule quake --for 24h --reason "drill in Chile"
      monitor mute --alert 6f1c22d0 --for 3d
      monitor mute --feed tass --channel desk --until "2026-11-23 08:00" --tell
    """  # noqa: D301 - click's sign for "leave these lines as they are" is the character itself
    from monitor import acts  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    if length is None and not end:
        raise click.UsageError("say how long: --for 24h, or --until '2026-11-23 08:00'")
    if length is not None and end:
        raise click.UsageError("say how long by --for or by --until, not by both")
    if story and alert:
        raise click.UsageError("name the story or one of its alerts, not both")
    _require_known(file, rule=rule, feed=feed, channel=channel)
    until = _moment(file, end) if length is None else utc_now() + length
    with existing_store(file) as store:
        said = acts.mute(
            store,
            person(by),
            now=utc_now(),
            until=until,
            story=_story(store, story) if story else _story_of_alert(store, alert) if alert else "",
            rule=rule,
            feed=feed,
            channel=channel,
            everything=everything,
            reason=reason,
            tell=tell,
        )
    click.echo(said)


@click.command()
@click.argument("mute_id", metavar="ID")
@click.option("--tell", is_flag=True, help="Tell now, in one message, what it has held.")
@BY
@click.pass_obj
def unmute(file: Path, *, mute_id: str, tell: bool, by: str) -> None:
    """End a mute before its time; ID is what `monitor mutes` shows, or its first digits.

    What it has held stays untold, unless it was begun with --tell, or is ended with it.
    """
    from monitor import acts  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    with existing_store(file) as store:
        click.echo(acts.unmute(store, person(by), mute_id, now=utc_now(), tell=tell, whole=True))


@click.command()
@click.option("--all", "past", is_flag=True, help="Those that are over, too.")
@JSON
@click.pass_obj
def mutes(file: Path, *, past: bool, as_json: bool) -> None:
    """List the mutes that are running: what, until when, who began them and why."""
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    now = utc_now()
    with existing_store(file) as store:
        found = store.mutes(at=None if past else now)
    if as_json:
        print_json({"mutes": found})
    elif found:
        table(mute_row(each, now) for each in found)
    else:
        click.echo("no mute was ever begun" if past else "nothing is muted")


@click.command()
@click.option("--limit", type=click.IntRange(1, MOST_ACTIONS), default=20, show_default=True, help="How many.")
@JSON
@click.pass_obj
def actions(file: Path, *, limit: int, as_json: bool) -> None:
    """List what people did about alerts, the newest first: who, by what means, when and to what."""
    with existing_store(file) as store:
        found = store.actions(limit=limit)
    if as_json:
        print_json({"actions": found})
    elif found:
        table(
            [clock_time(each.at), each.by, each.via, each.verb, each.subject[:8], shorten(each.detail, 100)]
            for each in found
        )
    else:
        click.echo("nobody has done anything yet")


def _moment(file: Path, text: str) -> datetime:
    """Read a time, in the configuration's zone where it names none."""
    import os  # noqa: PLC0415

    from monitor.config.load import load_config  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.text.hours import parse_moment  # noqa: PLC0415

    config, _ = load_config(file, env=os.environ)
    try:
        return parse_moment(text, zone=config.defaults.zone if config else "UTC")
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _require_known(file: Path, *, rule: str, feed: str, channel: str) -> None:
    """Check that the files know these names; where they hold a mistake now, they are taken as they are given.

    Raises:
        NotFoundError: one is unknown.
    """
    from monitor.errors import ConfigurationError  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.setup import load_setup  # noqa: PLC0415

    if not (rule or feed or channel):
        return
    try:
        loaded = load_setup(file)
    except ConfigurationError:
        click.echo("the files hold a mistake now, so names are not checked: see `monitor check`", err=True)
        return
    _require("rule", rule, loaded.ruleset.rules)
    _require("feed", feed, [each.name for each in loaded.config.feeds])
    _require("channel", channel, loaded.channels)


def _require(what: str, name: str, known: Collection[str]) -> None:
    from monitor.document import did_you_mean  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.errors import NotFoundError  # noqa: PLC0415

    if name and name not in known:
        hint = did_you_mean(name, known)
        raise NotFoundError(f"no {what} `{shorten(one_line(name), 100)}`" + (f": {hint}" if hint else ""))


def _story(store: Store, reference: str) -> str:
    """Return the one story whose id begins so."""
    return _one("story", reference, store.find_stories(reference.lower()))


def _story_of_alert(store: Store, reference: str) -> str:
    """Return the story of an alert, by the beginning of its id or of one of its messages' keys."""
    stories = {each.story_id for each in store.find_alerts(reference.lower())}
    return _one("alert", reference, sorted(stories))


def _one(what: str, reference: str, found: Sequence[str]) -> str:
    from monitor.errors import NotFoundError  # noqa: PLC0415 - `monitor --help` must not import the house

    shown = shorten(one_line(reference), 50)
    if not found:
        raise NotFoundError(f"no {what} `{shown}`: `monitor why` and `monitor alerts list` show their ids")
    if len(found) > 1:
        raise NotFoundError(f"`{shown}` may be {', '.join(each[:12] for each in found[:5])}: give more of it")
    return found[0]
