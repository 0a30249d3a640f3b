"""The texts of a window, found by their terms, links and stories: bounded, in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from monitor.stories.gist import Gist
from monitor.stories.score import Sizes

MOST_POSTINGS = 64
"""Texts that are remembered for a term: the newest. Commoner terms find nothing better."""


class Text:
    """One text in the window: its gist, its story, and where copies of it were seen."""

    __slots__ = ("copies", "gist", "seen", "sizes", "story_id")

    def __init__(self, gist: Gist, sizes: Sizes, story_id: str, seen: float) -> None:
        self.gist = gist
        self.sizes = sizes
        self.story_id = story_id
        self.seen = seen  # hours since 1970, the last copy's
        self.copies: tuple[str, ...] = ()  # feeds that repeated it, each once


class Shelf:
    """Texts by number, the oldest first, and the ways to find them."""

    __slots__ = ("_links", "_postings", "_terms", "next", "stories", "texts")

    def __init__(self, first: int = 0) -> None:
        self.next = first
        self.texts: dict[int, Text] = {}
        self.stories: dict[str, list[int]] = {}  # numbers of texts
        # most terms have one text; numbers beside each other, or each would be fetched from memory by itself
        self._postings: dict[int, array[int] | int] = {}
        self._terms: dict[int, int] = {}  # texts that have a term, where the postings hold fewer
        self._links: dict[bytes, int] = {}

    def count(self, seen: dict[int, float]) -> None:
        """Add to each term how many texts have it."""
        postings, terms = self._postings, self._terms
        for term in seen:
            held = postings.get(term)
            if held is not None:
                seen[term] += 1 if isinstance(held, int) else terms.get(term, len(held))

    def having(self, term: int) -> Iterable[int]:
        """Return the newest texts that have a term."""
        held = self._postings.get(term)
        if held is None:
            return ()
        return (held,) if isinstance(held, int) else held

    def at_link(self, link: bytes) -> int | None:
        """Return the newest text that has a link."""
        return self._links.get(link)

    def put(self, text: Text) -> int:
        """Add a text, and return its number."""
        number = self.next
        self.next += 1
        self.texts[number] = text
        self.stories.setdefault(text.story_id, []).append(number)
        for term in _terms(text.gist):
            self._post(term, number)
        if text.gist.link:
            self._links[text.gist.link] = number
        return number

    def _post(self, term: int, number: int) -> None:
        held = self._postings.get(term)
        if held is None:
            self._postings[term] = number
        elif isinstance(held, int):
            self._postings[term] = array("q", (held, number))
        else:
            held.append(number)
            if term in self._terms or len(held) > MOST_POSTINGS:
                self._terms[term] = self._terms.get(term, MOST_POSTINGS) + 1
            if len(held) > MOST_POSTINGS:
                del held[0]

    def touch(self, number: int, feed: str, seen: float) -> None:
        """Note a copy of a text: it stays for as long as a new text would."""
        text = self.texts.pop(number)
        self.texts[number] = text
        text.seen = max(text.seen, seen)
        if feed != text.gist.feed and feed not in text.copies:
            text.copies = (*text.copies, feed)

    def oldest(self) -> Iterator[tuple[int, Text]]:
        """Yield the texts, those first that were seen last the longest ago."""
        return iter(self.texts.items())

    def drop(self, number: int) -> None:
        """Forget a text."""
        text = self.texts.pop(number)
        gist = text.gist
        for term in _terms(gist):
            self._unpost(term, number)
        if self._links.get(gist.link) == number:
            del self._links[gist.link]
        mates = self.stories[text.story_id]
        mates.remove(number)
        if not mates:
            del self.stories[text.story_id]

    def _unpost(self, term: int, number: int) -> None:
        held = self._postings[term]
        if isinstance(held, int):
            del self._postings[term]
            return
        if number in held:
            held.remove(number)
        if term in self._terms:
            self._terms[term] -= 1
            if self._terms[term] == len(held):
                del self._terms[term]
        if not held and term not in self._terms:
            del self._postings[term]


def _terms(gist: Gist) -> set[int]:
    return {*gist.title, *(gist.text or gist.body)}
