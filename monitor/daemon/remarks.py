"""What the log says about the whole: what runs, which files are passed over, what waits for a channel that is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import structlog

from monitor import __version__
from monitor.pipeline import Doors
from monitor.ports import StatusReport
from monitor.setup import Setup

log = structlog.get_logger()


async def say_running(setup: Setup, channels: Collection[str], doors: Doors) -> None:
    """Log what this daemon begins with; `channels` are those that are open."""
    report = await doors.in_store(doors.store.status)
    failing = sum(feed.cause is not None for feed in report.feeds)
    log.info("running", version=__version__, **counts(setup), failing_feeds=failing)
    warn_of_files(setup)
    warn_of_strays(report, channels)
    await warn_of_held(channels, doors)


def warn_of_strays(report: StatusReport, channels: Collection[str]) -> None:
    """Log what is owed to channels that are gone: nobody sends that."""
    for owed in report.owed:
        if owed.channel not in channels:
            hint = "put the channel back into monitor.yaml, and they are sent"
            log.warning(
                "messages wait for a channel that is gone", channel=owed.channel, messages=owed.count, hint=hint
            )


async def warn_of_held(channels: Collection[str], doors: Doors) -> None:
    """Log what is kept back for channels that are gone: nobody lets that go."""
    held = await doors.in_store(doors.store.held_deliveries)
    found = Counter(each.delivery.channel for each in held)
    for channel in sorted(found.keys() - set(channels)):
        hint = "put the channel back into monitor.yaml, and they are let go in their turn"
        log.warning("messages are held for a channel that is gone", channel=channel, messages=found[channel], hint=hint)


def warn_of_files(setup: Setup) -> None:
    """Log which files look as if they were read and are not."""
    for problem in setup.config.passed_over:
        log.warning("a file is passed over", warning=str(problem))


def counts(setup: Setup) -> dict[str, int]:
    """Count what is watched, for one line of the log."""
    return {
        "feeds": len(setup.config.feeds),
        "rules": len(setup.ruleset.rules),
        "channels": len(setup.channels),
    }
