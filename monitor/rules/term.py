"""Read one term: `word`, `several words`, `begin*`."""

from __future__ import annotations

from monitor.rules.tree import Term
from monitor.text.fold import tokenize

MOST_WORDS = 32
"""A phrase has at most this many words: it bounds the work that one place in a text can cost."""

SHORTEST_PREFIX = 2


def read_term(text: str) -> Term:
    """Fold a term as texts are folded.

    Raises:
        ValueError: it could never be found, or would be found everywhere; the text says why, for people.
    """
    written = text.strip()
    stem = written.removesuffix("*")
    prefix = stem != written
    if "*" in stem:
        raise ValueError("a `*` stands only at the end of a term, as in `deconflict*`")
    tokens = tokenize(stem)
    words = tuple(tokens.words)
    if not words:
        raise ValueError("a term without any letter or digit" if written else "an empty term")
    if len(words) > MOST_WORDS:
        raise ValueError(f"a term of {len(words)} words: {MOST_WORDS} are the most")
    if prefix and tokens.span(0, len(words) - 1)[1] != len(stem):
        raise ValueError("a `*` follows a letter or digit directly, as in `deconflict*`")
    if prefix and len(words[-1]) < SHORTEST_PREFIX:
        raise ValueError(
            f"a `*` needs at least {SHORTEST_PREFIX} letters of one word before it"
            " (Chinese, Japanese and Thai are found inside text without it)"
        )
    return Term(text=written, words=words, prefix=prefix)
