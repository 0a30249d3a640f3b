"""The keys by which copies of one report find each other. Part 4 adds similarity beside them."""

from __future__ import annotations

import re
from hashlib import blake2b

from monitor.model import Entry
from monitor.text.fold import tokenize

_KEY_BYTES = 16
_LEAST_LETTERS = 20  # fewer identify nothing: "Live updates", "Weather"
_NUMBERED = re.compile(r"#\d{1,2}$", re.ASCII)  # what `feeds.canonical` leaves out: it may number copies, or posts
_HOME_PAGE = re.compile(r"https://[^/?#]+/?$")


def story_keys(entry: Entry) -> dict[str, bytes]:
    """Return the 16-byte keys under which the entry's story is known, by kind; entries that share one are one story.

    "link": the canonical link, unless it is a whole site's. "text": the words of title and text, without case, accents,
    punctuation and blanks. An entry with neither link nor enough text has none: it is a story by itself.
    """
    keys = {}
    if link := link_key(entry):
        keys["link"] = link
    words = " ".join((*tokenize(entry.title).words, "\n", *tokenize(entry.summary or entry.body).words))
    if sum(map(str.isalpha, words)) >= _LEAST_LETTERS:
        keys["text"] = _digest("text", words)
    return keys


def link_key(entry: Entry) -> bytes:
    """Return the 16-byte key of the entry's canonical link, b"" where it has none or it is a whole site's.

    Where the link was numbered, its title says which post of the page it is.
    """
    if not entry.canonical_url or _HOME_PAGE.match(entry.canonical_url):
        return b""
    if _NUMBERED.search(entry.url):
        return _digest("post", " ".join((entry.canonical_url, *tokenize(entry.title).words)))
    return _digest("link", entry.canonical_url)


def _digest(kind: str, text: str) -> bytes:
    return blake2b(f"{kind}\0{text}".encode(), digest_size=_KEY_BYTES).digest()
