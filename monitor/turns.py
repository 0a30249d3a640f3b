"""Whose turn it is: so many requests to one host at the same time, and so much time between their beginnings.

A feed whose host is busy does not wait in a worker's hands: it is put off to a time of its own, so that thousands of
feeds of one host neither keep others waiting nor come back all at once. Each daemon counts what it has under way; where
several share a store, the time between two requests is kept there (`Store.take_turns`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import LATE, HostTurn

AT_ONCE = 2
SPACING = timedelta(seconds=5)
_HOSTS = 10_000  # looked through for those that are long done with


@dataclass(slots=True)
class _Host:
    running: int
    turn: HostTurn


class Turns:
    """The hosts that are being asked, or have been a moment ago."""

    def __init__(self, spacing: timedelta = SPACING) -> None:
        self.spacing = spacing
        self._hosts: dict[str, _Host] = {}

    def begin(self, host: str, now: datetime) -> datetime | None:
        """Begin a request to a host; return None, or, where it is not its turn, the time to try again."""
        known = self._hosts.get(host)
        if known is None:
            if len(self._hosts) >= _HOSTS:
                self._forget(now)
            known = self._hosts[host] = _Host(running=0, turn=HostTurn(free_at=now, turn_at=now))
        wait, known.turn = known.turn.take(now, self.spacing, busy=known.running >= AT_ONCE)
        known.running += wait is None
        return wait

    def end(self, host: str) -> None:
        """Note that a request has ended."""
        self._hosts[host].running -= 1

    def waiting(self, now: datetime) -> bool:
        """Say whether something was put off that is not due yet."""
        return any(known.turn.turn_at - self.spacing * LATE > now for known in self._hosts.values())

    def _forget(self, now: datetime) -> None:
        done = [host for host, known in self._hosts.items() if not known.running and known.turn.free_at <= now]
        for host in done:
            if self._hosts[host].turn.turn_at <= now:
                del self._hosts[host]
