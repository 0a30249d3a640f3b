"""Read RSS, RDF and Atom with expat alone, where nothing in the page is unusual.

What comes out is what `monitor.feeds.xmlfeed` makes of the same page, to the letter, and a page of which that is not
certain is left to feedparser: one with a DOCTYPE, with markup that is not escaped, with elements that stand where they
do not belong or come twice, with dates in forms of their own, and one that is not well-formed.

Nothing here takes more than linear time, no entity can be declared, and nesting is bounded: a small page of a stranger
may be read so in a process that must not die (`monitor.feeds.small`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Final
from xml.parsers import expat

from monitor.feeds.dates import from_feedparser
from monitor.feeds.items import Item, Markup, XmlFeed
from monitor.feeds.usual.names import ATOM, RDF, RSS_1, SPACES, Role, is_usual_space, role_of
from monitor.feeds.usual.texts import (
    UnusualError,
    author_name,
    is_html_by_its_look,
    joined,
    mended,
    usual_date,
    without_references,
)

_SEPARATOR: Final = " "  # what expat writes between a namespace and a name
_ABOUT = f"{RDF}{_SEPARATOR}about"
_MOST_TAGS = 100  # of an item; `repeats` thins out more of them
_NAMES_KEPT = 1_000
_DEEPEST = 20  # elements in elements
_BASE = re.compile(r"https?://[^\s/?#;]+(?:/[^\s?#;]*)?(?:\?[^\s#;]+)?(?:#[^\s;]+)?")  # that no joining changes
_HTML = {"text": False, "plain": False, "text/plain": False, "html": True, "text/html": True}


class _Place(Enum):
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


@dataclass(slots=True)
class _Raw:
    """One item while it is read; None = its page has not said."""

    guid: str = ""
    named: bool = False  # by a guid
    link: str | None = None  # as feedparser has it: the last one, or the guid
    alternate: str = ""  # the first one
    title: Markup | None = None
    language: str = ""
    summary: Markup | None = None
    copied: str | None = None  # the first content, which stands for a summary until there is one
    contents: list[Markup] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    tags: list[list[str | None]] = field(default_factory=list)
    dates: dict[Role, str] = field(default_factory=dict)
    reset: bool = False  # another title would count again

    def item(self, language: str, now: datetime) -> Item:
        """Make the item."""
        return Item(
            guid=self.guid.strip(),
            link=self.alternate or (self.link if self.link and self.link.startswith(("http://", "https://")) else ""),
            title=self.title or Markup(),
            summary=self.summary or Markup(text=self.copied or ""),
            content=max(self.contents, key=lambda markup: len(markup.text), default=Markup()),
            authors=tuple(self.authors),
            tags=tuple(label or term or "" for term, _, label in self.tags),
            language=self.language or language,
            published=self._published(now),
        )

    def _published(self, now: datetime) -> datetime | None:
        for role in (Role.PUBLISHED, Role.UPDATED, Role.CREATED):
            written = self.dates.get(role)
            moment = from_feedparser(written, usual_date(written), now) if written else None
            if moment is not None:
                return moment
        return None


def read_usual(text: str, now: datetime) -> XmlFeed | None:
    """Read a page, or return None where it is one for feedparser."""
    reader = _Reader()
    try:
        return reader.read(text, now)
    except (UnusualError, expat.ExpatError):
        return None


@lru_cache(_NAMES_KEPT)
def _role(name: str) -> Role:
    space, _, local = name.rpartition(_SEPARATOR)
    return role_of(space, local)


class _Reader:
    """One reading: what `expat` calls, and what it has found so far."""

    def __init__(self) -> None:
        self.place = _Place.DOCUMENT
        self.close: Callable[[_Reader, str], None] | None = None  # what the end of this element does with its text
        self.pieces: list[str] | None = None  # of its text
        self.outer: list[tuple[_Place, Callable[[_Reader, str], None] | None, list[str] | None, str, str | None]] = []
        self.spaces: dict[str, str] = {}  # by prefix
        self.bare: set[str] = set()  # unknown ones without a prefix
        self.version = ""
        self.base = ""  # xml:base
        self.own_base = ""  # of the element that is read
        self.language: str | None = None  # of what is read now (xml:lang)
        self.is_html = False  # the text that is read now
        self.feed_language = ""
        self.feed_title: str | None = None
        self.site: str | None = None
        self.links: list[tuple[str, str]] = []
        self.raw = _Raw()
        self.raws: list[_Raw] = []
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
        if self.spaces.setdefault(prefix or "", address) != address or (prefix and address in self.bare):
            raise UnusualError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        role = _role(name)
        if self.bare and name.rpartition(_SEPARATOR)[0] in self.bare:
            role = _role(name.rpartition(_SEPARATOR)[2])
            role = role if role is Role.NOTHING else Role.UNUSUAL
        begin = _BEGIN[self.place].get(role)
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
        self.place, self.close, self.pieces, self.own_base, self.language = self.outer.pop()
        self.base = self.own_base or self.base  # what is said inside an element outlives it, if nothing was said before
        if close is not None:
            close(self, "".join(pieces or ()).strip())

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

    def capture(self, close: Callable[[_Reader, str], None]) -> _Place:
        """Read an element's text, and do something with it at its end."""
        self.close, self.pieces = close, []
        return _Place.LEAF


# -- what begins: where it is read, and what its text is for -------------------------------------------------------------


def _refuse(*_: object) -> None:
    raise UnusualError


def _leaf(_reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    return _Place.LEAF


def _mute(_reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    return _Place.MUTE


def _rss(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    reader.version, reader.feed_language = "rss", _tag(reader.language)
    return _Place.RSS


def _rdf(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    addresses = {address.lower() for address in reader.spaces.values()}
    if RSS_1 not in addresses or ATOM in addresses:
        raise UnusualError
    reader.version = "rss10"
    return _Place.RDF


def _feed(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    if reader.spaces.get("", "").lower() != ATOM:
        raise UnusualError
    reader.version, reader.feed_language = "atom10", _tag(reader.language)
    return _Place.HEAD


def _channel(_reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    if "href" in attributes or "lastmod" in attributes:
        raise UnusualError
    return _Place.HEAD


def _item(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    _channel(reader, attributes)
    reader.raw = _Raw(guid=attributes.get("rdf:about", ""))
    reader.raws.append(reader.raw)
    return _Place.ITEM


def _picture(_reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    return _Place.PICTURE


def _form(_reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    return _Place.FORM


def _person(_reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    return _Place.PERSON


# -- of a feed -----------------------------------------------------------------------------------------------------------


def _feed_title(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    if reader.feed_title is not None:
        raise UnusualError
    _type(attributes, html=False)
    return reader.capture(_end_feed_title)


def _end_feed_title(reader: _Reader, text: str) -> None:
    reader.feed_title = mended(text)


def _feed_link(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    rel, href = _target(reader, attributes)
    if href is None:
        reader.links.append((rel, ""))
        return reader.capture(_end_feed_link)
    reader.links.append((rel, href))
    if _is_page(rel, attributes):
        reader.site = href
    return _Place.LEAF


def _end_feed_link(reader: _Reader, text: str) -> None:
    reader.site = without_references(_address(reader, text))
    reader.links[-1] = (reader.links[-1][0], reader.site)


def _feed_id(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    reader.is_permalink = attributes.get("ispermalink", "true") == "true"
    return reader.capture(_end_feed_id)


def _end_feed_id(reader: _Reader, text: str) -> None:
    if reader.is_permalink and reader.site is None:
        reader.site = _address(reader, text)


def _feed_language(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    return reader.capture(_end_feed_language)


def _end_feed_language(reader: _Reader, text: str) -> None:
    reader.feed_language = mended(text)


# -- of an item ----------------------------------------------------------------------------------------------------------


def _title(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    if reader.raw.title is not None:
        raise UnusualError
    reader.is_html = _type(attributes, html=False)
    reader.raw.language = _tag(reader.language)
    return reader.capture(_end_title)


def _end_title(reader: _Reader, text: str) -> None:
    reader.raw.title = _markup(reader, text)


def _other_title(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    title = reader.raw.title
    if title is None or not title.text or reader.raw.reset:
        raise UnusualError  # it would be the item's
    return _Place.LEAF


def _link(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    rel, href = _target(reader, attributes)
    if href is None:
        return reader.capture(_end_alternate if rel == "alternate" else _end_link)
    if rel == "alternate":
        reader.raw.alternate = reader.raw.alternate or href
    if _is_page(rel, attributes):
        reader.raw.link = href
    return _Place.LEAF


def _end_link(reader: _Reader, text: str) -> None:
    reader.raw.link = without_references(_address(reader, text).replace("&amp;", "&"))


def _end_alternate(reader: _Reader, text: str) -> None:
    _end_link(reader, text)
    reader.raw.alternate = reader.raw.alternate or reader.raw.link or ""


def _guid(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    if reader.raw.named:
        raise UnusualError
    reader.is_permalink = attributes.get("ispermalink", "true") == "true"
    return reader.capture(_end_guid)


def _end_guid(reader: _Reader, text: str) -> None:
    raw = reader.raw
    raw.named, raw.guid = True, _address(reader, text) if reader.is_permalink else mended(text)
    if reader.is_permalink and raw.link is None:
        raw.link = raw.guid


def _description(reader: _Reader, attributes: Mapping[str, str], *, html: bool = True) -> _Place:
    raw = reader.raw
    if raw.summary is not None:
        if raw.contents:
            raise UnusualError
        return _content(reader, attributes)
    reader.is_html = _type(attributes, html=html)
    return reader.capture(_end_summary)


def _summary(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    return _description(reader, attributes, html=False)


def _end_summary(reader: _Reader, text: str) -> None:
    reader.raw.summary = _markup(reader, text)


def _content(reader: _Reader, attributes: Mapping[str, str], *, html: bool = False) -> _Place:
    reader.is_html = _type(attributes, html=html)
    return reader.capture(_end_content)


def _full_content(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    return _content(reader, attributes, html=True)


def _end_content(reader: _Reader, text: str) -> None:
    markup = _markup(reader, text)
    reader.raw.contents.append(markup)
    if reader.raw.copied is None:
        reader.raw.copied = markup.text


def _author(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    reader.person = None
    reader.capture(_end_author)
    return _Place.AUTHOR


def _end_author(reader: _Reader, text: str) -> None:
    name = author_name(mended(text)) if reader.person is None else reader.person
    reader.raw.authors.append(name)


def _name(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    return reader.capture(_end_name)


def _end_name(reader: _Reader, text: str) -> None:
    reader.person = text


def _address_of_author(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    reader.person = reader.person or ""
    return _Place.LEAF


def _more_of_author(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    if reader.person is None:
        raise UnusualError  # its text would be a part of the author's
    return _Place.MUTE


def _category(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    tag = [attributes.get("term"), attributes.get("scheme", attributes.get("domain")), attributes.get("label")]
    _add_tag(reader.raw, tag)
    return reader.capture(_end_category)


def _end_category(reader: _Reader, text: str) -> None:
    tags, text = reader.raw.tags, mended(text)
    if not text:
        return
    if tags and not tags[-1][0]:
        tags[-1][0] = text
    else:
        _add_tag(reader.raw, [text, None, None])


def _add_tag(raw: _Raw, tag: list[str | None]) -> None:
    if any(tag) and tag not in raw.tags:
        raw.tags.append(tag)
    if len(raw.tags) > _MOST_TAGS:
        raise UnusualError


def _media_category(reader: _Reader, attributes: Mapping[str, str]) -> _Place:
    return _category(reader, {"scheme": "http://search.yahoo.com/mrss/category_schema"} | dict(attributes))


def _source(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    reader.raw.reset = True
    return _Place.LEAF


def _media(_reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
    return _Place.MEDIA


def _dated(role: Role) -> Callable[[_Reader, Mapping[str, str]], _Place]:
    def close(reader: _Reader, text: str) -> None:
        reader.raw.dates[role] = mended(text)

    def begin(reader: _Reader, _attributes: Mapping[str, str]) -> _Place:
        return reader.capture(close)

    return begin


# -- of attributes and texts ---------------------------------------------------------------------------------------------


def _tag(language: str | None) -> str:
    return (language or "").replace("_", "-")


def _type(attributes: Mapping[str, str], *, html: bool) -> bool:
    """Say whether a text is HTML, by its type or by what it is where none is given."""
    given = attributes.get("type")
    is_html = html if given is None else _HTML.get(given.lower())
    if is_html is None or "mode" in attributes:
        raise UnusualError
    return is_html


def _markup(reader: _Reader, text: str) -> Markup:
    is_html = reader.is_html or (reader.version != "atom10" and is_html_by_its_look(text))
    return Markup(text=mended(text), is_html=is_html)


def _target(reader: _Reader, attributes: Mapping[str, str]) -> tuple[str, str | None]:
    """Return what a link is for and where it leads to; None = its text says it."""
    if "url" in attributes or "uri" in attributes:
        raise UnusualError
    href = attributes.get("href")
    return attributes.get("rel", "alternate").lower(), None if href is None else joined(reader.base, href)


def _is_page(rel: str, attributes: Mapping[str, str]) -> bool:
    kind = attributes.get("type", "html").lower()
    return rel == "alternate" and kind in ("html", "text/html", "xhtml", "application/xhtml+xml")


def _address(reader: _Reader, text: str) -> str:
    return mended(joined(reader.base, text)) if text else ""


_BEGIN: Mapping[_Place, Mapping[Role, Callable[[_Reader, Mapping[str, str]], _Place]]] = {
    _Place.DOCUMENT: {Role.RSS: _rss, Role.RDF: _rdf, Role.FEED: _feed},
    _Place.RSS: {Role.CHANNEL: _channel, Role.NOTHING_AT_ALL: _mute},
    _Place.RDF: {Role.CHANNEL: _channel, Role.ITEM: _item, Role.IMAGE: _picture, Role.FORM: _form},
    _Place.HEAD: {
        Role.ITEM: _item,
        Role.TITLE: _feed_title,
        Role.LINK: _feed_link,
        Role.GUID: _feed_id,
        Role.LANGUAGE: _feed_language,
        Role.IMAGE: _picture,
        Role.FORM: _form,
        Role.PODCAST_CATEGORY: _mute,
        **dict.fromkeys((Role.AUTHOR, Role.CONTRIBUTOR, Role.OWNER), _person),
        **dict.fromkeys((Role.DESCRIPTION, Role.SUMMARY, Role.CATEGORY, Role.NOTHING), _leaf),
        **dict.fromkeys((Role.PUBLISHED, Role.UPDATED, Role.CREATED), _leaf),
        Role.NOTHING_AT_ALL: _mute,
    },
    _Place.ITEM: {
        Role.TITLE: _title,
        Role.OTHER_TITLE: _other_title,
        Role.LINK: _link,
        Role.GUID: _guid,
        Role.DESCRIPTION: _description,
        Role.SUMMARY: _summary,
        Role.CONTENT: _content,
        Role.FULL_CONTENT: _full_content,
        Role.AUTHOR: _author,
        Role.CONTRIBUTOR: _person,
        Role.CATEGORY: _category,
        Role.MEDIA_CATEGORY: _media_category,
        **{role: _dated(role) for role in (Role.PUBLISHED, Role.UPDATED, Role.CREATED)},
        Role.LANGUAGE: _leaf,
        Role.SOURCE: _source,
        Role.IMAGE: _source,
        Role.MEDIA: _media,
        Role.NOTHING: _leaf,
        Role.NOTHING_AT_ALL: _mute,
    },
    _Place.MEDIA: {
        Role.OTHER_TITLE: _other_title,
        Role.DESCRIPTION: _description,
        Role.MEDIA_CATEGORY: _media_category,
        Role.MEDIA: _media,
        Role.NOTHING_AT_ALL: _mute,
    },
    _Place.AUTHOR: {
        Role.NAME: _name,
        Role.URL: _address_of_author,
        Role.ADDRESS: _address_of_author,
        Role.NOTHING_AT_ALL: _more_of_author,
    },
    _Place.PICTURE: dict.fromkeys((Role.TITLE, Role.LINK, Role.URL, Role.SIZE, Role.DESCRIPTION), _leaf),
    _Place.FORM: dict.fromkeys((Role.TITLE, Role.LINK, Role.NAME, Role.DESCRIPTION), _leaf),
    _Place.PERSON: {
        **dict.fromkeys((Role.NAME, Role.URL, Role.ADDRESS), _leaf),
        Role.NOTHING_AT_ALL: _mute,
    },
    _Place.MUTE: {Role.NOTHING: _leaf, Role.NOTHING_AT_ALL: _mute, Role.PODCAST_CATEGORY: _mute},
    _Place.LEAF: {},
}
