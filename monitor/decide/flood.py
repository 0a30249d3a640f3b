"""Fold a flood: many alerts of one rule in one poll become one message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

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
    alerts: Mapping[str, Alert], messages: Mapping[str, Message], now: datetime, *, most: int = MOST_ALERTS
) -> tuple[Folded, ...]:
    """Say which alerts of one poll are told together: those of a rule that has more than `most` in one channel.

    Both mappings are by alert. An alert of two such rules goes with the one that has more.
    """
    folded: list[Folded] = []
    left = dict(alerts)
    while crowd := _crowd(left, most):
        channel, rule = crowd
        together = [alert for alert in left.values() if alert.channel == channel and rule in alert.rules]
        folded.append(_fold(together, rule, messages, now))
        left = {alert.id: alert for alert in left.values() if alert not in together}
    return tuple(folded)


def _crowd(alerts: Mapping[str, Alert], most: int) -> tuple[str, str] | None:
    """Return the channel and rule with the most alerts, if they are too many."""
    counts = Counter((alert.channel, rule) for alert in alerts.values() for rule in alert.rules)
    crowd, count = next(iter(counts.most_common(1)), (None, 0))
    return crowd if count > most else None


def _fold(alerts: list[Alert], rule: str, messages: Mapping[str, Message], now: datetime) -> Folded:
    told = [messages[alert.id] for alert in alerts]
    name = next((why.title for message in told for why in message.reasons if why.rule == rule), "") or rule
    reason = f"{len(alerts)} alerts of rule {rule} in one poll, told together"
    delivery = digest_of(
        told,
        channel=alerts[0].channel,
        title=f"{len(alerts)} alerts: {name}",
        reason=reason,
        event=" ".join([rule, *(alert.story_id for alert in alerts)]),
        now=now,
    )
    return Folded(
        alerts=tuple(replace(alert, digest=delivery.key) for alert in alerts), delivery=delivery, reason=reason
    )
