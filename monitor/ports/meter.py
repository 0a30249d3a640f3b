"""The door to those who watch the daemon from outside: what is counted and timed, and how work is traced."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

from monitor.model import ClaimedDelivery, PollOutcome, Settlement


class Meter:
    """Be told what happens, where it happens: this one counts nothing, `monitor.metrics` counts.

    Called from any thread, never raises, costs next to nothing.
    """

    def polled(self, outcome: PollOutcome | None, seconds: float) -> None:
        """Count one poll; None = there was nothing to record."""

    def pushed(self, outcome: PollOutcome | None) -> None:
        """Count one reading of what a hub has pushed; None = there was nothing to record."""

    def attempted(self, claimed: ClaimedDelivery, settlement: Settlement | None, seconds: float, now: datetime) -> None:
        """Count one attempt to deliver; None = another worker took it over."""

    def stored(self, call: str, *, waited: float, took: float, failed: bool) -> None:
        """Count one call of the store, the seconds that it waited for its turn, and those that it took."""

    def parser_started(self) -> None:
        """Count a process that was started to parse documents."""

    def parser_stopped(self) -> None:
        """Count a process that had to be stopped, or broke down, with a document in its hands."""

    def lagged(self, seconds: float) -> None:
        """Note how late the event loop was."""

    def failed(self) -> None:
        """Count an internal error: a mistake in this program."""

    def reloaded(self, now: datetime, *, well: bool) -> None:
        """Note that the files were read, and whether they are used."""

    def uses(self, *, rules: int, rules_hash: str, feeds: int, channels: Mapping[str, str]) -> None:
        """Note what the files say, by numbers; `channels` to their kinds."""


class Span(Protocol):
    """One piece of work in a trace."""

    def note(self, **attributes: str | int) -> None:
        """Say more about it; no URL, no secret."""
        ...


class Tracer(Protocol):
    """Follow pieces of work, each within the one that it is part of."""

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[Span]:
        """Return what is open while a piece of work is done."""
        ...

    def part(self, name: str) -> AbstractContextManager[object]:
        """Return what is open while a part of such a piece is done; outside of one, nothing is followed."""
        ...

    def close(self) -> None:
        """Let go, at the end; it may take some seconds."""
        ...


class Untraced:
    """Follow nothing."""

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[Span]:  # noqa: ARG002 - as `Tracer` says
        """Return what does nothing; see `Tracer`."""
        return _NOTHING

    def part(self, name: str) -> AbstractContextManager[object]:  # noqa: ARG002 - as `Tracer` says
        """Return what does nothing; see `Tracer`."""
        return _NOTHING

    def note(self, **attributes: str | int) -> None:
        """Do nothing; see `Span`."""

    def close(self) -> None:
        """Do nothing; see `Tracer`."""


_NOTHING = nullcontext(Untraced())
