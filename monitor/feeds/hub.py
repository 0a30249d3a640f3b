"""Find the hub that pushes a feed, and the name by which the hub knows it (W3C WebSub, 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from yarl import URL

LONGEST_URL: Final = 2_000  # characters


def hub_and_topic(links: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return the first hub and the first `self` of links, each what for and where to; "", "" unless there are both.

    Without a `self` there is nothing to ask a hub for: the feed's own URL may hold a secret, and nobody is told it.
    """
    found: dict[str, str] = {}
    for rels, target in links:
        for rel in rels.lower().split():
            if rel in ("hub", "self") and _usable(target):
                found.setdefault(rel, target)
    return (found["hub"], found["self"]) if len(found) == len(("hub", "self")) else ("", "")


def _usable(target: str) -> bool:
    """Say whether this is a whole URL of http or https, of one printable line."""
    try:
        url = URL(target)
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and len(target) <= LONGEST_URL and target.isprintable()
