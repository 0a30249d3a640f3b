"""Read one term: `word`, `several words`, `begin*`; a text to be found exactly; a regular expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.rules.tree import Exact, Regex, Term
from monitor.text.fold import Tokens, tokenize

if TYPE_CHECKING:
    import re2

MOST_WORDS = 32
"""A phrase has at most this many words: it bounds the work that one place in a text can cost."""

SHORTEST_PREFIX = 2
LONGEST_PATTERN = 1000
"""Characters of a regular expression."""

PATTERN_MEMORY = 1 << 20
"""Bytes that one regular expression may take, compiled and at work."""

# A pattern that finds nothing at all in one of these would be found in every text.
_EVERYWHERE = ("", "a", "a a", "é", "1", ".")


class ReadingError(ValueError):
    """Text in a rule that cannot be meant; says why, and perhaps what to write, for people."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def read_term(text: str) -> Term:
    """Fold a term as texts are folded.

    Raises:
        ReadingError: it could never be found, or would be found everywhere.
    """
    written = text.strip()
    stem = written.removesuffix("*")
    prefix = stem != written
    if "*" in stem:
        raise ReadingError("a `*` stands only at the end of a term, as in `deconflict*`")
    tokens = tokenize(stem)
    words = _words(tokens, written)
    if prefix and tokens.span(0, len(words) - 1)[1] != len(stem):
        raise ReadingError("a `*` follows a letter or digit directly, as in `deconflict*`")
    if prefix and len(words[-1]) < SHORTEST_PREFIX:
        raise ReadingError(
            f"a `*` needs at least {SHORTEST_PREFIX} letters of one word before it"
            " (Chinese, Japanese and Thai are found inside text without it)"
        )
    return Term(text=written, words=words, prefix=prefix)


def read_exact(text: str) -> Exact:
    """Read a text that is to be found as it stands.

    Raises:
        ReadingError: it has no word.
    """
    written = text.strip()
    tokens = tokenize(written)
    words = _words(tokens, written)
    return Exact(text=written, words=words, lead=tokens.span(0, 0)[0])


def _words(tokens: Tokens, written: str) -> tuple[str, ...]:
    words = tuple(tokens.words)
    if not words:
        raise ReadingError("a term without any letter or digit" if written else "an empty term")
    if len(words) > MOST_WORDS:
        raise ReadingError(f"a term of {len(words)} words: {MOST_WORDS} are the most")
    return words


def pattern_options() -> re2.Options:
    """Return how patterns are compiled: bounded in memory, and silent about their errors."""
    import re2  # noqa: PLC0415 - 2 MB that only regular expressions need

    options = re2.Options()
    options.max_mem = PATTERN_MEMORY
    options.log_errors = False
    return options


def read_regex(pattern: str) -> Regex:
    """Check a regular expression.

    Raises:
        ReadingError: re2 refuses it, or it matches where nothing stands.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ReadingError(f"a regular expression of {len(pattern):,} characters: {LONGEST_PATTERN:,} are the most")
    import re2  # noqa: PLC0415 - as above

    try:
        compiled = re2.compile(pattern, pattern_options())
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if isinstance(error, re2.error) else "a lone surrogate"
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        hint = "look-around and back-references do not exist here: google-re2 takes linear time"
        raise ReadingError(f"no regular expression of google-re2: {said}", hint) from None
    if any(found.start() == found.end() for text in _EVERYWHERE for found in [compiled.search(text)] if found):
        raise ReadingError("this regular expression matches where nothing stands", "ask for at least one character")
    return Regex(pattern=pattern)
