"""That this daemon is there, and how it is: for the other daemons of its store, and for the service manager."""

from __future__ import annotations

import os
import socket

from monitor import __version__
from monitor.daemon.in_use import InUse
from monitor.daemon.outage import Outage
from monitor.daemon.remarks import counts
from monitor.ports import NodeReport
from monitor.sd_notify import ServiceManager


class Presence:
    """One node of its store, from its first `beat` until it leaves."""

    def __init__(self, in_use: InUse, outage: Outage, manager: ServiceManager) -> None:
        self._in_use = in_use
        self._outage = outage
        self._manager = manager
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._started_at = in_use.doors.clock()

    async def beat(self) -> None:
        """Tell the store that this daemon is alive."""
        doors = self._in_use.doors
        report = NodeReport(
            name=self._name,
            version=__version__,
            started_at=self._started_at,
            beat_at=doors.clock(),
            rules_hash=self._in_use.live.ruleset.hash,
        )
        await doors.in_store(doors.store.beat, report)
        self._outage.probed()
        self._manager.status(self.describe())

    def describe(self) -> str:
        """Say in one line how this daemon is."""
        if self._outage.ongoing:
            return "the store fails: waiting for it, nothing is lost"
        return ", ".join(f"{count} {what}" for what, count in counts(self._in_use.setup).items())

    async def leave(self) -> None:
        """Tell the store that this daemon ends."""
        doors = self._in_use.doors
        await doors.in_store(doors.store.leave, self._name)
