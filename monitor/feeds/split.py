"""Find out what of a page is new before anything parses it: only blocks that were not there last time cost.

A page is cut behind each `</item>`, `</entry>` or `</url>` into blocks, each block is hashed, and what is parsed is an
envelope: the page without the blocks that the last page held too. What stands before and behind all blocks stays, so
namespaces, `xml:base` and all that belongs to the feed itself stay in force. A hash is a filter for work, never an
identity: an entry whose block changes by a byte is parsed again and then known by its keys.

Whatever is in doubt is parsed whole: blocks that nest or are not closed, anything but blanks between them, a comment or
CDATA section across a block's edge, a DOCTYPE with declarations, another root. Only blocks that are not known are
looked at for that: a block is in doubt or not by itself, and the known ones were looked at when they were new. Linear
time.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from xxhash import xxh3_64_digest

from monitor.feeds.charset import calls_itself_utf8, is_utf8, to_utf8
from monitor.feeds.items import MAX_ENTRIES
from monitor.model import Page

# A changed block passes for one of 50 known ones once in 4e17 times, and until the next whole parse.
HASH_BYTES = 8
_ROOT = re.compile(
    rb"(?:\s++|<\?[^>]*+>|<!--.*?-->|<!DOCTYPE[^>\[]*+>)*+<(rss|rdf:RDF|feed|urlset)[\s>]", re.DOTALL | re.IGNORECASE
)
_BLOCKS = {b"rss": b"item", b"rdf:rdf": b"item", b"feed": b"entry", b"urlset": b"url"}
_BLANKS = re.compile(rb"\s*+")
_ENDS_NAME = b" \t\r\n>/"
_SECTIONS = ((b"<![CDATA[", b"]]>"), (b"<!--", b"-->"), (b"<?", b"?>"))
_ADDRESS = re.compile(rb"""\shref\s*=\s*["']([^"']*)""")
_ENDS = 1_500  # bytes
_ENDS_TEXT = b"<]\"' \t\r\n"
_TRIES = 100  # places of a name, before it is taken for one that stands there
_FEW = 12  # blocks, and names: for more of them all names are read
# what a feed tells of itself, but for what tells of its entries (`items`) and of its rhythm (`rhythm`)
_TOLD = re.compile(
    rb"<(?!(?:\w{1,20}:)?(?:rss|rdf|channel|feed|urlset|title|link|language|ttl|update\w+|hour|day|skip\w+)[\s/>])"
    rb"([A-Za-z][\w:.-]{0,60}+)(?=[\s/>])[^<>]*+>"
    rb"(?:(?<=/>)|(?<!/>)[^<]*+(?:<!\[CDATA\[[^\]]*+\]\]>[^<]*+)?</\1\s*+>)\s*+",
    re.IGNORECASE,
)
# the elements by which an item may be known: attributes and text
_NAMING = re.compile(rb"<(?:guid|link|id|loc)\b([^<>]*)>(?:<!\[CDATA\[)?([^<\]]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to parse of a page."""

    page: Page | None  # in UTF-8 with its mark; None = no block is unseen
    blocks: bytes  # the hashes of the page's blocks in their order, b"" = it is not cut
    whole: bool  # no block is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A page in UTF-8 in pieces, each block from its start tag to its end tag."""

    text: bytes = field(repr=False)
    spans: tuple[tuple[int, int], ...]  # of the blocks, in the text
    hashes: tuple[bytes, ...]  # of the blocks
    tail: int  # where it begins

    def block(self, number: int) -> bytes:
        """Return one block."""
        return self.text[slice(*self.spans[number])]

    def ends(self, number: int) -> bytes:
        """Return the parts of a block that are looked at for its names."""
        start, end = self.spans[number]
        return (
            self.text[start:end]
            if end - start <= 2 * _ENDS
            else self.text[start : start + _ENDS] + self.text[end - _ENDS : end]
        )

    def envelope(self, numbers: Iterable[int]) -> bytes:
        """Return the page with no other blocks than these, and with no more of its head than they need."""
        return b"".join([_lean(self.text[: self.spans[0][0]]), *map(self.block, numbers), self.text[self.tail :]])

    def whole(self) -> bytes:
        """Return the page with all blocks that were looked at."""
        return self.text[: self.spans[-1][1]] + self.text[self.tail :]


def plan_parse(page: Page, known: bytes, *, whole: bool = False) -> Plan:
    """Plan how to parse a page; `known` are the blocks of the last page that was, `whole` leaves none of them out.

    Blocks beyond the first MAX_ENTRIES are not looked at, and so are not known in a later page either.
    """
    seen = {known[at : at + HASH_BYTES] for at in range(0, len(known), HASH_BYTES)}
    found = cut(page.body.removeprefix(codecs.BOM_UTF8), seen)
    if found and not whole and seen.issuperset(found.hashes):  # each as it stood in a page in UTF-8, so it is UTF-8 too
        return Plan(page=None, blocks=b"".join(found.hashes), whole=False)
    text = page.body
    if found is None or whole or not _is_utf8(found, seen):
        text = to_utf8(page.body, page.content_type)
    if text is not page.body:
        found = cut(text, seen)
    if found is None:
        return Plan(page=_marked(page, text), blocks=b"", whole=True)
    unseen = [number for number, digest in enumerate(found.hashes) if digest not in seen]
    blocks = b"".join(found.hashes)
    if whole or len(unseen) == len(found.hashes):
        return Plan(page=_marked(page, found.whole()), blocks=blocks, whole=True)
    if not unseen:
        return Plan(page=None, blocks=blocks, whole=False)
    return Plan(page=_marked(page, found.envelope(_with_kin(found, unseen))), blocks=blocks, whole=False)


def _is_utf8(found: Cut, seen: Collection[bytes]) -> bool:
    """Say whether a page is UTF-8 and calls itself so; its known blocks are, as they stood in such a page before."""
    unseen = (found.block(number) for number, digest in enumerate(found.hashes) if digest not in seen)
    parts = (found.text[: found.spans[0][0]], *unseen, found.text[found.tail :])
    return calls_itself_utf8(found.text) and all(map(is_utf8, parts))


def halves(page: Page) -> tuple[Page, ...]:
    """Return the envelopes of the even and of the odd blocks; of one block one, of a page that cannot be cut none.

    Parsed one by one, they give together what the whole page gives, wherever the shortcut holds.
    """
    found = cut(to_utf8(page.body, page.content_type), ())
    if found is None:
        return ()
    count = len(found.spans)
    sides = (range(side, count, 2) for side in range(min(2, count)))
    return tuple(_marked(page, found.envelope(_with_kin(found, side))) for side in sides)


def cut(text: bytes, known: Collection[bytes]) -> Cut | None:
    """Cut a page in UTF-8, or return None where it is in doubt; blocks with `known` hashes are in none."""
    root = _ROOT.match(text)
    if root is None:
        return None
    name = _BLOCKS[root[1].lower()]
    opening, closing = b"<" + name, b"</" + name + b">"
    start = at = _find_tag(text, opening, root.end())
    last = text.rfind(closing)
    tail = last + len(closing)
    if not 0 <= start <= text.find(closing) or not _is_closed(text[:start]):
        return None
    if not _is_closed(text[tail:]) or _find_tag(text, opening, tail) >= 0:
        return None
    spans: list[tuple[int, int]] = []
    hashes: list[bytes] = []
    view = memoryview(text)
    while at < tail and len(spans) < MAX_ENTRIES:
        end = text.index(closing, at)
        start = _BLANKS.match(text, at).end()  # type: ignore[union-attr]  # blanks, or none
        digest = xxh3_64_digest(view[start:end])
        if digest not in known and not _is_block(text[start:end], opening):
            return None
        at = end + len(closing)
        spans.append((start, at))
        hashes.append(digest)
    if at < tail and name == b"url":  # the latest count, and they may stand at its end
        return None
    return Cut(text=text, spans=tuple(spans), hashes=tuple(hashes), tail=tail)


def _lean(head: bytes) -> bytes:
    """Return what stands before all blocks without what a feed tells of itself, but for what is read of each page.

    Only elements that hold nothing but text go, and so no namespace, base or language of an item's goes with them.
    """
    lean = _TOLD.sub(b"", head)
    return lean if _is_closed(lean) else head  # a section that ends in a tag, of all things


def _is_block(block: bytes, opening: bytes) -> bool:
    """Say whether a block, its end tag cut off, is one element and no more."""
    return _find_tag(block, opening) == 0 and _find_tag(block, opening, 1) < 0 and _is_closed(block)


def _find_tag(text: bytes, opening: bytes, start: int = 0) -> int:
    """Find a start tag: `<item>`, not `<items>`; -1 = there is none."""
    at = text.find(opening, start)
    while at >= 0 and text[at + len(opening) : at + len(opening) + 1] not in _ENDS_NAME:
        at = text.find(opening, at + 1)
    return at


def _is_closed(piece: bytes) -> bool:
    """Say whether every comment, CDATA section and instruction that begins in a piece also ends there.

    Where the last `<![CDATA[` is followed by a `]]>`, every one before it is too, whatever is really a section.
    """
    for opening, closing in _SECTIONS:
        at = piece.rfind(opening)
        if at >= 0 and piece.find(closing, at + len(opening)) < 0:
            return False
    return True


def _with_kin(found: Cut, chosen: Sequence[int]) -> Sequence[int]:
    """Return, in their order, these numbers and those of the blocks that share a guid or link with them, and so on.

    A guid that several items have names none of them (`items.make_entries`), and that shows only side by side.
    """
    if _has_no_kin(found, chosen):  # as nearly always
        return chosen
    names = [_names(found.block(number)) for number in range(len(found.spans))]
    holders: dict[bytes, list[int]] = {}
    for number, of_block in enumerate(names):
        for name in of_block:
            holders.setdefault(name, []).append(number)
    waiting = list(chosen)
    reached = set(waiting)
    while waiting:
        for name in names[waiting.pop()]:
            kin = set(holders.pop(name, ())) - reached
            reached |= kin
            waiting += kin
    return sorted(reached)


def _has_no_kin(found: Cut, chosen: Sequence[int]) -> bool:
    """Say whether few blocks share no guid or link with others, which is cheaper to see than to read all names."""
    names = {name for number in chosen[:_FEW] for name in _names(found.block(number))}
    if not len(chosen) <= _FEW >= len(names):
        return False
    others = set(range(len(found.spans))).difference(chosen)
    ends = b"\n".join(map(found.ends, others))  # one search of all is cheaper than one of each
    if not any(_stands_in(name, ends) for name in names):
        return True
    return all(names.isdisjoint(_names(found.block(number))) for number in others)


def _stands_in(name: bytes, text: bytes) -> bool:
    """Say whether a name may stand in a text, and not only longer ones that begin with it."""
    at = text.find(name)
    for _ in range(_TRIES):
        if at < 0 or text[at + len(name) : at + len(name) + 1] in _ENDS_TEXT:
            break
        at = text.find(name, at + 1)
    return at >= 0


def _names(block: bytes) -> set[bytes]:
    """Return the guid and the links of an item as they are written, if they stand near its ends.

    Elsewhere stands its text, many times as long. Where a feed is otherwise, the daily check finds out.
    """
    found = _NAMING.findall(block, 0, _ENDS)
    if len(block) > _ENDS:
        found += _NAMING.findall(block, max(_ENDS, len(block) - _ENDS))
    return {_address(tag) or inside.strip() for tag, inside in found}


def _address(tag: bytes) -> bytes:
    found = _ADDRESS.search(tag) if tag else None
    return found[1] if found else b""


def _marked(page: Page, text: bytes) -> Page:
    """Return a page whose charset can be taken for nothing but UTF-8."""
    return replace(page, body=codecs.BOM_UTF8 + text, content_type="")
