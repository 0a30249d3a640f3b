"""Read and write lists of feeds (OPML 2.0, opml.org/spec2.opml).

Read with expat, without recursion: entities are refused before they are expanded, nothing outside is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.entities import html5
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from monitor.errors import UserError
from monitor.feeds.charset import decode
from monitor.text.plain import one_line, shorten

MAX_BYTES = 20_000_000
MAX_FEEDS = 100_000
MAX_DEPTH = 50  # of folders
TEXT_LIMIT = 200

_ENTITY = re.compile(r"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)(?:([A-Za-z][A-Za-z0-9]{1,30});)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of a list."""

    title: str
    url: str
    tags: tuple[str, ...] = ()  # the folders that it lies in, and its categories
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlList:
    """What a list holds."""

    outlines: tuple[Outline, ...]  # feeds, in its order
    passed: int  # outlines that are neither a feed nor a folder: links, notes, feeds whose `xmlUrl` is missing


def read_opml(raw: bytes) -> OpmlList:
    """Return the feeds of a list; what is no feed, such as a link, is passed over and counted.

    Raises:
        UserError: it is no OPML, not well-formed, or larger than anybody's list.
    """
    if len(raw) > MAX_BYTES:
        raise UserError(f"the list is larger than {MAX_BYTES // 1_000_000} MB: split it")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = _refuse_entity
    text = decode(raw).lstrip("\ufeff\0 \t\r\n")
    try:
        parser.Parse(_ENTITY.sub(_mended, text), True)  # noqa: FBT003 - expat's only way to say that this is all
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        raise UserError(
            f"this list cannot be read: {reason}, line {error.lineno}, column {error.offset + 1}"
        ) from error
    except UnicodeEncodeError as error:
        raise UserError("this list cannot be read: it holds halves of characters") from error
    if not reader.is_opml:
        raise UserError(f"this is no list of feeds: OPML begins with <opml>, not with <{shorten(reader.root, 40)}>")
    return OpmlList(outlines=tuple(reader.outlines), passed=reader.passed)


def _mended(found: re.Match[str]) -> str:
    """Write a name of HTML's as its character, and a bare `&`, as they stand in many a URL, as XML wants it."""
    character = html5.get(f"{found[1]};", "") if found[1] else ""
    return f"&#{ord(character)};" if len(character) == 1 else found[0].replace("&", "&amp;", 1)


def _refuse_entity(*_: object) -> NoReturn:
    raise UserError("this list declares entities of its own: such a file is not read")


class _Reader:
    """Collect the feeds, with the folders that are open around each."""

    def __init__(self) -> None:
        self.root = ""
        self.outlines: list[Outline] = []
        self.passed = 0
        self._open: list[str] = []  # the name of each outline that is open, "" = it is no folder
        self._leaf = False  # whether the outline that began last is no feed, and holds none so far

    @property
    def is_opml(self) -> bool:
        """Whether the document is OPML."""
        return self.root.lower() == "opml"

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take an element."""
        self.root = self.root or name
        if name.lower() != "outline" or not self.is_opml:
            return
        if len(self._open) >= MAX_DEPTH or len(self.outlines) >= MAX_FEEDS:
            raise UserError(f"more than {MAX_FEEDS:,} feeds, or folders nested deeper than {MAX_DEPTH}")
        given = {key.lower(): shorten(one_line(value), TEXT_LIMIT) for key, value in attributes.items()}
        url = next((value.strip() for key, value in attributes.items() if key.lower() == "xmlurl"), "")
        title = given.get("title") or given.get("text") or ""
        self._open.append("" if url else title)
        self._leaf = not url
        if url:
            self.outlines.append(
                Outline(title=title, url=url, tags=self._tags(given), language=given.get("language", ""))
            )

    def end(self, name: str) -> None:
        """Leave an element."""
        if name.lower() == "outline" and self.is_opml:
            self._open.pop()
            self.passed += self._leaf
            self._leaf = False

    def _tags(self, given: dict[str, str]) -> tuple[str, ...]:
        """Name the folders, then the categories: `/news/europe,wire` are three."""
        categories = re.split(r"[,/]", given.get("category", ""))
        return tuple(dict.fromkeys(tag for tag in (*self._open, *(part.strip() for part in categories)) if tag))


def write_opml(title: str, outlines: Sequence[Outline]) -> str:
    """Write a list of feeds, each in the folder of its first tag; all tags stand in its `category` too."""
    folders: dict[str, list[Outline]] = {}
    for outline in outlines:
        folders.setdefault(outline.tags[0] if outline.tags else "", []).append(outline)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">']
    lines += [f"  <head><title>{_escaped(title)}</title></head>", "  <body>"]
    for folder, feeds in folders.items():
        if folder:
            lines.append(f"    <outline text={quoteattr(folder)}>")
        lines += [("      " if folder else "    ") + _element(feed) for feed in feeds]
        if folder:
            lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _element(feed: Outline) -> str:
    given = {"type": "rss", "text": feed.title, "title": feed.title, "xmlUrl": feed.url}
    given |= {"category": ",".join(feed.tags)} if feed.tags else {}
    given |= {"language": feed.language} if feed.language else {}
    return f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in given.items())}/>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
