"""Terms that are found nearly everywhere: MM101, MM102; and phrases that hardly anybody writes: MM209."""

from __future__ import annotations

import re

from monitor.rules.lint.common_words import COMMON_WORDS
from monitor.rules.tree import Term

_SHORT = 2  # characters
_LATIN_LIKE = "\u3000"  # from here on the scripts begin that write a word in one or two signs
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
    if ", " in term.text:
        return code, f"{read}, not as several terms", "put a list into brackets: `[one, two]`"
    return None
