"""Say which entry is which within its feed: the keys it is known by.

Which of them count in a feed, and what a known key means, is decided in `monitor.decide.identity`.
"""

from __future__ import annotations

from hashlib import blake2b

from monitor.model import Identity
from monitor.text.essence import essential_words

LEAST_LETTERS = 20  # of a title or text: fewer name nothing ("Live updates", "Weather")
_KEY_BYTES = 16
_TEXT_READ = 20_000  # characters

Named = tuple[Identity, bytes]


def identity_keys(
    *,
    guid: str,
    canonical_url: str,
    title: str,
    text: str,
    rest: str = "",
    numbered: bool = False,
    short_titles: bool = False,
) -> tuple[Named, ...]:
    """Return the 16-byte keys of an entry with their kinds: its guid, its canonical link, its content, its title.

    The first is what the entry's id is made of, so keys and order must stay as they are: a store is full of them.
    `text` is the summary, or the body where there is none, and `rest` the body beside a summary. `numbered` says that
    the link lost a number to its canonical form that may name a part of its page (`#3`): then it counts only where
    there is no guid. A text and a title count from LEAST_LETTERS letters on, titles from the first with `short_titles`;
    an entry with neither guid nor link is known by both, however short.
    """
    keys = []
    if guid:
        keys.append((Identity.GUID, _digest("guid", guid)))
    if canonical_url and not (guid and numbered):
        keys.append((Identity.LINK, _digest("link", canonical_url)))
    if not keys:
        keys.append((Identity.CONTENT, _digest("text", title, text)))
    name = " ".join(essential_words(title, headline=True))
    words = " ".join(essential_words(f"{text[:_TEXT_READ]}\n{rest[:_TEXT_READ]}"))
    if words and _letters(name) + _letters(words) >= LEAST_LETTERS:
        keys.append((Identity.CONTENT, _digest("content", name, words)))
    if name and (short_titles or _letters(name) >= LEAST_LETTERS):
        keys.append((Identity.TITLE, _digest("title", name)))
    return tuple(keys)


def entry_id(feed_url: str, key: bytes) -> str:
    """Return the entry's id, 32 hex digits: the same in every poll, another one in every feed."""
    return blake2b(feed_url.encode("utf-8", "replace") + b"\0" + key, digest_size=16).hexdigest()


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _digest(kind: str, *parts: str) -> bytes:
    # NUL cannot stand in cleaned text, so ("a", "bc") and ("ab", "c") differ.
    return blake2b("\0".join((kind, *parts)).encode("utf-8", "replace"), digest_size=_KEY_BYTES).digest()
