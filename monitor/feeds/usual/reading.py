"""One reading of a page: where expat is in it, and what has been found so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Final, TypeAlias
from xml.parsers import expat

from monitor.feeds.items import Markup, XmlFeed
from monitor.feeds.usual.names import RDF, SPACES, Role, is_usual_space, role_of
from monitor.feeds.usual.raw import RawItem
from monitor.feeds.usual.texts import UnusualError

_SEPARATOR: Final = " "  # what expat writes between a namespace and a name
_ABOUT = f"{RDF}{_SEPARATOR}about"
_NAMES_KEPT = 1_000
_LONGEST_NAME = 200
_DEEPEST = 20  # elements in elements
_BASE = re.compile(r"https?://[^\s/?#;]+(?:/[^\s?#;]*)?(?:\?[^\s#;]+)?(?:#[^\s;]+)?")  # that no joining changes


class Place(Enum):
    """What the elements are in that come next."""

    DOCUMENT = auto()
    RSS = auto()
    RDF = auto()
    HEAD = auto()  # of the feed: a channel, or a feed of Atom
    ITEM = auto()
    MEDIA = auto()
    AUTHOR = auto()
    PICTURE = auto()
    FORM = auto()
    PERSON = auto()
    MUTE = auto()
    LEAF = auto()


@lru_cache(_NAMES_KEPT)
def _role(name: str) -> Role:
    if len(name) > _LONGEST_NAME:
        raise UnusualError
    space, _, local = name.rpartition(_SEPARATOR)
    return role_of(space, local)


def _refuse(*_: object) -> None:
    raise UnusualError


class Reading:
    """One reading: what `expat` calls, and what it has found so far."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.place = Place.DOCUMENT
        self.close: Callable[[Reading, str], None] | None = None  # what the end of this element does with its text
        self.pieces: list[str] | None = None  # of its text
        self.outer: list[tuple[Place, Callable[[Reading, str], None] | None, list[str] | None, str, str | None]] = []
        self.spaces: dict[str, str] = {}  # by prefix
        self.bare: set[str] = set()  # unknown ones without a prefix
        self.version = ""
        self.base = ""  # xml:base
        self.own_base = ""  # of the element that is read
        self.language: str | None = None  # of what is read now (xml:lang)
        self.is_html = False  # the text that is read now
        self.feed_language = ""
        self.feed_title: str | None = None
        self.has_summary = False  # the feed
        self.summaries_of_feed = False  # more than one, since the last item
        self.site: str | None = None
        self.links: list[tuple[str, str]] = []
        self.raw = RawItem()
        self.raws: list[RawItem] = []
        self.person: str | None = None  # the name of an author in an element of its own
        self.is_permalink = False

    def read(self, text: str, now: datetime) -> XmlFeed:
        """Read the whole page.

        Raises:
            UnusualError: it is one for feedparser.
            ExpatError: it is not well-formed.
        """
        parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartNamespaceDeclHandler = self._space
        parser.StartDoctypeDeclHandler = _refuse
        parser.Parse(text.encode("utf-8"), True)  # noqa: FBT003 - it has no name there
        items = [raw.item(self.feed_language, now) for raw in self.raws]
        title = Markup(text=self.feed_title or "", is_html=False).plain(1_000)
        return XmlFeed(version=self.version, title=title, site=self.site or "", items=iter(items), links=self.links)

    # -- what expat calls ----------------------------------------------------------------------------------------------

    def _space(self, prefix: str | None, address: str | None) -> None:
        if not address:
            return
        if not prefix and address.lower() not in SPACES:
            self.bare.add(address)  # feedparser takes its elements for the feed's own
        elif not is_usual_space(prefix or "", address):
            raise UnusualError
        if self.spaces.setdefault(prefix or "", address) != address:
            raise UnusualError
        if address in self.bare and any(address == other for prefix, other in self.spaces.items() if prefix):
            raise UnusualError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        role = _role(name)
        if self.bare and name.rpartition(_SEPARATOR)[0] in self.bare:
            role = _role(name.rpartition(_SEPARATOR)[2])
            role = role if role is Role.NOTHING else Role.UNUSUAL
        begin = self._table[self.place].get(role)
        if begin is None or len(self.outer) > _DEEPEST:
            raise UnusualError
        self.outer.append((self.place, self.close, self.pieces, self.own_base, self.language))
        self.close = self.pieces = None
        if attributes:
            attributes = self._attributes(attributes)
        self.own_base = self.base
        self.place = begin(self, attributes)

    def _end(self, _name: str) -> None:
        close, pieces = self.close, self.pieces
        if close is not None:
            close(self, "".join(pieces or ()).strip())
        self.place, self.close, self.pieces, self.own_base, self.language = self.outer.pop()
        self.base = self.own_base or self.base  # what is said inside an element outlives it, if nothing was said before

    def _characters(self, text: str) -> None:
        if self.pieces is not None:
            self.pieces.append(text)

    def _attributes(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return attributes by their names without namespaces, in lower case."""
        plain = {name.rpartition(_SEPARATOR)[2].lower(): value for name, value in given.items()}
        if len(plain) != len(given):
            raise UnusualError
        if "base" in plain:
            if not _BASE.fullmatch(plain["base"]):
                raise UnusualError
            self.base = plain["base"]
        if "lang" in plain:
            self.language = plain["lang"] or None
        if _ABOUT in given:
            plain["rdf:about"] = given[_ABOUT]
        return plain

    # -- frames --------------------------------------------------------------------------------------------------------

    def capture(self, close: Callable[[Reading, str], None]) -> Place:
        """Read an element's text, and do something with it at its end."""
        self.close, self.pieces = close, []
        return Place.LEAF


Begin: TypeAlias = Callable[[Reading, Mapping[str, str]], Place]  # reads a start tag, and says where its content is
Table: TypeAlias = Mapping[Place, Mapping[Role, Begin]]
