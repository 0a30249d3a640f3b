"""Say once when a feed or channel begins to fail, once when the cause changes, once when it is well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import structlog

from monitor.errors import Cause
from monitor.model import Dead, Delivery, FeedState, PollOutcome, Sent, Settlement, Skipped

log = structlog.get_logger()

NAMED = 3  # feeds named in a line about many
ODD = (Cause.EMPTY, Cause.STALE)  # such a feed can be read, and is
OWN_LINES = 3  # up to so many failing feeds get a line each
HINT = "`monitor feeds list --failing` names them all"


class FeedHealth:
    """Collect what polls say about feeds, until `flush` tells it; many at once in one line."""

    def __init__(self) -> None:
        self._told: dict[str, Cause | None] = {}  # feed name -> its cause before the polls collected here
        self._now: dict[str, FeedState] = {}

    def add(self, outcome: PollOutcome) -> None:
        """Note one poll."""
        before, after = outcome.lease.state, outcome.state
        self._told.setdefault(after.name, before.cause)
        self._now[after.name] = after

    def flush(self) -> None:
        """Log what has changed since the last time; what failed and is well again meanwhile is no news."""
        failing: defaultdict[Cause, list[FeedState]] = defaultdict(list)
        well: list[str] = []
        for name, state in self._now.items():
            if state.cause is not None and state.cause != self._told[name]:
                failing[state.cause].append(state)
            elif state.cause is None and self._told[name] is not None:
                well.append(name)
        self._told.clear()
        self._now.clear()
        for cause, feeds in failing.items():
            if len(feeds) <= OWN_LINES:
                said = "nothing comes from feed" if cause in ODD else "feed fails, polling it less often"
                for feed in feeds:
                    log.warning(said, feed=feed.name, cause=cause.value, detail=feed.detail)
            else:
                said = "nothing comes from many feeds" if cause in ODD else "many feeds fail, polling them less often"
                log.warning(said, feeds=_some([feed.name for feed in feeds]), cause=cause.value, hint=HINT)
        if well:
            log.info("feeds work again", feeds=_some(well))


class ChannelHealth:
    """Tell what deliveries say about channels: a channel that fails is one line, however many messages wait."""

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}  # channel -> reason told last

    def add(self, delivery: Delivery, settlement: Settlement) -> None:
        """Note how one attempt ended."""
        channel = delivery.channel
        if isinstance(settlement, Sent):
            if self._failing.pop(channel, None) is not None:
                log.info("channel works again", channel=channel)
            log.debug("delivered", channel=channel, attempt=delivery.attempts, **_ids(delivery))
        elif isinstance(settlement, Dead):
            hint = "`monitor status` lists it, `monitor alerts replay` sends it again"
            log.error("message set aside", channel=channel, reason=settlement.reason, hint=hint, **_ids(delivery))
        elif isinstance(settlement, Skipped):  # says nothing of the channel
            log.debug("edit skipped", channel=channel, reason=settlement.reason, **_ids(delivery))
        elif self._failing.get(channel) != settlement.reason:
            self._failing[channel] = settlement.reason
            hint = "messages wait and are tried again; `monitor status` counts them"
            log.warning("channel fails", channel=channel, reason=settlement.reason, hint=hint)


def _ids(delivery: Delivery) -> dict[str, str]:
    """Name a delivery, and what it is about."""
    about = {"alert": delivery.alert_id} if delivery.alert_id else {}
    return {"delivery": delivery.key, **about}


def _some(names: Collection[str]) -> str:
    """Name the first few."""
    first = ", ".join(list(names)[:NAMED])
    rest = len(names) - NAMED
    return f"{first} and {rest} more" if rest > 0 else first
