"""Whose turn it is: so many requests to one host at the same time, and so much time between their beginnings.

A feed whose host is busy does not wait in a worker's hands: it is put off to a time of its own, so that thousands of
feeds of one host neither keep others waiting nor come back all at once. Each daemon counts for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

AT_ONCE = 2
SPACING = timedelta(seconds=5)
_SLACK = 1.2  # times the spacing lie between two turns: who is a tick late does not push the next one away
_HOSTS = 10_000  # looked through for those that are long done with


@dataclass(slots=True)
class _Host:
    running: int
    free_at: datetime  # the next may begin
    turn_at: datetime  # the next that has to wait is put off to here


class Turns:
    """The hosts that are being asked, or have been a moment ago."""

    def __init__(self, spacing: timedelta = SPACING) -> None:
        self._spacing = spacing
        self._hosts: dict[str, _Host] = {}

    def begin(self, host: str, now: datetime) -> datetime | None:
        """Begin a request to a host; return None, or, where it is not its turn, the time to try again."""
        known = self._hosts.get(host)
        if known is None:
            if len(self._hosts) >= _HOSTS:
                self._forget(now)
            known = self._hosts[host] = _Host(running=0, free_at=now, turn_at=now)
        if known.running < AT_ONCE and known.free_at <= now:
            known.running += 1
            known.free_at = now + self._spacing
            return None
        turn = max(known.turn_at, known.free_at, now)
        known.turn_at = turn + self._spacing * _SLACK
        return turn

    def end(self, host: str) -> None:
        """Note that a request has ended."""
        self._hosts[host].running -= 1

    def waiting(self, now: datetime) -> bool:
        """Say whether something was put off that is not due yet."""
        return any(known.turn_at - self._spacing * _SLACK > now for known in self._hosts.values())

    def _forget(self, now: datetime) -> None:
        done = [host for host, known in self._hosts.items() if not known.running and known.free_at <= now]
        for host in done:
            if self._hosts[host].turn_at <= now:
                del self._hosts[host]
