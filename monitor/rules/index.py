"""Find the words of all rules in a text at once: a trie of word sequences, with beginnings of words at its ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import final

from monitor.rules.tree import Term

# What the index says about a word: the terms that end with it, and what may follow it in longer ones.
_Step = tuple[tuple[int, ...], "_Branch | None"]


@final
class _Branch:
    """One place in the trie: the words that may come next."""

    __slots__ = ("_lengths", "beginnings", "ends", "words")

    def __init__(self) -> None:
        self.ends: int | None = None  # the term that is whole here
        self.words: dict[str, _Branch] = {}
        self.beginnings: dict[str, int] = {}  # of a last word that may go on -> its term
        self._lengths: tuple[int, ...] = ()  # of the beginnings, ascending

    def freeze(self) -> None:
        self._lengths = tuple(sorted({len(beginning) for beginning in self.beginnings}))

    def step(self, word: str) -> _Step | None:
        """Say what the rules see in this word at this place; None = nothing."""
        branch = self.words.get(word)
        terms = [] if branch is None or branch.ends is None else [branch.ends]
        for length in self._lengths:
            if length > len(word):
                break
            term = self.beginnings.get(word[:length])
            if term is not None:
                terms.append(term)
        if branch is not None and not (branch.words or branch.beginnings):
            branch = None
        return (tuple(terms), branch) if terms or branch else None


@final
class _FirstWords(dict[str, _Step | None]):
    """Remember what the index says about words it has met, those that start nothing included.

    Texts repeat their words: after a few hundred texts nearly every word is one look-up. Bounded; filled by any thread.
    """

    _MOST = 131_072
    _LONGEST = 64

    def __init__(self, root: _Branch) -> None:
        super().__init__()
        self._root = root

    def __missing__(self, word: str) -> _Step | None:
        step = self._root.step(word)
        if len(word) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self[word] = step
        return step


@final
class Index:
    """All terms of a rule set, by number; the number of a term is its place in `terms`."""

    def __init__(self, terms: Sequence[Term]) -> None:
        root = _Branch()
        branches = [root]
        for number, term in enumerate(terms):
            branch = root
            for word in term.words[:-1] if term.prefix else term.words:
                if word not in branch.words:
                    branch.words[word] = _Branch()
                    branches.append(branch.words[word])
                branch = branch.words[word]
            if term.prefix:
                branch.beginnings[term.words[-1]] = number
            else:
                branch.ends = number
        for branch in branches:
            branch.freeze()
        self._first = _FirstWords(root)

    def find(self, words: Sequence[str]) -> Iterable[tuple[int, int, int]]:
        """Yield each occurrence of a term: its number, and the numbers of its first and last word in the text."""
        starts = [(start, step) for start, step in enumerate(map(self._first.__getitem__, words)) if step is not None]
        for start, first_step in starts:
            last, step = start, first_step
            while True:
                terms, branch = step
                for term in terms:
                    yield term, start, last
                last += 1
                following = branch.step(words[last]) if branch is not None and last < len(words) else None
                if following is None:
                    break
                step = following
