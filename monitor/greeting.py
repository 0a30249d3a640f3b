"""Send one real message through a channel, as the daemon would, and say what came of it; no store is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.decide.announcements import test_message
from monitor.decide.delivery import in_zone
from monitor.model import Accepted, Rejected, SendResult
from monitor.notify.channel import DEADLINE
from monitor.notify.channels import open_channels
from monitor.ports import Clock, Notifier
from monitor.setup import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What came of one test message."""

    channel: str
    kind: str
    guarantee: str
    result: SendResult

    @property
    def arrived(self) -> bool:
        """Whether the destination has taken it."""
        return isinstance(self.result, Accepted)

    @property
    def reason(self) -> str:
        """Why it has not, "" where it has."""
        return "" if isinstance(self.result, Accepted) else self.result.reason

    @property
    def meaning(self) -> str:
        """What an alert would have come to in its place."""
        match self.result:
            case Accepted():
                return "the destination has taken it"
            case Rejected(retry=True):
                return "surely not sent; an alert would be tried again for three days"
            case Rejected():
                return "surely not sent; an alert would be set aside (`monitor alerts replay`)"
            case _:
                return "it may or may not have arrived: look there"


async def greet(
    setup: Setup, names: Collection[str], clock: Clock, *, deadline: timedelta = DEADLINE
) -> tuple[Greeting, ...]:
    """Send a test message to each of these channels, at the same time; each is sent once and never again."""
    chosen = {name: setup.channels[name] for name in names}
    notifiers = open_channels(chosen, clock=clock, env=setup.config.env, deadline=deadline)
    try:
        results = await asyncio.gather(
            *(_send(name, notifier, setup.policies.of(name).zone, clock) for name, notifier in notifiers.items())
        )
    finally:
        await asyncio.gather(*(notifier.close() for notifier in notifiers.values()))
    return tuple(
        Greeting(channel=name, kind=chosen[name].type.name, guarantee=notifiers[name].guarantee, result=result)
        for name, result in zip(notifiers, results, strict=True)
    )


async def _send(name: str, notifier: Notifier, zone: str, clock: Clock) -> SendResult:
    return await notifier.send(in_zone(replace(test_message(name, clock()), attempts=1), zone))
