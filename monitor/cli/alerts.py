"""`monitor alerts ...`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.account import delivery_rows
from monitor.cli import complete
from monitor.cli.group import Group, NoOperand
from monitor.cli.show import clock_time, line, plural, print_json, table
from monitor.cli.status import existing_store
from monitor.cli.why import why
from monitor.text.plain import one_line, shorten

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.model import Alert, HeldDelivery
    from monitor.ports import Store

_STATES = {
    "new": "owed",
    "sending": "in doubt",
    "sent": "delivered",
    "dead": "set aside",
    "skipped": "skipped",
    "held": "held",
}
_KINDS = {"post": "alert"}


@click.group(cls=Group)
def alerts() -> None:
    """List and show what was told, and send again what was set aside."""


alerts.add_command(why)


@alerts.command("list", cls=NoOperand, takes=("--channel",), short_help="List the latest messages, the newest first.")
@click.option("--channel", help="Only messages of this channel.", metavar="NAME", shell_complete=complete.channels)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@click.option("--edits", is_flag=True, help="The changes of messages, too.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def list_alerts(file: Path, *, channel: str | None, limit: int, edits: bool, as_json: bool) -> None:
    """List the latest messages: alerts, replies and digests, and what became of them.

    `monitor why KEY` tells more of one of them.
    """
    with existing_store(file) as store:
        found = store.latest_deliveries(channel=channel, edits=edits, limit=limit)
    if as_json:
        print_json({"messages": [dataclasses.asdict(each) for each in found]})
    elif not found:
        click.echo("no message yet")
    else:
        table(
            [
                each.key[:8],
                clock_time(each.created_at),
                each.channel,
                _KINDS.get(each.kind.value, each.kind.value),
                _STATES[each.state.value],
                each.title,
            ]
            for each in found
        )


@alerts.command(short_help="Show an alert: its messages, and what people did about it.")
@click.argument("reference", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
@click.pass_obj
def show(file: Path, *, reference: str, as_json: bool) -> None:
    """Show an alert: what it tells, its messages, what holds them, and what people did about it.

    ID is the alert's or a message's, or its first digits. `monitor alerts why ID` tells how it came to be.
    """
    with existing_store(file) as store:
        found = [_Shown(store, alert) for alert in _found(store, reference)]
    if as_json:
        print_json({"alerts": [each.as_json() for each in found]})
        return
    for number, each in enumerate(found):
        click.echo("\n" * bool(number), nl=False)
        each.show()


class _Shown:
    """All that is known of one alert."""

    def __init__(self, store: Store, alert: Alert) -> None:
        record = store.entry_record(alert.entry_id)
        self.alert = alert
        self.title = record.entry.title if record else ""
        of_story = record.alerts if record else ()
        self.deliveries = next((each.deliveries for each in of_story if each.alert.id == alert.id), ())
        self.opinions = [each for each in store.feedback(since=alert.created_at) if each.alert_id == alert.id]
        holders = {each.delivery.hold.by for each in _held(store, alert) if each.delivery.hold} - {""}
        self.mutes = [each for each in store.mutes() if each.story == alert.story_id or each.id in holders]
        self.breakers = [each for each in store.breakers() if each.id in holders]
        self.actions = store.actions(subjects=[alert.id, *(each.key for each in self.deliveries), *holders])

    def as_json(self) -> dict[str, object]:
        """Give all of it."""
        alert, names = dataclasses.asdict(self.alert), ("title", "deliveries", "mutes", "breakers", "actions")
        return {**alert, **{name: getattr(self, name) for name in names}, "feedback": self.opinions}

    def show(self) -> None:
        """Print a label and a line each."""
        alert = self.alert
        click.echo(click.style(shorten(one_line(self.title), 120) or "(no title)", bold=True))
        rows = [
            ["alert", alert.id, f"in {alert.channel}, {clock_time(alert.created_at)}"],
            ["why", f"{alert.priority.word} priority, rules {', '.join(alert.rules)}"],
            ["story", alert.story_id],
        ]
        if alert.acknowledged_at:
            rows.append(["taken", f"{alert.acknowledged_by} takes care of it, {clock_time(alert.acknowledged_at)}"])
        rows += [row for each in self.deliveries for row in delivery_rows(each)]
        rows += [["mute", each.id, f"of {each.by}", each.reason] for each in self.mutes]
        rows += [["breaker", each.id, f"{each.subject.value} {each.name}", each.reason] for each in self.breakers]
        rows += [
            ["judged", "relevant" if each.relevant else "not relevant", f"{each.rule}, by {each.by}"]
            for each in self.opinions
        ]
        rows += [["action", clock_time(each.at), each.by, each.via, each.verb, each.detail] for each in self.actions]
        for label, *rest in rows:
            text = "  ".join(one_line(part) for part in rest if part)
            line(f"  {label:<10}{shorten(text, 300)}", indent=12)


def _held(store: Store, alert: Alert) -> list[HeldDelivery]:
    return list(store.held_deliveries(alert_id=alert.id))


@alerts.command(cls=NoOperand, takes=("--channel",), short_help="Send again the messages that were set aside.")
@click.option("--channel", help="Only messages of this channel.", metavar="NAME", shell_complete=complete.channels)
@click.pass_obj
def replay(file: Path, *, channel: str | None) -> None:
    """Send again the messages that were set aside (`monitor status` lists them).

    The running daemon takes them up within a second, in their old order. A channel that is in no file any more may be
    named as well: its messages are sent once it is back.
    """
    from monitor.wall_clock import utc_now  # noqa: PLC0415 - `monitor --help` must not import the house

    with existing_store(file) as store:
        count = store.replay(now=utc_now(), channel=channel)
    if channel is not None and not count:
        _require_channel(file, channel)
    click.echo(f"{plural(count, 'message')} will be sent again" if count else "no message was set aside")


def _require_channel(file: Path, channel: str) -> None:
    """Check that there is such a channel.

    Raises:
        NotFoundError: there is none.
    """
    import os  # noqa: PLC0415

    from monitor.config.load import load_config  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.document import did_you_mean  # noqa: PLC0415
    from monitor.errors import NotFoundError  # noqa: PLC0415

    config, _ = load_config(file, env=os.environ)
    written = config.main.value.get("channels") if config else None
    known = [str(name) for name in written] if isinstance(written, dict) else []
    if channel not in known:
        hint = did_you_mean(channel, known)
        raise NotFoundError(f"no channel `{one_line(channel)}`" + (f": {hint}" if hint else ""))


@alerts.command(short_help="Say whether an alert was worth telling.")
@click.argument("reference", metavar="ID")
@click.argument("verdict", type=click.Choice(("relevant", "not-relevant")))
@click.option("--rule", "rules", multiple=True, help="Only of this rule; may be given several times.", metavar="RULE")
@click.option("--by", help="Who says so; else the login name.", metavar="NAME")
@click.pass_obj
def judge(file: Path, *, reference: str, verdict: str, rules: tuple[str, ...], by: str | None) -> None:
    """Say whether the rules of an alert were right to fire: `monitor rules stats` counts it.

    ID is the alert's or a message's, or its first digits. The last word of each person counts.
    """
    from monitor import acts  # noqa: PLC0415 - `monitor --help` must not import the house
    from monitor.cli.person import person  # noqa: PLC0415
    from monitor.wall_clock import utc_now  # noqa: PLC0415

    with existing_store(file) as store:
        for alert in _found(store, reference):
            said = acts.judge(
                store, person(by or ""), alert.id, relevant=verdict == "relevant", now=utc_now(), only=rules
            )
            click.echo(f"{alert.id[:8]}  {said}")


def _found(store: Store, reference: str) -> tuple[Alert, ...]:
    """Find alerts by the beginning of their id, or of a message's.

    Raises:
        NotFoundError: there is none.
    """
    from monitor.errors import NotFoundError  # noqa: PLC0415 - `monitor --help` must not import the house

    found = store.find_alerts(reference.lower())
    if not found:
        raise NotFoundError(f"no alert `{shorten(one_line(reference), 50)}`: `monitor alerts list` shows their ids")
    return found
