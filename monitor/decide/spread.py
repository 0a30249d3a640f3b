"""Ids and spreads: made of what they are about, so they are the same in every process."""

from __future__ import annotations

import hashlib


def digest(*parts: str) -> str:
    """Return 32 hex digits that stand for the parts."""
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def fraction(*parts: str) -> float:
    """Return a number in [0, 1) that depends on the parts alone."""
    return int(digest(*parts), 16) / 2**128
