"""What the log says of a poll."""

from __future__ import annotations

import structlog
from yarl import URL

from monitor.decide.rhythm import describe_gap
from monitor.feeds.reasons import shown
from monitor.model import Feed, PollOutcome

log = structlog.get_logger()


def report(feed: Feed, outcome: PollOutcome) -> None:
    """Log what a poll has found, and what became of its feed."""
    notes = outcome.state.notes
    if notes.gap is not None and notes.gaps != outcome.lease.state.notes.gaps:
        log.warning("coverage gap, polling it more often", feed=feed.name, gap=describe_gap(notes.gap))
    if outcome.entries:
        log.debug("new entries", feed=feed.name, entries=len(outcome.entries), alerts=len(outcome.alerts))
    for alert in outcome.alerts:
        ids = {"alert": alert.id, "story": alert.story_id, "entry": alert.entry_id}
        told = {"rules": list(alert.rules), "channel": alert.channel, "priority": alert.priority.name.lower()}
        log.info("alert", feed=feed.name, **told, **ids)
    home = outcome.state.notes.home
    if home and home != outcome.lease.state.notes.home:
        hint = "it is read there; write down its new address"
        log.info("a feed has moved for good", feed=feed.name, new=shown(URL(home)), hint=hint)
    for breaker in outcome.breakers:
        hint = f"`monitor held release {breaker.id}` tells them, `discard` leaves them untold"
        log.warning(
            "too many alerts, held until somebody decides",
            about=f"{breaker.subject} {breaker.name}",
            reason=breaker.reason,
            hint=hint,
        )
    for decision in outcome.decisions:
        if decision.verdict == "error":
            log.error("rule failed on an entry", rule=decision.rule, entry=decision.entry_id, error=decision.reason)
