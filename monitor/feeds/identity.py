"""Say which entry is which within its feed: the keys it is known by.

First cut: one key, of the best thing an entry offers. Part 3 widens it to an alias table: the entry is known if any of
several keys is.
"""

from __future__ import annotations

from hashlib import blake2b

_KEY_BYTES = 16


def identity_keys(*, guid: str, canonical_url: str, title: str, text: str) -> tuple[bytes, ...]:
    """Return the 16-byte keys of an entry, best first: its guid, else its canonical link, else its title and text."""
    if guid:
        return (_digest("guid", guid),)
    if canonical_url:
        return (_digest("link", canonical_url),)
    return (_digest("text", title, text),)


def entry_id(feed_url: str, key: bytes) -> str:
    """Return the entry's id, 32 hex digits: the same in every poll, another one in every feed."""
    return blake2b(feed_url.encode("utf-8", "replace") + b"\0" + key, digest_size=16).hexdigest()


def _digest(kind: str, *parts: str) -> bytes:
    # NUL cannot stand in cleaned text, so ("a", "bc") and ("ab", "c") differ.
    return blake2b("\0".join((kind, *parts)).encode("utf-8", "replace"), digest_size=_KEY_BYTES).digest()
