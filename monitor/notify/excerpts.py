"""Show text that came from outside: what every destination needs before it escapes for its own place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.model import Excerpt
from monitor.text.plain import shorten

# Line ends, controls, lone surrogates, direction overrides, noncharacters. Each is replaced by one blank, so that
# offsets into the text keep their meaning.
_UNWANTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ufeff]"
)
_NOT_IN_LINKS = re.compile(r'[\s"<>\\^`{|}]')
_LINK_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is, or is not, one of the words watched for; never empty."""

    text: str
    hit: bool


def scrub(text: str) -> str:
    """Replace what must reach no terminal, header or client by blanks; the length stays."""
    return _UNWANTED.sub(" ", text)


def scrub_line(text: str, limit: int) -> str:
    """Scrub, squeeze blanks, and cut to `limit` characters."""
    return shorten(" ".join(scrub(text).split()), limit)


def cut(excerpt: Excerpt, *, limit: int, marks: int) -> Excerpt:
    """Scrub an excerpt and cut it to at most `limit` characters with the first `marks` marks; neighbours become one."""
    text = shorten(scrub(excerpt.text), limit)
    kept: list[tuple[int, int]] = []
    for start, end in excerpt.marks:
        begin, stop = max(start, kept[-1][1] if kept else 0), min(end, len(text))
        if begin >= stop:
            continue
        if kept and kept[-1][1] == begin:  # 习近平 and 会谈 in 习近平会谈
            kept[-1] = (kept[-1][0], stop)
        elif len(kept) < marks:
            kept.append((begin, stop))
    return Excerpt(text=text, marks=tuple(kept))


def pieces(excerpt: Excerpt) -> list[Piece]:
    """Split an excerpt, as `cut` returns it, at its marks."""
    found: list[Piece] = []
    place = 0
    for start, end in excerpt.marks:
        found += [Piece(excerpt.text[place:start], hit=False), Piece(excerpt.text[start:end], hit=True)]
        place = end
    found.append(Piece(excerpt.text[place:], hit=False))
    return [piece for piece in found if piece.text]


def safe_link(url: str) -> str:
    """Return an http(s) link that can break out of no markup, or "" where the URL is none.

    The few characters that delimit links somewhere are percent-encoded; anything else stays as the feed wrote it.
    """
    if len(url) > _LINK_LIMIT or _UNWANTED.search(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:  # e.g. "http://[": not a URL, and not our mistake
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    link = _NOT_IN_LINKS.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)
    return link if len(link) <= _LINK_LIMIT else ""
