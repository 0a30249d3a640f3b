"""Find the regular expressions of all rules in a text at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, final

from monitor.rules.term import pattern_options

SET_MEMORY = 64 << 20
"""Bytes that all regular expressions together may take at work."""

_SURROGATE = re.compile("[\ud800-\udfff]")  # no UTF-8 for these; a feed's text holds none, anybody else's may


@final
class Patterns:
    """Regular expressions by number: which of them match a text, then where.

    One pass over the text for all of them; every entry pays it as soon as one rule has nothing but a regular expression
    to go by, and otherwise only the entries that come so far as to ask.
    """

    def __init__(self, patterns: Sequence[str], *, memory: int = SET_MEMORY) -> None:
        self._each: Sequence[Any] = ()
        self._all: Any = None  # None = too many for one pass
        self._sentinel = len(patterns)
        if patterns:
            self._compile(patterns, memory)

    def _compile(self, patterns: Sequence[str], memory: int) -> None:
        import re2  # noqa: PLC0415 - 2 MB that only regular expressions need

        self._each = [re2.compile(pattern, pattern_options()) for pattern in patterns]
        options = pattern_options()
        options.max_mem = memory
        self._all = re2.Set.SearchSet(options)
        # A set that runs out of memory answers "none". One more pattern that matches every text tells the two apart.
        for pattern in (*patterns, ""):
            self._all.Add(pattern)
        try:
            self._all.Compile()
        except re2.error:  # too many even to begin
            self._all = None

    def find(self, text: str) -> Collection[int]:
        """Return the numbers of those that match somewhere in the text, the empty string counted as a place."""
        text = _SURROGATE.sub("\ufffd", text)
        found = frozenset(self._all.Match(text) if self._all else ())
        if self._sentinel in found:
            return found
        return frozenset(number for number, pattern in enumerate(self._each) if pattern.search(text))

    def stretches(self, number: int, text: str) -> Iterator[tuple[int, int]]:
        """Yield the bounds, in characters, of each place where one of them matches at least one character."""
        found = self._each[number].finditer(_SURROGATE.sub("\ufffd", text))
        return (match.span() for match in found if match.end() > match.start())


NO_PATTERNS = Patterns(())
