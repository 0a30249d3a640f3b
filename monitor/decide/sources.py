"""What rules and routes may name a feed by."""

from __future__ import annotations

from monitor.model import Feed
from monitor.rules.limits import host_of


def source_tags(feed: Feed) -> tuple[str, ...]:
    """Return what a rule's `sources` may name a feed by, beside its name: its tags, and the host it is read from."""
    return (*feed.tags, host_of(feed.url))
