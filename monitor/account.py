"""Give an account of an entry in words: what became of it, and why. The rows are the same wherever they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from monitor.model import Decision
from monitor.ports import DeliveryRecord, EntryRecord

_VERDICTS = {"held": "held back", "new-story": "new story", "same-story": "same story", "no-match": "no match"}

Row = list[str]  # a label, and what it labels


def account_of(record: EntryRecord) -> list[Row]:
    """Tell the ledger of one entry, in the order of its way."""
    entry = record.entry
    rows = [["entry", entry.id], ["from", f"{entry.feed}, seen {_time(entry.seen_at)}"]]
    rows += [["link", entry.url]] if entry.url else []
    rows += decision_rows(record.decisions)
    if record.story:
        count = f"{record.story.entries:,} {'entry' if record.story.entries == 1 else 'entries'}"
        rows.append(["story", record.story.id, f"{count} of {', '.join(record.story.sources)}"])
    rows += [["", "with", f"{other.feed}: {other.title} ({_time(other.seen_at)})"] for other in record.others]
    for told_in in record.alerts:
        rows.append(["alert", told_in.alert.id, f"in {told_in.alert.channel}"])
        if told_in.alert.acknowledged_at:
            taken = f"{told_in.alert.acknowledged_by} takes care of it, {_time(told_in.alert.acknowledged_at)}"
            rows.append(["", "taken", taken])
        rows += [row for delivery in told_in.deliveries for row in delivery_rows(delivery)]
    return rows


def verdict_in_words(verdict: str) -> str:
    """Say a verdict of the ledger in words."""
    return _VERDICTS.get(verdict, verdict)


def decision_rows(decisions: Iterable[Decision]) -> list[Row]:
    """Say what was decided about an entry, and why, in the order in which it was."""
    return [
        [
            decision.stage.value,
            verdict_in_words(decision.verdict),
            decision.rule or decision.channel,
            decision.reason,
        ]
        for decision in decisions
    ]


def delivery_rows(delivery: DeliveryRecord) -> list[Row]:
    """Say what became of a message: delivered, owed, in doubt, or set aside, and why."""
    attempts = f"{delivery.attempts:,} attempt{'' if delivery.attempts == 1 else 's'}"
    time = _time(delivery.settled_at or delivery.due_at)
    match delivery.state.value:
        case "sent":
            said = f"delivered to {delivery.channel} at {time}, {attempts}"
            said += f", as {delivery.ref}" if delivery.ref else ""
        case "skipped":
            said = f"skipped for {delivery.channel} at {time}: {delivery.reason}"
        case "held":
            said = f"held for {delivery.channel}: {delivery.reason}"
        case "dead":
            said = f"set aside for {delivery.channel} at {time}, {attempts}: {delivery.reason}"
        case "sending":
            said = (
                f"in doubt in {delivery.channel}, {attempts}, looked up at {time}: {delivery.reason or 'no answer yet'}"
            )
        case _:
            said = f"owed to {delivery.channel} from {time}, {attempts}"
            said += f": {delivery.reason}" if delivery.reason else ""
    label = "message" if delivery.kind.value == "post" else delivery.kind.value
    return [[label, delivery.key, said]]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
