"""Terms that are found nearly everywhere: MM101, MM102; and what is not read as it was meant: MM209 to MM211."""

from __future__ import annotations

import re
from collections.abc import Callable

from monitor.rules.lint.common_words import COMMON_WORDS
from monitor.rules.term import read_term
from monitor.rules.tree import Term

_SHORT = 2  # characters
_LATIN_LIKE = "\u3000"  # from here on the scripts begin that write a word in one or two signs
_LIST = re.compile(r", |(?<=\w)[,;]\s*(?=[^\W\d])")
_HYPHENED = re.compile(r"([^\W\d_]+)[-\u2010-\u2013](\d+\*?)|(\d+)[-\u2010-\u2013]([^\W\d_]+\*?)")
_SIGN = re.compile(r"[#@$.](?=\w)")
_OPERATOR = re.compile(r"(?<!\S)(?:AND|OR|NOT|O?NEAR/\d+)(?!\S)")


def complain_of(term: Term) -> tuple[str, str, str] | None:
    """Say what is wrong with a term as it would be with any: code, message, hint; None = nothing."""
    if len(term.words) > 1:
        return None
    word = term.words[0]
    if len(word) <= (1 if word[0] >= _LATIN_LIKE else _SHORT):
        length = "one character" if len(word) == 1 else "two characters"
        message = f"`{term.text}` is {length}: it will be found in texts about anything, in some language"
        return "MM101", message, "write a longer form, a phrase around it, or its very form under `exact`"
    if not term.prefix and word in COMMON_WORDS:
        message = f"`{term.text}` is one of the commonest words of a language: it will be found in nearly every text"
        return "MM102", message, "write a phrase that holds it, or leave it out"
    return None


def complain_of_phrase(term: Term) -> tuple[str, str, str] | None:
    """Say that a phrase looks like a search, or like a list; None = it does not."""
    code, read = "MM209", f"`{term.text}` is read as one phrase"
    if found := _OPERATOR.search(term.text):
        return code, f"{read}: `{found[0]}` is a word here", "write it under `query:`"
    if _LIST.search(term.text):
        return code, f"{read}, not as several terms", "put a list into brackets: `[one, two]`"
    return None


def complain_of_sign(term: Term) -> tuple[str, str, str] | None:
    """Say that the sign before a word does not count; None = there is none."""
    if not _SIGN.match(term.text):
        return None
    word = term.text[1:]
    message = f"`{term.text}` finds `{word}` as well: the sign `{term.text[0]}` does not count in a term"
    return "MM210", message, f"write `{word}`, or `{term.text}` under `exact`"


def complain_of_hyphen(
    term: Term, is_spelt: Callable[[Term], bool], *, key: str = "terms"
) -> tuple[str, str, str] | None:
    """Say that `F-16` does not find `F16`, unless that is spelt there as well; None = there is no such hyphen.

    `key` is what the term stands under: `names` are those of an actor.
    """
    parts = _HYPHENED.fullmatch(term.text)
    joined = read_term("".join(part for part in parts.groups() if part)) if parts else None
    if joined is None or len(joined.words) > 1 or is_spelt(joined):
        return None
    short = len(joined.words[0]) <= _SHORT  # MM101 would be the answer
    if short and key == "names":  # which are never exact
        return None
    if key == "query":
        both = f"{term.text} OR {'exact:' * short}{joined.text}"
    else:
        both = f"any: [{term.text}, {{exact: {joined.text}}}]" if short else f"[{term.text}, {joined.text}]"
    message = f"`{term.text}` does not find `{joined.text}`, as many write it: letters and digits together are one word"
    return "MM211", message, f"watch for both: `{both}`"
