"""The door to all state."""

from __future__ import annotations

from typing import Protocol

from monitor.ports.parts.feeds import Feeds
from monitor.ports.parts.ledger import Ledger
from monitor.ports.parts.outbox import Outbox
from monitor.ports.parts.people import People
from monitor.ports.parts.polls import Polls
from monitor.ports.parts.upkeep import Upkeep
from monitor.ports.reading import Reader


class Store(Feeds, Polls, Outbox, People, Ledger, Reader, Upkeep, Protocol):
    """Keep all state. Synchronous, whole transactions, called on a thread of its own; `now` is always passed in.

    Every method may raise StoreUnavailableError, after which nothing has been written.
    """

    shared: bool
    """Whether other daemons may work on it at the same time."""
