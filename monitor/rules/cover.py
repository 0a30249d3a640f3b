"""Find the terms that stand in every text in which another term stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar, final

from monitor.rules.tree import Term

Tag = TypeVar("Tag")


@final
class Cover(Generic[Tag]):
    """Terms by their words, each with a tag of the caller's; asked in time that does not grow with their number."""

    def __init__(self, terms: Iterable[tuple[Term, Tag]] = ()) -> None:
        self._whole: dict[tuple[str, ...], list[tuple[Term, Tag]]] = {}
        self._begun: dict[tuple[str, ...], list[tuple[Term, Tag]]] = {}  # the last word may go on
        for term, tag in terms:
            kin = self._begun if term.prefix else self._whole
            kin.setdefault(term.words, []).append((term, tag))

    def over(self, term: Term) -> Iterator[tuple[Term, Tag]]:
        """Yield the terms that stand wherever this one stands, itself included: "talks" over "military talks"."""
        words = term.words
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                yield from self._at(words[start:end], open_end=term.prefix and end == len(words))

    def over_whole(self, term: Term) -> Iterator[tuple[Term, Tag]]:
        """Yield those that take up the same words of the text, itself included: "talk*" over "talks"."""
        return self._at(term.words, open_end=term.prefix)

    def _at(self, words: tuple[str, ...], *, open_end: bool) -> Iterator[tuple[Term, Tag]]:
        if not open_end:
            yield from self._whole.get(words, ())
        *before, last = words
        for length in range(1, len(last) + 1):
            yield from self._begun.get((*before, last[:length]), ())
