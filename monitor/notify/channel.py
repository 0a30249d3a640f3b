"""What a kind of channel is: a name in YAML, the settings it takes, and how to open it.

A package that brings a kind of its own names a ChannelType in the entry points `media_monitor.notifiers`, exactly as
the built-in kinds do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TextIO, TypeVar

from monitor.model import Delivery, Policy
from monitor.notify.finding import Finding
from monitor.notify.leaving import NO_WAY, Leaving
from monitor.notify.policy import ChannelSettings
from monitor.notify.settings import Settings
from monitor.notify.smtp import SmtpSettings
from monitor.ports import Clock, Listener, Notifier

DEADLINE = timedelta(seconds=20)

AnySettings = TypeVar("AnySettings", bound=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelContext:
    """What a channel may use besides its own settings."""

    name: str  # of the channel in monitor.yaml
    clock: Clock
    smtp: SmtpSettings | None = None
    stream: TextIO = field(default_factory=lambda: sys.stdout)  # as it is when the channel is opened
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    leaving: Leaving = NO_WAY  # how recipients say that they want no more
    deadline: timedelta = DEADLINE  # of one attempt, from its first byte to the answer's last


def _nobody(settings: Settings) -> tuple[str, ...]:  # noqa: ARG001 - as those who have recipients
    return ()


def _nothing(settings: Settings) -> Sequence[tuple[str, str]]:  # noqa: ARG001 - as those who lack something
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelType(Generic[AnySettings]):
    """A kind of channel. `open` does no I/O; it is called inside a running event loop."""

    name: str  # the YAML key, e.g. "slack"
    settings: type[AnySettings]  # has a field of that name
    open: Callable[[AnySettings, ChannelContext], Notifier]
    needs_smtp: bool = False
    recipients: Callable[[AnySettings], tuple[str, ...]] = _nobody  # who can leave such a channel
    render: Callable[[Delivery], object] | None = None  # make what would be sent, without sending it
    lacks: Callable[[AnySettings], Sequence[tuple[str, str]]] = _nothing  # what it cannot do, and what would help
    check: Callable[[AnySettings, ChannelContext], Awaitable[Sequence[Finding]]] | None = None  # ask, and send nothing
    listen: Callable[[Mapping[str, tuple[AnySettings, Any]], Clock, timedelta], Sequence[Listener]] | None = None
    """Opens what hears the people of all channels of the kind, by name: their settings, and their open notifiers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredChannel:
    """One channel as monitor.yaml describes it, checked, and not open yet."""

    name: str
    type: ChannelType[Any]
    settings: Settings
    smtp: SmtpSettings | None = None

    def policy(self, zone: str) -> Policy:
        """Return how it wants to be told; `zone` holds where it names none. A kind may know nothing of that."""
        return self.settings.policy(zone) if isinstance(self.settings, ChannelSettings) else Policy(zone=zone)

    def pace(self, own: timedelta) -> timedelta:
        """Return the least time between two messages: a kind's own, or a longer one that was asked for."""
        asked = self.settings.rate if isinstance(self.settings, ChannelSettings) else None
        return max(own, asked or own)
