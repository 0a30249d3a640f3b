"""`monitor held ...`: what is kept back, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import complete
from monitor.cli.group import Group, NoOperand
from monitor.cli.mutes import BY, JSON
from monitor.cli.past import Duration
from monitor.cli.person import person
from monitor.cli.show import clock_time, plural, print_json, table
from monitor.cli.status import existing_store
from monitor.text.plain import shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.model import Breaker, HeldDelivery

SHOWN = 10  # messages of one channel and reason, without --limit
_MOST = 100_000


@click.group(cls=Group)
def held() -> None:
    """List what is kept back, and let it go, discard it or mute what it is about."""


@held.command("list", cls=NoOperand, takes=("--channel",), short_help="List what is kept back, by channel and reason.")
@click.option(
    "--channel", default="", metavar="NAME", help="Only messages of this channel.", shell_complete=complete.channels
)
@click.option("--limit", type=click.IntRange(1, _MOST), default=SHOWN, show_default=True, help="How many of a kind.")
@JSON
@click.pass_obj
def list_held(file: Path, *, channel: str, limit: int, as_json: bool) -> None:
    """List what is kept back, by channel and reason: quiet hours, digests, maintenance, mutes, breakers.

    Breakers that are open come first: they wait for somebody to decide.
    """
    with existing_store(file) as store:
        found = store.held_deliveries(channel=channel, limit=_MOST)
        breakers = store.breakers()
    if as_json:
        print_json({"breakers": breakers, "held": [_as_json(each) for each in found]})
        return
    if breakers:
        click.echo("Open breakers (`monitor held release|discard|mute ID`):")
        table(breaker_row(each, found) for each in breakers)
    for (where, reason), some in _groups(found):
        click.echo(f"{where}: {plural(len(some), 'message')}, {reason}")
        table(
            [each.delivery.key[:8], _kind(each), shorten(each.delivery.message.title.text, 100)]
            for each in some[:limit]
        )
        if len(some) > limit:
            click.echo(f"  and {len(some) - limit:,} more")
    if not found and not breakers:
        click.echo("nothing is held")


@held.command(short_help="Tell what a breaker holds, or send one held message now.")
@click.argument("reference", metavar="ID")
@BY
@JSON
@click.pass_obj
def release(file: Path, *, reference: str, by: str, as_json: bool) -> None:
    """Tell what a breaker holds, in one message where it is much, or send one held message now.

    ID is the breaker's or the message's, as `monitor held list` shows it. What mutes hold is told by `monitor unmute
    --tell`.
    """
    from monitor import acts  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    with existing_store(file) as store:
        _say(acts.release(store, person(by), reference, now=utc_now(), whole=True), as_json=as_json)


@held.command(short_help="Leave untold what a breaker holds, or one held message.")
@click.argument("reference", metavar="ID")
@BY
@JSON
@click.pass_obj
def discard(file: Path, *, reference: str, by: str, as_json: bool) -> None:
    """Leave untold what a breaker holds, or one held message; it stays in the record."""
    from monitor import acts  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    with existing_store(file) as store:
        _say(acts.discard(store, person(by), reference, now=utc_now(), whole=True), as_json=as_json)


@held.command(short_help="Discard what a breaker holds, and mute its rule or feed.")
@click.argument("reference", metavar="ID")
@click.option("--for", "length", type=Duration(), default="24h", show_default=True, metavar="TIME", help="How long.")
@BY
@JSON
@click.pass_obj
def mute(file: Path, *, reference: str, length: timedelta, by: str, as_json: bool) -> None:
    """Leave untold what a breaker holds, and mute its rule or feed for a day, or as long as you say."""
    from monitor import acts  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    now = utc_now()
    with existing_store(file) as store:
        said = acts.mute_held(store, person(by), reference, now=now, until=now + length, whole=True)
    _say(said, as_json=as_json)


def _say(said: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"said": said})
    else:
        click.echo(said)


def breaker_row(breaker: Breaker, found: Sequence[HeldDelivery]) -> Sequence[str]:
    """Describe a breaker in a row of a table."""
    count = sum(1 for each in found if each.delivery.hold and each.delivery.hold.by == breaker.id)
    about = f"{breaker.subject.value} {breaker.name}"
    return [breaker.id, about, f"since {clock_time(breaker.since)}", breaker.reason, f"{plural(count, 'message')} held"]


def _groups(found: Sequence[HeldDelivery]) -> Iterator[tuple[tuple[str, str], list[HeldDelivery]]]:
    """Put together what is held for one reason in one channel, the most first."""
    keys = [(each.delivery.channel, each.delivery.hold.reason if each.delivery.hold else "") for each in found]
    for key, _ in sorted(Counter(keys).most_common(), key=lambda item: (item[0][0], -item[1])):
        yield key, [each for each, of in zip(found, keys, strict=True) if of == key]


def _kind(each: HeldDelivery) -> str:
    return "alert" if each.delivery.kind.value == "post" else each.delivery.kind.value


def _as_json(each: HeldDelivery) -> dict[str, object]:
    delivery = each.delivery
    return {
        "key": delivery.key,
        "alert": delivery.alert_id,
        "story": each.story_id,
        "channel": delivery.channel,
        "kind": delivery.kind,
        "title": delivery.message.title.text,
        "priority": delivery.message.priority.word,
        "created_at": delivery.created_at,
        "hold": delivery.hold,
    }
