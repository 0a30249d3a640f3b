"""Fold a flood: many alerts of one rule in one poll become one message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from monitor.decide.owed import digest_of
from monitor.model import Alert, Delivery, Message

MOST_ALERTS = 20  # of one rule in one channel, from one poll


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """The alerts that one digest tells, each with its key."""

    alerts: tuple[Alert, ...]
    delivery: Delivery
    reason: str


def fold_floods(
    alerts: Mapping[str, Alert],
    messages: Mapping[str, Message],
    now: datetime,
    *,
    together: Mapping[str, str] = MappingProxyType({}),
    most: int = MOST_ALERTS,
) -> tuple[Folded, ...]:
    """Say which alerts of one poll are told together: a backlog, and what is more than `most` in one channel.

    All mappings are by alert; `together` holds those that are a backlog, with the reason. Of a rule that has more than
    `most`, all are told together; then all that are left in a channel, if they are still more. An alert of two such
    rules goes with the one that has more.
    """
    folded: list[Folded] = []
    left = dict(alerts)

    def fold(some: list[Alert], title: str, reason: str) -> None:
        folded.append(_fold(some, messages, title=title, reason=reason, now=now))
        for alert in some:
            del left[alert.id]

    for channel in dict.fromkeys(alert.channel for alert in alerts.values()):
        backlog = [alert for alert in left.values() if alert.channel == channel and alert.id in together]
        if backlog:
            reasons = Counter(together[alert.id] for alert in backlog)
            fold(backlog, f"{_alerts(backlog)} from a backlog", "; ".join(reasons))
    while crowd := _crowd(left, most):
        channel, rule = crowd
        of_rule = [alert for alert in left.values() if alert.channel == channel and rule in alert.rules]
        reason = f"{len(of_rule)} alerts of rule {rule} in one poll, told together"
        fold(of_rule, f"{len(of_rule)} alerts: {_title(of_rule, rule, messages)}", reason)
    for channel, count in Counter(alert.channel for alert in left.values()).items():
        if count > most:
            rest = [alert for alert in left.values() if alert.channel == channel]
            fold(rest, f"{count} alerts at once", f"{count} alerts in one poll, told together")
    return tuple(folded)


def _crowd(alerts: Mapping[str, Alert], most: int) -> tuple[str, str] | None:
    """Return the channel and rule with the most alerts, if they are too many."""
    counts = Counter((alert.channel, rule) for alert in alerts.values() for rule in alert.rules)
    crowd, count = next(iter(counts.most_common(1)), (None, 0))
    return crowd if count > most else None


def _alerts(alerts: Collection[Alert]) -> str:
    return "1 alert" if len(alerts) == 1 else f"{len(alerts)} alerts"


def _title(alerts: Collection[Alert], rule: str, messages: Mapping[str, Message]) -> str:
    reasons = (why for alert in alerts for why in messages[alert.id].reasons)
    return next((why.title for why in reasons if why.rule == rule), "") or rule


def _fold(
    alerts: Sequence[Alert], messages: Mapping[str, Message], *, title: str, reason: str, now: datetime
) -> Folded:
    delivery = digest_of(
        [messages[alert.id] for alert in alerts],
        channel=alerts[0].channel,
        title=title,
        reason=reason,
        event=" ".join(alert.story_id for alert in alerts),
        now=now,
    )
    return Folded(
        alerts=tuple(replace(alert, digest=delivery.key) for alert in alerts), delivery=delivery, reason=reason
    )
