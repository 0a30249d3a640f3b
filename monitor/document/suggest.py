"""Guess what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST = 100  # characters of a word; nothing that is longer was mistyped by a letter or two
_FEW = 20


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that differs from this one by little, if one does; small and capital letters are equal."""
    if len(word) > _LONGEST:
        return None
    names = {name.lower(): name for name in sorted(known, reverse=True)}
    near = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return names[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean `x`?" where a known word is near, else the choices where they are few, else ""."""
    names = sorted(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean `{near}`?"
    return "known here: " + ", ".join(f"`{name}`" for name in names) if 0 < len(names) <= _FEW else ""
