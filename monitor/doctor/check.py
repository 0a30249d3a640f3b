"""One line of the doctor's report, and how a look is kept from lasting for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.notify.finding import Finding, Mark, fail

DEADLINE = timedelta(seconds=15)  # of what is asked of one server
LAST_DEADLINE = 2 * DEADLINE  # of one area, whatever it asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report."""

    area: str  # "configuration", "store", "channel desk"
    mark: Mark
    text: str
    todo: str = ""


def checks_of(area: str, findings: Iterable[Finding]) -> list[Check]:
    """Make lines of what was found in one area."""
    return [Check(area=area, mark=each.mark, text=each.text, todo=each.todo) for each in findings]


async def within(looking: Awaitable[Iterable[Finding]], deadline: timedelta = LAST_DEADLINE) -> list[Finding]:
    """Wait for one look, not longer than its deadline; a look that breaks is a finding too.

    The text of an error is left out: an add-on's may hold a secret.
    """
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            return list(await looking)
    except TimeoutError:
        seconds = f"{deadline.total_seconds():.0f} s"
        return [fail(f"no answer within {seconds}", "check the network, and whether the other end is overloaded")]
    except Exception as error:  # noqa: BLE001 - an add-on's check may raise anything
        return [fail(f"this could not be looked at: {type(error).__name__}", "please report this")]
